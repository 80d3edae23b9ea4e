"""Settings of the feed."""

from dataclasses import dataclass

from market.core import logs, topics
from market.core.environment import Environment
from market.core.kafka import ClientRules, Setting, client_settings

DEFAULT_SYMBOLS = ("BTC-USD", "ETH-USD", "SOL-USD", "XRP-USD", "ADA-USD", "DOGE-USD")

#: Sequences that begin anew begin at a number of milliseconds; see sequences.py.
MOST_PER_SYMBOL = 900

_WHY = "or an acknowledged message could be lost, doubled or out of order"
RULES = ClientRules(
    defaults={
        "client.id": "market-feed",
        "compression.type": "lz4",
        "linger.ms": 20,
        # More than a restart of the brokers takes; what is older is counted as failed.
        "delivery.timeout.ms": 300_000,
        "queue.buffering.max.messages": 20_000,
        "log.connection.close": False,
        "reconnect.backoff.max.ms": 5_000,
    },
    fixed={"acks": ("all", _WHY), "enable.idempotence": (True, _WHY)},
    refused={"transactional.id": "is not for this producer: it does not write in transactions"},
)


@dataclass(frozen=True)
class FeedSettings:
    kafka: dict[str, Setting]
    metrics_port: int
    log_level: str
    symbols: tuple[str, ...]
    #: Messages per second and topic, over all symbols; 0 is none.
    rates: dict[str, float]
    #: Makes prices, articles and alerts the same in each run. None: random.
    seed: int | None


def read(environment: Environment) -> FeedSettings:
    symbols = environment.names("FEED_SYMBOLS", DEFAULT_SYMBOLS, topics.SYMBOL, "BTC-USD,ETH-USD")

    def rate(name: str, default: float) -> float:
        value = environment.number(name, default, 0, 5_000)
        if value / len(symbols or " ") > MOST_PER_SYMBOL:
            rule = f"is more than {MOST_PER_SYMBOL} a second for each of {len(symbols)} symbols: sequences could repeat"
            environment.refuse(name, rule, "Lower it, or name more symbols in FEED_SYMBOLS", f"{value:g}")
        return value

    return FeedSettings(
        kafka=client_settings(environment, RULES),
        metrics_port=environment.integer("METRICS_PORT", 9400, 1, 65_535),
        log_level=environment.choice("LOG_LEVEL", "info", logs.LEVELS),
        symbols=symbols,
        rates={
            topics.TICKER: rate("FEED_RATE_TICKER", 12.0),
            topics.TRADE: rate("FEED_RATE_TRADE", 24.0),
            topics.ARTICLE: rate("FEED_RATE_ARTICLE", 0.5),
            topics.ALERT: rate("FEED_RATE_ALERT", 0.2),
        },
        seed=environment.optional_integer("FEED_SEED", 0, 2**63 - 1),
    )
