"""What the sink makes of messages: the sentiment of an article, the forecast of a price."""

import re
import statistics
from collections import deque
from dataclasses import dataclass
from datetime import timedelta

POSITIVE = frozenset(
    (
        "gain",
        "gains",
        "rally",
        "lifts",
        "high",
        "record",
        "surges",
        "surge",
        "rise",
        "rises",
        "rising",
        "strong",
        "buyers",
        "inflow",
        "up",
    )
)
NEGATIVE = frozenset(
    (
        "drop",
        "drops",
        "loss",
        "losses",
        "fall",
        "falls",
        "fear",
        "slump",
        "slumps",
        "weak",
        "sell",
        "selloff",
        "outflow",
        "down",
    )
)
_WORD = re.compile(r"[a-z]+")

SENTIMENT_SOURCE = "title-lexicon"
MODEL = "moving-average-20"
WINDOW = 20
HORIZON = timedelta(minutes=5)


@dataclass(frozen=True)
class Sentiment:
    #: From -1 to 1.
    score: float
    #: From 0 to 1: how many of the words said anything.
    confidence: float


def sentiment(title: str) -> Sentiment:
    words = _WORD.findall(title.lower())
    positive = sum(word in POSITIVE for word in words)
    negative = sum(word in NEGATIVE for word in words)
    telling = positive + negative
    score = (positive - negative) / telling if telling else 0.0
    return Sentiment(score, min(1.0, telling / 3))


@dataclass(frozen=True)
class Forecast:
    value: float
    #: From 0 to 1: 1 where the prices of the window were all the same, 0 where they scatter by 5 % or more.
    confidence: float


class Forecaster:
    """The mean of the last WINDOW prices per symbol; after `forget` it wants `begin` again."""

    def __init__(self) -> None:
        self._prices: dict[str, deque[float]] = {}

    def knows(self, symbol: str) -> bool:
        return symbol in self._prices

    def begin(self, symbol: str, prices: list[float]) -> None:
        """Earlier prices, oldest first."""
        self._prices[symbol] = deque(prices, maxlen=WINDOW)

    def forget(self) -> None:
        self._prices.clear()

    def add(self, symbol: str, price: float) -> Forecast | None:
        """None until the window is full."""
        prices = self._prices.setdefault(symbol, deque(maxlen=WINDOW))
        prices.append(price)
        if len(prices) < WINDOW:
            return None
        mean = statistics.fmean(prices)
        scatter = statistics.pstdev(prices, mean) / mean if mean > 0 else 1.0
        return Forecast(mean, max(0.0, 1 - scatter / 0.05))
