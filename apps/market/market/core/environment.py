"""Settings from the environment: every problem is found before any is reported, and nothing unknown is accepted."""

import difflib
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

#: Every setting of every process. A variable with one of `PREFIXES` that is not here is a mistake.
KNOWN = frozenset(
    {
        "API_CACHE_OHLC_SECONDS",
        "API_CACHE_PRICES_SECONDS",
        "API_PORT",
        "API_SLOW_REQUEST_SECONDS",
        "API_THREADS",
        "API_WORKERS",
        "DATABASE_HOST",
        "DATABASE_NAME",
        "DATABASE_PASSWORD_FILE",
        "DATABASE_PORT",
        "DATABASE_USER",
        "DJANGO_ALLOWED_HOSTS",
        "DJANGO_CORS_ORIGINS",
        "DJANGO_CSRF_TRUSTED_ORIGINS",
        "DJANGO_HTTPS",
        "DJANGO_SECRET_KEY_FILE",
        "DJANGO_SETTINGS_MODULE",
        "DJANGO_STATIC_ROOT",
        "DJANGO_SUPERUSER_EMAIL",
        "DJANGO_SUPERUSER_NAME",
        "DJANGO_SUPERUSER_PASSWORD_FILE",
        "FEED_RATE_ALERT",
        "FEED_RATE_ARTICLE",
        "FEED_RATE_TICKER",
        "FEED_RATE_TRADE",
        "FEED_SEED",
        "FEED_SYMBOLS",
        "KAFKA_BOOTSTRAP_SERVERS",
        "KAFKA_CLIENT_CONFIG",
        "LOG_LEVEL",
        "METRICS_PORT",
        "REDIS_HOST",
        "REDIS_PASSWORD_FILE",
        "REDIS_PORT",
        "REDIS_USER",
        "SINK_BATCH_MESSAGES",
        "SINK_BATCH_SECONDS",
        "SINK_STALL_SECONDS",
    }
)
PREFIXES = ("API_", "DATABASE_", "DJANGO_", "FEED_", "KAFKA_", "LOG_", "METRICS_", "REDIS_", "SINK_")

#: sysexits.h: the configuration is wrong, starting again will not help.
EX_CONFIG = 78

Value = TypeVar("Value")
Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Problem:
    """What is wrong with one setting, and what to do. Never holds a secret's value."""

    name: str
    rule: str
    fix: str
    value: str | None = None

    def __str__(self) -> str:
        shown = "" if self.value is None else f' (is "{self.value}")'
        return f"{self.name}{shown} {self.rule}. {self.fix}."


