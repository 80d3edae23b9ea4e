"""Which rows a message becomes."""

from dataclasses import dataclass
from typing import Any

from market.core import topics
from market.sink import derive
from market.sink.derive import Forecaster
from market.sink.messages import Message


@dataclass(frozen=True)
class Table:
    name: str
    #: Column name and type, in the order of a row's values.
    columns: tuple[tuple[str, str], ...]


_KEY = (("time", "timestamptz"), ("symbol", "text"))
_SEQUENCE = (("sequence", "bigint"),)


def _table(name: str, **columns: str) -> Table:
    return Table(name, (*_KEY, *columns.items(), *_SEQUENCE))


_DOUBLE = "double precision"
TICKER = _table("ticker_data", price=_DOUBLE, volume=_DOUBLE, bid=_DOUBLE, ask=_DOUBLE)
TRADE = _table("trade_data", price=_DOUBLE, quantity=_DOUBLE, side="text")
ARTICLE = _table("article_data", title="text", source="text", url="text")
ALERT = _table("alert_data", kind="text", severity="text", message="text")
SENTIMENT = _table("sentiment_data", score=_DOUBLE, confidence=_DOUBLE, source="text")
PREDICTION = _table("prediction_data", model="text", horizon_seconds="integer", value=_DOUBLE, confidence=_DOUBLE)
TABLES = (TICKER, TRADE, ARTICLE, ALERT, SENTIMENT, PREDICTION)
_OF_TOPIC = {topics.TICKER: TICKER, topics.TRADE: TRADE, topics.ARTICLE: ARTICLE, topics.ALERT: ALERT}

Row = tuple[Any, ...]


def rows_of(message: Message, forecaster: Forecaster) -> list[tuple[Table, Row]]:
    """The message's own row, then what is derived from it."""

    def row(*values: Any) -> Row:
        return (message.time, message.symbol, *values, message.sequence)

    rows = [(_OF_TOPIC[message.topic], row(*message.numbers, *message.texts))]
    if message.topic == topics.ARTICLE:
        found = derive.sentiment(message.texts[0])
        rows.append((SENTIMENT, row(found.score, found.confidence, derive.SENTIMENT_SOURCE)))
    if message.topic == topics.TICKER:
        forecast = forecaster.add(message.symbol, message.numbers[0])
        if forecast:
            horizon = int(derive.HORIZON.total_seconds())
            rows.append((PREDICTION, row(derive.MODEL, horizon, forecast.value, forecast.confidence)))
    return rows
