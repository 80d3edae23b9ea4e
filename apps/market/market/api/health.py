"""The health check: what the API needs, each asked in parallel, none waited for longer than LIMIT."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django_prometheus.migrations import applied_migrations, unapplied_migrations

from market.core.logs import Log

log = Log("market.api")

#: Seconds for all checks together.
LIMIT = 2.0


class Failed(Exception):
    """The check's own words, for the answer."""


def _database() -> None:
    connection.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _redis() -> None:
    # a read of nothing: works with any rights that the API has
    cache.has_key("health")


class _Migrations:
    """Once all are applied they stay so for this process, whose code does not change."""

    def __init__(self) -> None:
        self._applied = False

    def __call__(self) -> None:
        if self._applied:
            return
        connection.close_if_unusable_or_obsolete()
        executor = MigrationExecutor(connection)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        unapplied_migrations.labels("default").set(missing)
        applied_migrations.labels("default").set(len(executor.loader.applied_migrations))
        if missing:
            raise Failed(f"{missing} not applied: run manage.py migrate")
        self._applied = True


_CHECKS: dict[str, Callable[[], None]] = {"database": _database, "redis": _redis, "migrations": _Migrations()}
# Without it the API works, only slower: it is told of, and decides nothing.
_OPTIONAL = frozenset({"redis"})
# Threads of its own, with connections of their own: one that hangs takes no request with it.
_pool = ThreadPoolExecutor(max_workers=len(_CHECKS), thread_name_prefix="health")


def check() -> tuple[bool, dict[str, Any]]:
    """Healthy or not, and the body that says so. Details go into the log: the answer is for everybody."""
    deadline = time.monotonic() + LIMIT
    asked = {name: _pool.submit(_run, name, work) for name, work in _CHECKS.items()}
    results: dict[str, str] = {}
    for name, future in asked.items():
        try:
            results[name] = future.result(timeout=max(0.0, deadline - time.monotonic()))
        except Late:
            future.cancel()
            results[name] = f"no answer within {LIMIT:g} s"
    missing = {name for name, result in results.items() if result != "ok"}
    healthy = missing <= _OPTIONAL
    status = "ok" if not missing else "degraded" if healthy else "failing"
    return healthy, {"status": status, "checks": results}


def _run(name: str, work: Callable[[], None]) -> str:
    try:
        work()
    except Failed as error:
        return str(error)
    except Exception as error:  # whatever a client library raises means that the check failed
        log.warning("health check failed", check=name, error=type(error).__name__, detail=str(error).splitlines()[:1])
        return f"failed: {type(error).__name__}"
    return "ok"