class ConfigurationError(Exception):
    """All problems of a process's settings."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(f"  - {problem}" for problem in problems))
        self.problems = problems


class Environment:
    """Reads settings and remembers what is wrong; `finish` raises once for all of it."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(os.environ if values is None else values)
        self._problems: list[Problem] = []

    def refuse(self, name: str, rule: str, fix: str, value: str | None = None) -> None:
        self._problems.append(Problem(name, rule, fix, value))

    def text(self, name: str, default: str | None = None, *, pattern: str = r".+", example: str = "") -> str:
        """A text that is not empty. Required unless it has a default."""
        raw = self._raw(name)
        if raw is None:
            if default is None:
                self.refuse(name, "is missing", f"Set it{f', such as {example}' if example else ''}")
            return default or ""
        if not re.fullmatch(pattern, raw):
            self.refuse(name, f"does not match {pattern}", f"Write it like {example}", raw)
        return raw

    def integer(self, name: str, default: int | None, low: int, high: int) -> int:
        return self._number(name, default, low, high, int, "a whole number")

    def number(self, name: str, default: float | None, low: float, high: float) -> float:
        return self._number(name, default, low, high, float, "a number")

    def optional_integer(self, name: str, low: int, high: int) -> int | None:
        return None if self._raw(name) is None else self.integer(name, None, low, high)

    def flag(self, name: str, default: bool) -> bool:
        raw = self._raw(name)
        if raw not in (None, "true", "false"):
            self.refuse(name, "must be true or false", "Write it in lower case", raw)
        return default if raw is None else raw == "true"

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        raw = self._raw(name)
        if raw is not None and raw not in allowed:
            self.refuse(name, f"must be one of {', '.join(allowed)}", "Write it in lower case", raw)
            return default
        return raw or default

    def names(self, name: str, default: tuple[str, ...] | None, pattern: str, example: str) -> tuple[str, ...]:
        """A list with commas, without repetition."""
        raw = self._raw(name)
        if raw is None:
            if default is None:
                self.refuse(name, "is missing", f"List them with commas, such as {example}")
            return default or ()
        values = tuple(part.strip() for part in raw.split(",") if part.strip())
        for value in values:
            if not re.fullmatch(pattern, value):
                self.refuse(name, f"has an entry that does not match {pattern}", f"Write it like {example}", value)
        if not values or len(set(values)) != len(values):
            self.refuse(name, "must name each entry once, and one at least", f"Write it like {example}", raw)
        return values

    def secret(self, name: str, least: int = 1) -> str:
        """The content of the file that the setting names, without the line's end. `least`: characters."""
        path = self._raw(name)
        if path is None:
            self.refuse(name, "is missing", "Name the file that holds it")
            return ""
        try:
            content = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text"
            self.refuse(name, f"cannot be read: {reason}", "Mount the file, readable by this process's user", path)
            return ""
        if len(content) < least:
            rule = f"holds {len(content)} characters, needs {least} at least"
            self.refuse(name, rule, "Generate a new one", path)
        return content

    def check(self, name: str, read: Callable[[], Value], default: Value) -> Value:
        """`read` with its ValueError turned into a problem of `name`."""
        try:
            return read()
        except ValueError as error:
            self.refuse(name, str(error), "Correct it", self._raw(name))
            return default

    def finish(self) -> None:
        """Raises ConfigurationError if anything was wrong or is unknown."""
        for name in sorted(self._values):
            if name.startswith(PREFIXES) and name not in KNOWN:
                self.refuse(name, "is not a setting of this application", f"Remove it{_hint(name)}")
        if self._problems:
            raise ConfigurationError(sorted(self._problems, key=lambda problem: problem.name))

    def _raw(self, name: str) -> str | None:
        if name not in KNOWN:
            raise KeyError(f"{name} is read but not in KNOWN")
        raw = self._values.get(name)
        return None if raw is None or raw.strip() == "" else raw.strip()

    def _number(
        self, name: str, default: Number | None, low: Number, high: Number, parse: Callable[[str], Number], kind: str
    ) -> Number:
        raw = self._raw(name)
        if raw is None:
            if default is None:
                self.refuse(name, "is missing", f"Set it to {kind} from {low} to {high}")
                return low
            return default
        try:
            value = parse(raw)
            # not a number compares as false with everything
            if low <= value <= high:
                return value
        except ValueError:
            pass
        self.refuse(name, f"must be {kind} from {low} to {high}", "Change it", raw)
        return low


def _hint(name: str) -> str:
    close = difflib.get_close_matches(name, KNOWN, n=1)
    return f", or write {close[0]} if that is meant" if close else ""


def load(read: Callable[[Environment], Value], values: Mapping[str, str] | None = None) -> Value:
    """Settings of one process; raises ConfigurationError."""
    environment = Environment(values)
    settings = read(environment)
    environment.finish()
    return settings


def load_or_stop(process: str, read: Callable[[Environment], Value]) -> Value:
    """Settings of this process, which ends when they are wrong."""
    try:
        return load(read)
    except ConfigurationError as error:
        stop_for(process, error)


def stop_for(process: str, error: ConfigurationError) -> NoReturn:
    """Ends the process with the problems on standard error."""
    print(f"{process} cannot start, its settings are wrong:\n{error}", file=sys.stderr, flush=True)
    raise SystemExit(EX_CONFIG)
