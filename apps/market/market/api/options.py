"""Settings of the API, read once per process."""

from dataclasses import dataclass
from functools import cache

from market.core import database, environment, logs
from market.core.database import Database
from market.core.environment import Environment

_HOST = r"\*|\.?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?\]"
_ORIGIN = r"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?"


@dataclass(frozen=True)
class Redis:
    host: str
    port: int
    user: str
    #: Not part of the representation, which may end up in a log.
    password: str

    def __repr__(self) -> str:
        return f"Redis({self.user}@{self.host}:{self.port})"


@dataclass(frozen=True)
class ApiOptions:
    database: Database
    redis: Redis
    secret_key: str
    allowed_hosts: tuple[str, ...]
    csrf_trusted_origins: tuple[str, ...]
    cors_origins: tuple[str, ...]
    #: Behind TLS: secure cookies, HSTS, redirect.
    https: bool
    log_level: str
    #: Seconds from which on a request is logged as slow.
    slow_request_seconds: float
    #: Seconds that an answer may be old.
    cache_prices_seconds: int
    cache_ohlc_seconds: int

    def __repr__(self) -> str:
        return f"ApiOptions({self.database!r}, {self.redis!r})"


def read(source: Environment) -> ApiOptions:
    hosts = source.names("DJANGO_ALLOWED_HOSTS", None, _HOST, "viz.example,localhost")
    if "*" in hosts:
        source.refuse("DJANGO_ALLOWED_HOSTS", "must not be *", "Name the hosts; probes and scrapes need no entry")
    return ApiOptions(
        database=database.read(source),
        redis=Redis(
            host=source.text("REDIS_HOST", example="redis"),
            port=source.integer("REDIS_PORT", 6379, 1, 65_535),
            user=source.text("REDIS_USER", example="app"),
            password=source.secret("REDIS_PASSWORD_FILE"),
        ),
        secret_key=source.secret("DJANGO_SECRET_KEY_FILE", least=32),
        allowed_hosts=hosts,
        csrf_trusted_origins=source.names("DJANGO_CSRF_TRUSTED_ORIGINS", (), _ORIGIN, "https://viz.example"),
        cors_origins=source.names("DJANGO_CORS_ORIGINS", (), _ORIGIN, "https://viz.example"),
        https=source.flag("DJANGO_HTTPS", False),
        log_level=source.choice("LOG_LEVEL", "info", logs.LEVELS),
        slow_request_seconds=source.number("API_SLOW_REQUEST_SECONDS", 1.0, 0.001, 300),
        cache_prices_seconds=source.integer("API_CACHE_PRICES_SECONDS", 2, 1, 3_600),
        cache_ohlc_seconds=source.integer("API_CACHE_OHLC_SECONDS", 30, 1, 3_600),
    )


@cache
def options() -> ApiOptions:
    """Ends the process when they are wrong."""
    return environment.load_or_stop("market.api", read)
