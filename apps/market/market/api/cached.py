"""Answers that are kept for a while. Without Redis everything works, only slower."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from prometheus_client import Counter
from redis.exceptions import RedisError

from market.core.logs import Log

log = Log("market.api")

REQUESTS = Counter("market_api_cache_requests", "Answers by where they came from.", ["cache", "result"])


@dataclass(frozen=True)
class Kept:
    """A kind of answer: its name, and how old it may be, in whole seconds."""

    name: str
    ttl: timedelta

    def __post_init__(self) -> None:
        if self.ttl < timedelta(seconds=1) or self.ttl.microseconds:
            raise ValueError(f"{self.name}: answers are kept for whole seconds, 1 at least, not {self.ttl}")
        for result in ("hit", "miss", "error"):
            REQUESTS.labels(self.name, result)

    def get(self, key: str, load: Callable[[], Any]) -> Any:
        """The kept answer, or that of `load`, which has to be JSON."""
        place = f"{self.name}:{key}"
        try:
            found = cache.get(place)
        except RedisError as error:
            return self._without(error, load)
        if found is not None:
            REQUESTS.labels(self.name, "hit").inc()
            return found
        REQUESTS.labels(self.name, "miss").inc()
        value = load()
        try:
            cache.set(place, value, timeout=int(self.ttl.total_seconds()))
        except RedisError as error:
            self._failed(error)
        return value

    def _without(self, error: RedisError, load: Callable[[], Any]) -> Any:
        self._failed(error)
        return load()

    def _failed(self, error: RedisError) -> None:
        REQUESTS.labels(self.name, "error").inc()
        log.warning("cache failed", cache=self.name, error=type(error).__name__)
