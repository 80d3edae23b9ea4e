"""What the API asks the database, as plain data that can be kept in the cache."""

from datetime import datetime, timedelta, timezone
from typing import Any

from django.db import connection

from market.api.models import Candle, Ticker

#: Symbols without a price for longer are not listed.
LATEST_WITHIN = timedelta(hours=1)
HOUR = timedelta(hours=1)

_OPEN_HOURS = """
SELECT date_trunc('hour', time, 'UTC') AS bucket,
       (array_agg(price ORDER BY time, sequence))[1],
       max(price), min(price),
       (array_agg(price ORDER BY time DESC, sequence DESC))[1],
       sum(volume)
FROM ticker_data
WHERE symbol = %s AND time >= %s
GROUP BY bucket
ORDER BY bucket
"""


def latest_prices() -> list[dict[str, Any]]:
    """One per symbol, by name."""
    since = datetime.now(timezone.utc) - LATEST_WITHIN
    rows = Ticker.objects.filter(time__gte=since).order_by("symbol", "-time", "-sequence").distinct("symbol")
    fields = ("symbol", "time", "price", "bid", "ask", "volume", "sequence")
    return [{**row, "time": row["time"].isoformat()} for row in rows.values(*fields)]


def candles(symbol: str, hours: int) -> list[dict[str, Any]]:
    """
    Oldest first. The aggregate lags behind by design (it is refreshed up to an hour ago), so what follows its last
    bucket is computed from the rows themselves; `final` is false for the hour that is not over.
    """
    now = datetime.now(timezone.utc)
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    since = this_hour - (hours - 1) * HOUR
    kept = Candle.objects.filter(symbol=symbol, bucket__gte=since, bucket__lt=this_hour).order_by("bucket")
    rows = list(kept.values_list("bucket", "open", "high", "low", "close", "volume"))
    follows = rows[-1][0] + HOUR if rows else since
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_HOURS, [symbol, follows])
        rows += cursor.fetchall()
    return [
        {
            "bucket": bucket.isoformat(),
            "open": first,
            "high": high,
            "low": low,
            "close": last,
            "volume": volume,
            "final": bucket < this_hour,
        }
        for bucket, first, high, low, last, volume in rows
    ]
