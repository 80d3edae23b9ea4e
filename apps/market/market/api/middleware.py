"""Probes by address, cross-origin reading, slow requests."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, ClassVar

from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django_prometheus.exports import ExportToDjangoView

from market.api import views
from market.api.options import options
from market.core.logs import Log

log = Log("market.api")

Next = Callable[[HttpRequest], HttpResponse]


class Probes:
    """
    Answers probes and scrapes before anything looks at the Host header or the scheme: they come by address and plain,
    and a list of allowed hosts cannot know the addresses of pods. Nothing of the answers depends on the host.
    """

    VIEWS: ClassVar[dict[str, Next]] = {
        "/api/v1/health/": views.health_view,
        "/api/v1/live/": views.live_view,
        "/metrics": ExportToDjangoView,
    }

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = self.VIEWS.get(request.path_info)
        if view is None:
            return self._next(request)
        response = view(request)
        response.headers["Content-Length"] = str(len(response.content))
        # a failing check is logged with its reason; Django would add an error without one for each probe
        response._has_been_logged = True
        return response


class Cors:
    """Lets the given origins read the API from a browser, without cookies."""

    PATHS = "/api/"

    def __init__(self, get_response: Next) -> None:
        self._next = get_response
        self._origins = frozenset(options().cors_origins)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(self.PATHS):
            return self._next(request)
        origin = request.headers.get("Origin")
        allowed = origin in self._origins
        asked = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        response = HttpResponse(status=204) if asked and allowed else self._next(request)
        patch_vary_headers(response, ("Origin",))
        if origin is not None and allowed:
            response["Access-Control-Allow-Origin"] = origin
            if asked:
                response["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
                response["Access-Control-Max-Age"] = "600"
        return response


class SlowRequests:
    """Logs requests that took longer than the limit, with the part of the database. No query strings, no bodies."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response
        self._limit = options().slow_request_seconds

    def __call__(self, request: HttpRequest) -> HttpResponse:
        queries = _Queries()
        started = time.perf_counter()
        with ExitStack() as stack:
            for connection in connections.all():
                stack.enter_context(connection.execute_wrapper(queries))
            response = self._next(request)
        seconds = time.perf_counter() - started
        if seconds >= self._limit:
            log.warning(
                "slow request",
                method=request.method,
                path=request.path_info,
                status=response.status_code,
                seconds=round(seconds, 3),
                database_seconds=round(queries.seconds, 3),
                queries=queries.count,
            )
        return response


class _Queries:
    """Counts and times what goes to the database."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - started
