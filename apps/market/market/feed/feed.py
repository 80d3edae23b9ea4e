"""The loop of the feed."""

import json
import time
from collections import Counter
from datetime import datetime, timezone
from typing import Any, Protocol

from confluent_kafka import KafkaException

from market.core.lifecycle import Stop
from market.core.logs import Log
from market.feed import metrics
from market.feed.generator import Market
from market.feed.pace import Pace
from market.feed.sequences import Sequences

log = Log("market.feed")

#: Seconds between two looks at what is due.
TICK = 0.02
#: Seconds in which a stopping feed waits for acknowledgements; below every grace time that it is given.
FLUSH = 20.0
#: Seconds between two complaints about a topic.
COMPLAIN = 10.0


class Producer(Protocol):
    """The part of confluent_kafka.Producer that is used."""

    def produce(self, topic: str, value: bytes, key: bytes, on_delivery: Any) -> None: ...
    def poll(self, timeout: float) -> int: ...
    def flush(self, timeout: float) -> int: ...
    def __len__(self) -> int: ...


class Feed:
    """Produces what is due until it is told to stop, then waits for what is under way."""

    def __init__(
        self, producer: Producer, market: Market, sequences: Sequences, pace: Pace, symbols: tuple[str, ...]
    ) -> None:
        self._producer = producer
        self._market = market
        self._sequences = sequences
        self._pace = pace
        self._symbols = symbols
        self._turn: Counter[str] = Counter()
        self.delivered: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self._complained: dict[str, float] = {}
        self._last_tick = time.monotonic()

    def run(self, stop: Stop) -> int:
        """Returns how many messages are in doubt: neither acknowledged nor known to have failed."""
        while not stop.wait(TICK):
            self.tick(time.monotonic())
        left = self._producer.flush(FLUSH)
        fields = {"delivered": dict(self.delivered), "failed": dict(self.failed), "in_doubt": left}
        (log.warning if left else log.info)("stopped", **fields)
        return left

    def tick(self, now: float) -> None:
        for topic, count in self._pace.due(now).items():
            for _ in range(count):
                if not self._produce(topic):
                    break
        self._producer.poll(0)
        metrics.QUEUE.set(len(self._producer))
        self._last_tick = time.monotonic()

    def health(self) -> tuple[bool, dict[str, object]]:
        """The loop turns. Brokers that do not answer are no reason to start the feed again."""
        idle = time.monotonic() - self._last_tick
        return idle < 30, {"seconds_since_tick": round(idle, 1), "queue": len(self._producer)}

    def _produce(self, topic: str) -> bool:
        symbol = self._symbols[self._turn[topic] % len(self._symbols)]
        message = {
            "sequence": self._sequences.peek(topic, symbol),
            "time": datetime.now(timezone.utc).isoformat(timespec="microseconds"),
            "symbol": symbol,
            **self._market.body(topic, symbol),
        }
        value = json.dumps(message, separators=(",", ":")).encode()
        try:
            # the key keeps a symbol within one partition, and so in order
            self._producer.produce(topic, value=value, key=symbol.encode(), on_delivery=self._on_delivery)
        except BufferError:
            metrics.REFUSED.labels("queue full").inc()
            return False
        except KafkaException as error:
            # known at once, such as a topic that does not exist; it may come back
            metrics.REFUSED.labels(error.args[0].name()).inc()
            self._complain(topic, error.args[0])
            return False
        self._sequences.advance(topic, symbol)
        self._turn[topic] += 1
        metrics.PRODUCED.labels(topic).inc()
        return True

    def _on_delivery(self, error: Any, message: Any) -> None:
        topic = message.topic()
        if error is None:
            self.delivered[topic] += 1
            metrics.DELIVERED.labels(topic).inc()
            metrics.LAST_DELIVERY.set_to_current_time()
            return
        self.failed[topic] += 1
        metrics.FAILED.labels(topic).inc()
        self._complain(topic, error)

    def _complain(self, topic: str, error: Any) -> None:
        """At most once in COMPLAIN seconds per topic: it is the same for all messages that wait."""
        now = time.monotonic()
        if now - self._complained.get(topic, -COMPLAIN) >= COMPLAIN:
            self._complained[topic] = now
            log.warning("not delivered", topic=topic, code=error.name(), detail=error.str(), failed=self.failed[topic])
