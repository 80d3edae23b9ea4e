"""A small synthetic market: one random walk per symbol, and articles and alerts that follow it."""

import random
from dataclasses import dataclass
from typing import Any

from market.core import topics

#: Where well-known walks begin; others begin somewhere between 1 and 500.
START_PRICES = {
    "BTC-USD": 95_000.0,
    "ETH-USD": 3_400.0,
    "SOL-USD": 210.0,
    "XRP-USD": 1.4,
    "ADA-USD": 0.95,
    "DOGE-USD": 0.38,
}

#: Standard deviation of one step, as a part of the price.
VOLATILITY = 0.0006
#: Pull back to where the walk began, so that it stays near there for months.
REVERSION = 0.00002
#: Half of what lies between bid and ask, as a part of the price.
HALF_SPREAD = 0.0002
#: Change since the last alert that is called a sharp move.
SHARP_MOVE = 0.01

SOURCES = ("ledger-daily", "market-wire", "chain-report")
RISING = (
    "{symbol} gains as buyers return",
    "Strong rally lifts {symbol} to a new high",
    "Record inflow: {symbol} surges",
)
FALLING = ("{symbol} drops on weak demand", "Sharp losses: {symbol} falls again", "Fear grows as {symbol} slumps")
FLAT = ("{symbol} trades sideways", "Quiet session for {symbol}", "What to expect from {symbol} this week")


@dataclass
class Walk:
    """State of one symbol."""

    start: float
    price: float = 0.0
    #: Price at the last article, and at the last alert.
    reported: float = 0.0
    alerted: float = 0.0

    def __post_init__(self) -> None:
        self.price = self.reported = self.alerted = self.start

    def step(self, generator: random.Random) -> float:
        drift = REVERSION * (self.start - self.price) / self.start
        self.price = max(self.start * 0.01, self.price * (1 + drift + generator.gauss(0, VOLATILITY)))
        return self.price


class Market:
    """Bodies of messages, without sequence and time. The same seed and the same calls give the same bodies."""

    def __init__(self, symbols: tuple[str, ...], seed: int | None = None) -> None:
        self._random = random.Random(seed)
        self._walks = {symbol: Walk(START_PRICES.get(symbol) or self._random.uniform(1, 500)) for symbol in symbols}

    def body(self, topic: str, symbol: str) -> dict[str, Any]:
        walk = self._walks[symbol]
        make = {
            topics.TICKER: self._ticker,
            topics.TRADE: self._trade,
            topics.ARTICLE: self._article,
            topics.ALERT: self._alert,
        }
        return make[topic](symbol, walk)

    def _ticker(self, _symbol: str, walk: Walk) -> dict[str, Any]:
        price = walk.step(self._random)
        return {
            "price": round(price, 6),
            "volume": round(self._random.lognormvariate(1.0, 0.8), 6),
            "bid": round(price * (1 - HALF_SPREAD), 6),
            "ask": round(price * (1 + HALF_SPREAD), 6),
        }

    def _trade(self, _symbol: str, walk: Walk) -> dict[str, Any]:
        side = self._random.choice(("buy", "sell"))
        price = walk.price * (1 + HALF_SPREAD if side == "buy" else 1 - HALF_SPREAD)
        return {"price": round(price, 6), "quantity": round(self._random.lognormvariate(-1.0, 1.0), 8), "side": side}

    def _article(self, symbol: str, walk: Walk) -> dict[str, Any]:
        change = walk.price / walk.reported - 1
        walk.reported = walk.price
        titles = FLAT if abs(change) < VOLATILITY else RISING if change > 0 else FALLING
        title = self._random.choice(titles).format(symbol=symbol)
        source = self._random.choice(SOURCES)
        return {
            "title": title,
            "source": source,
            "url": f"https://{source}.example/{self._random.getrandbits(48):012x}",
        }

    def _alert(self, symbol: str, walk: Walk) -> dict[str, Any]:
        change = walk.price / walk.alerted - 1
        walk.alerted = walk.price
        sharp = abs(change) >= SHARP_MOVE
        return {
            "kind": "sharp-move" if sharp else "move",
            "severity": "warning" if sharp else "info",
            "message": f"{symbol} moved {change * 100:+.2f} % since the last alert",
        }
