import json
import unittest
from typing import Any

from confluent_kafka import KafkaException

from market.core import topics
from market.feed.feed import Feed
from market.feed.generator import Market
from market.feed.pace import Pace
from market.feed.sequences import Sequences, last_sequences
from market.sink.messages import parse


class Sequence(unittest.TestCase):
    def test_goes_on_after_the_last(self) -> None:
        sequences = Sequences({("rawtrade", "BTC-USD"): 41}, lambda: 1_000)
        self.assertEqual(sequences.peek("rawtrade", "BTC-USD"), 42)

    def test_begins_at_the_time_where_nothing_is_known(self) -> None:
        times = iter([1_000, 2_000])
        sequences = Sequences({}, lambda: next(times))
        sequences.advance("rawtrade", "BTC-USD")
        self.assertEqual(sequences.peek("rawtrade", "BTC-USD"), 1_001)
        self.assertEqual(sequences.peek("rawtrade", "ETH-USD"), 2_000)

    def test_looking_uses_none(self) -> None:
        sequences = Sequences({("rawtrade", "A"): 1}, lambda: 0)
        self.assertEqual([sequences.peek("rawtrade", "A") for _ in range(3)], [2, 2, 2])

    def test_the_highest_of_what_is_found(self) -> None:
        def value(sequence: Any, symbol: Any = "A") -> bytes:
            return json.dumps({"sequence": sequence, "symbol": symbol}).encode()

        found = last_sequences(
            [
                ("rawtrade", value(5)),
                ("rawtrade", value(7)),
                ("rawtrade", value(6)),
                ("rawalert", value(0)),
                ("rawtrade", b"junk"),
                ("rawtrade", None),
                ("rawtrade", value(True)),
                ("rawtrade", value(9, symbol=3)),
                ("rawtrade", b"[]"),
            ]
        )
        self.assertEqual(found, {("rawtrade", "A"): 7, ("rawalert", "A"): 0})


class PaceTest(unittest.TestCase):
    def test_spreads_a_rate_over_time(self) -> None:
        pace = Pace({"a": 10.0, "b": 0.5, "off": 0.0})
        pace.due(0.0)
        sent = {"a": 0, "b": 0}
        for step in range(1, 401):
            for topic, count in pace.due(step * 0.05).items():
                sent[topic] += count
        self.assertEqual(sent, {"a": 200, "b": 10})

    def test_makes_up_for_one_second_only(self) -> None:
        pace = Pace({"a": 10.0, "b": 0.1})
        pace.due(0.0)
        self.assertEqual(pace.due(3_600.0), {"a": 10, "b": 1})


class MarketTest(unittest.TestCase):
    SYMBOLS = ("BTC-USD", "XYZ-USD")

    def bodies(self, seed: int) -> list[dict[str, Any]]:
        market = Market(self.SYMBOLS, seed)
        return [market.body(topic, symbol) for _ in range(200) for topic in topics.TOPICS for symbol in self.SYMBOLS]

    def test_the_same_seed_gives_the_same(self) -> None:
        self.assertEqual(self.bodies(7), self.bodies(7))
        self.assertNotEqual(self.bodies(7), self.bodies(8))

    def test_stays_near_where_it_began(self) -> None:
        market = Market(("BTC-USD",), 1)
        prices = [market.body(topics.TICKER, "BTC-USD")["price"] for _ in range(50_000)]
        self.assertTrue(min(prices) > 95_000 * 0.5 and max(prices) < 95_000 * 2)
        self.assertGreater(max(prices) - min(prices), 500)


class FakeProducer:
    """Takes `room` messages, acknowledges them at `poll`."""

    def __init__(self, room: int = 1_000_000) -> None:
        self.room = room
        self.sent: list[tuple[str, bytes, bytes]] = []
        self.waiting: list[Any] = []
        self.error: Any = None
        self.missing: set[str] = set()

    def produce(self, topic: str, value: bytes, key: bytes, on_delivery: Any) -> None:
        if len(self.waiting) >= self.room:
            raise BufferError
        if topic in self.missing:
            raise KafkaException(FakeError())
        self.sent.append((topic, value, key))
        self.waiting.append((topic, on_delivery))

    def poll(self, timeout: float) -> int:
        for topic, on_delivery in self.waiting:
            on_delivery(self.error, FakeMessage(topic))
        self.waiting = []
        return 0

    def flush(self, timeout: float) -> int:
        self.poll(timeout)
        return 0

    def __len__(self) -> int:
        return len(self.waiting)


class FakeMessage:
    def __init__(self, topic: str) -> None:
        self._topic = topic

    def topic(self) -> str:
        return self._topic


class FakeError:
    def name(self) -> str:
        return "_MSG_TIMED_OUT"

    def str(self) -> str:
        return "timed out"


class FeedTest(unittest.TestCase):
    def feed(self, producer: FakeProducer, rate: float = 10.0) -> Feed:
        rates = dict.fromkeys(topics.TOPICS, rate)
        symbols = ("A", "B")
        return Feed(producer, Market(symbols, 1), Sequences({}, lambda: 100), Pace(rates), symbols)

    def test_every_message_is_one_that_the_sink_takes(self) -> None:
        producer = FakeProducer()
        feed = self.feed(producer)
        feed.tick(0.0)
        feed.tick(1.0)
        self.assertEqual(len(producer.sent), 40)
        for topic, value, key in producer.sent:
            self.assertEqual(parse(topic, value).symbol.encode(), key)
        self.assertEqual(feed.delivered[topics.TRADE], 10)

    def test_sequences_have_no_gap_when_the_queue_was_full(self) -> None:
        producer = FakeProducer(room=3)
        feed = self.feed(producer)
        for second in range(10):
            feed.tick(float(second))
        for topic in topics.TOPICS:
            for symbol in ("A", "B"):
                mine = [
                    json.loads(value) for name, value, key in producer.sent if name == topic and key == symbol.encode()
                ]
                numbers = [message["sequence"] for message in mine]
                self.assertEqual(numbers, list(range(100, 100 + len(numbers))), (topic, symbol))
        self.assertEqual(len(producer.sent), 27)

    def test_a_topic_that_is_missing_keeps_nothing_else_up_and_leaves_no_gap(self) -> None:
        producer = FakeProducer()
        producer.missing = {topics.ARTICLE}
        feed = self.feed(producer)
        feed.tick(0.0)
        with self.assertLogs("market.feed", "WARNING") as logged:
            feed.tick(1.0)
            feed.tick(2.0)
        self.assertEqual(len(logged.records), 1)
        self.assertEqual(len(producer.sent), 60)
        producer.missing = set()
        feed.tick(3.0)
        articles = [
            json.loads(value)["sequence"]
            for topic, value, key in producer.sent
            if topic == topics.ARTICLE and key == b"A"
        ]
        self.assertEqual(articles, [100, 101, 102, 103, 104])

    def test_failures_are_counted_apart(self) -> None:
        producer = FakeProducer()
        producer.error = FakeError()
        feed = self.feed(producer)
        feed.tick(0.0)
        with self.assertLogs("market.feed", "WARNING"):
            feed.tick(1.0)
        self.assertEqual((feed.failed[topics.ALERT], feed.delivered[topics.ALERT]), (10, 0))


if __name__ == "__main__":
    unittest.main()
