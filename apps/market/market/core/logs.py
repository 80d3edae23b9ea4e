"""Logs as one JSON object per line on standard output. Nothing here ever gets a secret."""

import json
import logging
import sys
from datetime import datetime, timezone
from typing import Any

LEVELS = ("debug", "info", "warning", "error")


class JsonFormatter(logging.Formatter):
    """`time`, `level`, `logger`, `event`, then the fields of the call, then the exception."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


class Log:
    """A logger whose calls take fields: `log.info("flushed", topic=topic, messages=3)`."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **fields: Any) -> None:
        self._logger.debug(event, extra={"fields": fields})

    def info(self, event: str, **fields: Any) -> None:
        self._logger.info(event, extra={"fields": fields})

    def warning(self, event: str, **fields: Any) -> None:
        self._logger.warning(event, extra={"fields": fields})

    def error(self, event: str, exception: BaseException | None = None, **fields: Any) -> None:
        self._logger.error(event, exc_info=exception, extra={"fields": fields})


def client_logger() -> logging.Logger:
    """For the Kafka client's own log."""
    logger = logging.getLogger("market.kafka.client")
    logger.addFilter(_worth_telling)
    return logger


def _worth_telling(record: logging.LogRecord) -> bool:
    """Each failed try to connect is not: the error callback tells of it, seldom."""
    passing = (
        "Connection refused",
        "Failed to acquire idempotence PID",
        "Disconnected",
        "Connect to",
        "Failed to resolve",
    )
    return not any(text in record.getMessage() for text in passing) or logging.getLogger().isEnabledFor(logging.DEBUG)


def configure(level: str = "info") -> None:
    """Sends everything to standard output. `level`: one of LEVELS."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())


def dictionary(level: str) -> dict[str, Any]:
    """The same for software that wants `logging.config`: Django and Gunicorn."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "market.core.logs.JsonFormatter"}},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}},
        "root": {"handlers": ["out"], "level": level.upper()},
        "loggers": {
            "django": {"level": level.upper(), "propagate": True},
            # scanners ask for hosts of their own all day; answers with 400 are counted
            "django.security.DisallowedHost": {"level": "CRITICAL", "propagate": True},
            "gunicorn.error": {"level": level.upper(), "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "WARNING", "handlers": [], "propagate": True},
        },
    }
