"""Settings of the Kafka client: what the operator gives, what the application insists on, what neither may be."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from market.core.environment import Environment
from market.core.logs import Log

log = Log("market.kafka")

Setting = str | int | float | bool


@dataclass(frozen=True)
class ClientRules:
    """What a process makes of the operator's settings."""

    #: Used unless the operator says otherwise.
    defaults: Mapping[str, Setting] = field(default_factory=dict)
    #: Always these: what the process promises depends on them. Anything else is refused with the reason.
    fixed: Mapping[str, tuple[Setting, str]] = field(default_factory=dict)
    #: Refused whatever the value, with the reason.
    refused: Mapping[str, str] = field(default_factory=dict)


_SERVERS = r"[A-Za-z0-9._-]+:[0-9]{1,5}"
_ALIASES = {
    "metadata.broker.list": "bootstrap.servers",
    "request.required.acks": "acks",
    "auto.commit.enable": "enable.auto.commit",
}


def client_settings(environment: Environment, rules: ClientRules) -> dict[str, Setting]:
    """The complete settings of librdkafka. Names and values themselves are checked by it."""
    servers = environment.names("KAFKA_BOOTSTRAP_SERVERS", None, _SERVERS, "kafka-0:29092,kafka-1:29092")
    nothing: dict[str, Setting] = {}
    given = environment.check("KAFKA_CLIENT_CONFIG", lambda: _given(environment), nothing)
    for name, value in sorted(given.items()):
        plain = _ALIASES.get(name, name)
        if plain == "bootstrap.servers":
            _refuse(environment, name, "belongs into KAFKA_BOOTSTRAP_SERVERS")
        elif plain in rules.refused:
            _refuse(environment, name, rules.refused[plain])
        elif plain in rules.fixed and _text(value) not in _accepted(plain, rules.fixed[plain][0]):
            must, why = rules.fixed[plain]
            _refuse(environment, name, f"must be {_text(must)}: {why}", _text(value))
    fixed = {name: value for name, (value, _) in rules.fixed.items()}
    kept = {name: value for name, value in given.items() if _ALIASES.get(name, name) not in fixed}
    return {"bootstrap.servers": ",".join(servers), **rules.defaults, **kept, **fixed}


def _given(environment: Environment) -> dict[str, Setting]:
    path = environment.text("KAFKA_CLIENT_CONFIG", "-")
    if path == "-":
        return {}
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except OSError as error:
        raise ValueError(f"names a file that cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"names a file that is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise ValueError("names a file that is no JSON object of librdkafka settings")
    wrong = [name for name, value in content.items() if not isinstance(value, (str, int, float, bool))]
    if wrong:
        raise ValueError(f"has settings that are neither text, number, true nor false: {', '.join(sorted(wrong))}")
    return content


def _refuse(environment: Environment, name: str, rule: str, value: str | None = None) -> None:
    environment.refuse(f"KAFKA_CLIENT_CONFIG: {name}", rule, "Remove it from the file", value)


def _text(value: Setting) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _accepted(name: str, value: Setting) -> set[str]:
    """-1 is librdkafka's other word for all."""
    return {_text(value), "-1"} if name == "acks" else {_text(value)}


class Reporter:
    """Logs the client's complaints; the same one at most once in `seconds`: it comes with each try."""

    def __init__(self, on_fatal: Callable[[], None], seconds: float = 30.0) -> None:
        self._on_fatal = on_fatal
        self._seconds = seconds
        self._last: dict[str, float] = {}
        self.fatal: str | None = None

    def __call__(self, error: Any) -> None:
        if error.fatal():
            self.fatal = error.str()
            self._on_fatal()
        now = time.monotonic()
        key = error.name()
        if now - self._last.get(key, -self._seconds) >= self._seconds:
            self._last[key] = now
            log.warning("kafka client", code=key, detail=error.str(), fatal=error.fatal())
