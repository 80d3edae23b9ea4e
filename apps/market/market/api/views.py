"""The addresses of the API."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import cache, wraps

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from market.api import health, queries
from market.api.cached import Kept
from market.api.options import options
from market.core.logs import Log
from market.core.topics import SYMBOL

log = Log("market.api")

View = Callable[[HttpRequest], JsonResponse]

#: Hours of candles: what is given without asking, and the most.
DEFAULT_HOURS = 24
MOST_HOURS = 31 * 24


def _needs_database(view: View) -> View:
    """A database that does not answer is nobody's mistake here: 503, try again."""

    @wraps(view)
    def answer(request: HttpRequest) -> JsonResponse:
        try:
            return view(request)
        except (OperationalError, InterfaceError) as error:
            log.warning(
                "database failed",
                path=request.path_info,
                error=type(error).__name__,
                detail=str(error).splitlines()[:1],
            )
            response = JsonResponse(
                {"error": {"rule": "the database does not answer, try again"}}, status=503, headers={"Retry-After": "5"}
            )
            # told above, with its reason
            response._has_been_logged = True
            return response

    return answer


@cache
def _prices() -> Kept:
    return Kept("prices", timedelta(seconds=options().cache_prices_seconds))


@cache
def _ohlc() -> Kept:
    return Kept("ohlc", timedelta(seconds=options().cache_ohlc_seconds))


@require_safe
def health_view(_request: HttpRequest) -> JsonResponse:
    """200 when everything that the API needs answers, else 503."""
    healthy, body = health.check()
    return JsonResponse(body, status=200 if healthy else 503, headers={"Cache-Control": "no-store"})


@require_safe
def live_view(_request: HttpRequest) -> JsonResponse:
    """The process answers; asks nobody."""
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@csrf_exempt
@require_safe
@_needs_database
def prices_view(_request: HttpRequest) -> JsonResponse:
    """The latest price of each symbol that had one within an hour."""
    return JsonResponse({"prices": _prices().get("all", queries.latest_prices)})


@csrf_exempt
@require_safe
@_needs_database
def ohlc_view(request: HttpRequest) -> JsonResponse:
    """Hourly candles: `?symbol=BTC-USD&hours=24`."""
    symbol = request.GET.get("symbol", "")
    if not re.fullmatch(SYMBOL, symbol):
        return _refused("symbol", symbol, f"must match {SYMBOL}, such as BTC-USD")
    given = request.GET.get("hours", str(DEFAULT_HOURS))
    hours = int(given) if re.fullmatch(r"[0-9]{1,4}", given) else 0
    if not 1 <= hours <= MOST_HOURS:
        return _refused("hours", given, f"must be a whole number from 1 to {MOST_HOURS}")
    candles = _ohlc().get(f"{symbol}:{hours}", lambda: queries.candles(symbol, hours))
    return JsonResponse({"symbol": symbol, "hours": hours, "candles": candles})


def _refused(parameter: str, value: str, rule: str) -> JsonResponse:
    return JsonResponse({"error": {"parameter": parameter, "value": value[:100], "rule": rule}}, status=400)
