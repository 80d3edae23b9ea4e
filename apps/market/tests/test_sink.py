"""The loop against fakes that keep what Kafka and the database would keep."""

import json
import random
import unittest
from collections import defaultdict
from datetime import datetime, timezone
from typing import Any

from confluent_kafka import KafkaError

from market.core.lifecycle import Backoff, Stop
from market.core.topics import TICKER, TOPICS, TRADE
from market.sink import sink as module
from market.sink.cluster import Unreachable
from market.sink.health import Health
from market.sink.offsets import Available, Stored
from market.sink.sink import Sink
from market.sink.store import Entry, Moved, Outcome, Unavailable


def body(sequence: int, **changes: Any) -> bytes:
    now = datetime.now(timezone.utc).isoformat()
    content = {"sequence": sequence, "time": now, "symbol": "A", "price": 1.0, "quantity": 1.0, "side": "buy"}
    return json.dumps({**content, "volume": 1.0, "bid": 1.0, "ask": 1.0, **changes}).encode()


class Message:
    def __init__(self, topic: str, partition: int, offset: int, value: bytes | None, error: Any = None) -> None:
        self._all = (topic, partition, offset, value, error)

    topic = lambda self: self._all[0]  # noqa: E731
    partition = lambda self: self._all[1]  # noqa: E731
    offset = lambda self: self._all[2]  # noqa: E731
    value = lambda self: self._all[3]  # noqa: E731
    error = lambda self: self._all[4]  # noqa: E731


class Broker:
    """Partitions by (topic, partition): the first offset and the values from there; None is an offset without a message."""

    def __init__(self) -> None:
        self.logs: dict[tuple[str, int], tuple[int, list[bytes | None]]] = {(topic, 0): (0, []) for topic in TOPICS}
        self.ids = {topic: f"id-{topic}" for topic in TOPICS}
        self.down = False

    def fill(self, topic: str, count: int) -> None:
        low, values = self.logs[(topic, 0)]
        values.extend([body(low + len(values) + number) for number in range(count)])

    # -- Cluster
    def available(self, partitions: Any) -> dict[tuple[str, int], Available]:
        if self.down:
            raise Unreachable("down")
        return {
            key: Available(self.logs[key][0], self.logs[key][0] + len(self.logs[key][1]), self.ids[key[0]])
            for key in partitions
        }

    def topic_ids(self, topics: Any) -> dict[str, str]:
        return {topic: self.ids[topic] for topic in topics}


class Consumer:
    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.positions: dict[tuple[str, int], int] = {}
        self.committed: dict[tuple[str, int], int] = {}
        self.stale: list[Message] = []
        self.callbacks: dict[str, Any] = {}

    def subscribe(self, topics: list[str], **callbacks: Any) -> None:
        self.callbacks = callbacks

    def assign(self, partitions: list[Any]) -> None:
        self.positions = {(at.topic, at.partition): at.offset for at in partitions}

    def unassign(self) -> None:
        self.positions = {}

    def poll(self, timeout: float) -> None:
        return None

    def consume(self, count: int, timeout: float) -> list[Message]:
        found, self.stale = self.stale, []
        for (topic, partition), position in list(self.positions.items()):
            low, values = self.broker.logs[(topic, partition)]
            if not low <= position <= low + len(values):
                found.append(Message(topic, partition, -1, None, Error(KafkaError._AUTO_OFFSET_RESET)))
                continue
            for offset in range(position, low + len(values)):
                if len(found) < count:
                    self.positions[(topic, partition)] = offset + 1
                    value = values[offset - low]
                    if value is not None:
                        found.append(Message(topic, partition, offset, value))
        return found

    def commit(self, offsets: list[Any], asynchronous: bool) -> None:
        self.committed.update({(at.topic, at.partition): at.offset for at in offsets})

    def get_watermark_offsets(self, at: Any, cached: bool) -> tuple[int, int]:
        low, values = self.broker.logs[(at.topic, at.partition)]
        return low, low + len(values)


class Error:
    def __init__(self, code: int) -> None:
        self._code = code

    def code(self) -> int:
        return self._code


class Database:
    """Applies a write whole or not at all. `faults`: exceptions for the next writes, after the commit where it says so."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, int], Stored] = {}
        self.rows: dict[str, list[Any]] = defaultdict(list)
        self.whole: dict[str, list[Any]] = defaultdict(list)
        self.faults: list[tuple[str, Exception]] = []
        self.refuses: set[int] = set()

    def offsets(self, partitions: Any) -> dict[tuple[str, int], Stored]:
        return {key: self.stored[key] for key in partitions if key in self.stored}

    def begin(self, starts: Any) -> dict[tuple[str, int], int]:
        for key, (stored, start, topic_id) in starts.items():
            skipped = (stored.skipped if stored else 0) + start.skipped
            self.stored[key] = Stored(start.offset, skipped, topic_id)
        return {key: self.stored[key].skipped for key in starts}

    def write(self, entries: list[Entry], before: Any, after: Any) -> Outcome:
        when, fault = self.faults.pop(0) if self.faults else ("", None)
        if fault and when == "before":
            raise fault
        if when == "":
            fault = None
        for key, offset in before.items():
            if key not in self.stored or self.stored[key].next_offset != offset:
                raise Moved(str(key))
        outcome = Outcome()
        for entry in entries:
            if entry.offset in self.refuses:
                outcome.refused.append((entry, "refused"))
                continue
            for table, row in entry.rows:
                new = row[-1] not in self.rows[table.name]
                outcome.add(table.name, 1, int(new))
                if new:
                    self.rows[table.name].append(row[-1])
                    self.whole[table.name].append(row)
        for key, offset in after.items():
            old = self.stored[key]
            self.stored[key] = Stored(offset, old.skipped, old.topic_id)
        if fault:
            raise fault
        return outcome

    def recent_prices(self, symbol: str, before: datetime) -> list[float]:
        return [price for time, _, price, *_ in self.whole["ticker_data"] if time < before][-20:]


class Times:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.2
        return self.now


class SinkTest(unittest.TestCase):
    def setUp(self) -> None:
        self.broker, self.database, self.times = Broker(), Database(), Times()
        self.addCleanup(setattr, module, "CONFIRM", module.CONFIRM)
        module.CONFIRM = 0.0
        self.start()

    def start(self) -> None:
        """A new process: nothing of the old one's memory is left."""
        self.consumer = Consumer(self.broker)
        self.health = Health(60, self.times)
        backoff = Backoff(0.0, 0.0, random.Random(1))
        self.sink = Sink(self.consumer, self.broker, self.database, self.health, 10, 0.0, backoff, self.times)  # type: ignore[arg-type]
        self.assigned = False

    def run_turns(self, turns: int) -> list[str]:
        """The log of so many turns of the loop."""
        sink, test = self.sink, self

        class Count(Stop):
            def is_set(self) -> bool:
                nonlocal turns
                if not test.assigned:
                    test.assigned = True
                    partitions = [
                        module.TopicPartition(topic, partition) for topic, partition in sorted(test.broker.logs)
                    ]
                    test.consumer.callbacks["on_assign"](None, partitions)
                turns -= 1
                return turns < 0

        with self.assertLogs("market.sink", "INFO") as logged:
            sink.run(Count())
        return [f"{record.getMessage()} {getattr(record, 'fields', {})}" for record in logged.records]

    def sequences(self, table: str = "trade_data") -> list[int]:
        return self.database.rows[table]

    def skipped(self, topic: str = TRADE) -> int:
        return self.database.stored[(topic, 0)].skipped

    def test_each_message_once_in_batches(self) -> None:
        self.broker.fill(TRADE, 35)
        self.run_turns(6)
        self.assertEqual(self.sequences(), list(range(35)))
        self.assertEqual(self.consumer.committed[(TRADE, 0)], 35)
        self.assertTrue(self.health.check()[0])

    def test_goes_on_after_a_kill(self) -> None:
        self.broker.fill(TRADE, 25)
        self.run_turns(2)
        self.start()
        self.run_turns(5)
        self.assertEqual(self.sequences(), list(range(25)))

    def test_a_failure_before_the_commit_reads_again(self) -> None:
        self.broker.fill(TRADE, 25)
        self.database.faults = [("before", Unavailable("gone"))] * 3
        log = self.run_turns(10)
        self.assertEqual(self.sequences(), list(range(25)))
        self.assertEqual(sum("'cause': 'database'" in line for line in log), 3)

    def test_a_failure_after_the_commit_writes_nothing_twice(self) -> None:
        self.broker.fill(TRADE, 25)
        self.database.faults = [("after", Unavailable("gone"))]
        self.run_turns(10)
        self.assertEqual(self.sequences(), list(range(25)))

    def test_brokers_that_do_not_answer_are_asked_again(self) -> None:
        self.broker.fill(TRADE, 5)
        self.broker.down = True
        self.run_turns(3)
        self.broker.down = False
        self.run_turns(3)
        self.assertEqual(self.sequences(), list(range(5)))

    def test_somebody_elses_offsets_win(self) -> None:
        self.broker.fill(TRADE, 5)
        self.run_turns(2)
        self.database.stored[(TRADE, 0)] = Stored(8, 0, "id-rawtrade")
        self.broker.fill(TRADE, 5)
        log = self.run_turns(4)
        self.assertTrue(any("'cause': 'moved'" in line for line in log), log)
        self.assertEqual(self.sequences(), [0, 1, 2, 3, 4, 8, 9])

    def test_offsets_deleted_reads_all_again_and_skips_nothing(self) -> None:
        self.broker.fill(TRADE, 5)
        self.run_turns(2)
        self.database.stored.clear()
        self.broker.fill(TRADE, 5)
        self.run_turns(4)
        self.assertEqual(self.sequences(), list(range(10)))
        self.assertEqual(self.skipped(), 0)

    def test_a_trimmed_topic_is_counted_exactly_and_once(self) -> None:
        self.broker.fill(TRADE, 5)
        self.run_turns(2)
        self.broker.logs[(TRADE, 0)] = (12, [body(12), body(13)])
        log = self.run_turns(4)
        self.assertEqual(self.sequences(), [0, 1, 2, 3, 4, 12, 13])
        self.assertEqual(self.skipped(), 7)
        self.assertTrue(any("'skipped': 7" in line and "'begins': 12" in line for line in log), log)
        self.start()
        self.run_turns(3)
        self.assertEqual(self.skipped(), 7)

    def test_a_recreated_topic_is_read_from_its_beginning(self) -> None:
        self.broker.fill(TRADE, 5)
        self.run_turns(2)
        self.broker.logs[(TRADE, 0)] = (0, [body(100), body(101)])
        self.broker.ids[TRADE] = "another"
        log = self.run_turns(4)
        self.assertEqual(self.sequences(), [0, 1, 2, 3, 4, 100, 101])
        self.assertTrue(any("recreated" in line and "unknown" in line for line in log), log)

    def test_a_recreated_topic_that_is_already_longer_is_noticed(self) -> None:
        self.broker.fill(TRADE, 3)
        self.run_turns(2)
        self.broker.logs[(TRADE, 0)] = (0, [body(100 + number) for number in range(6)])
        self.broker.ids[TRADE] = "another"
        self.times.now += module.TOPIC_CHECK
        self.run_turns(4)
        self.assertEqual(sorted(self.sequences()), [0, 1, 2, 100, 101, 102, 103, 104, 105])

    def test_offsets_without_messages_are_believed_when_read_twice(self) -> None:
        self.broker.logs[(TRADE, 0)] = (0, [body(0), None, None, body(3)])
        self.run_turns(4)
        self.assertEqual(self.sequences(), [0, 3])
        self.assertEqual(self.skipped(), 0)

    def test_what_was_fetched_before_the_last_beginning_skips_nothing(self) -> None:
        self.broker.fill(TRADE, 4)
        self.run_turns(2)
        self.broker.fill(TRADE, 4)
        self.consumer.stale = [Message(TRADE, 0, 7, body(7)), Message(TRADE, 0, 1, body(1))]
        self.run_turns(3)
        self.assertEqual(self.sequences(), list(range(8)))

    def test_what_was_read_already_is_passed_over_without_a_fuss(self) -> None:
        self.broker.fill(TRADE, 4)
        self.run_turns(2)
        self.broker.fill(TRADE, 4)
        self.consumer.stale = [Message(TRADE, 0, 1, body(1))]
        log = self.run_turns(3)
        self.assertEqual(self.sequences(), list(range(8)))
        self.assertFalse([line for line in log if "begins again" in line])

    def test_bad_messages_are_passed_over_and_named(self) -> None:
        self.broker.logs[(TRADE, 0)] = (0, [body(0), b"junk", body(2), body(3, price=-1), body(4)])
        self.database.refuses = {4}
        log = self.run_turns(2)
        self.assertEqual(self.sequences(), [0, 2])
        self.assertEqual(self.database.stored[(TRADE, 0)].next_offset, 5)
        named = [line for line in log if line.startswith("bad message")]
        self.assertEqual(len(named), 3)
        self.assertIn("'offset': 1, 'why': 'is no JSON'", named[0])

    def test_only_bad_messages_move_on_too(self) -> None:
        self.broker.logs[(TRADE, 0)] = (0, [b"junk"] * 30)
        log = self.run_turns(4)
        self.assertEqual(self.database.stored[(TRADE, 0)].next_offset, 30)
        self.assertEqual(sum(line.startswith("bad message") for line in log), 30)

    def test_revoked_partitions_are_left_alone(self) -> None:
        self.broker.fill(TRADE, 3)
        self.run_turns(2)
        self.consumer.callbacks["on_revoke"](None, [])
        self.broker.fill(TRADE, 3)
        self.consumer.stale = [Message(TRADE, 0, 3, body(3))]
        self.run_turns(2)
        self.assertEqual(self.sequences(), [0, 1, 2])

    def test_forecasts_after_a_failure_count_no_price_twice(self) -> None:
        self.broker.logs[(TICKER, 0)] = (0, [body(number, price=float(number)) for number in range(20)])
        self.database.faults = [("", Unavailable("")), ("before", Unavailable("gone"))]
        self.run_turns(6)
        self.assertEqual(self.sequences("ticker_data"), list(range(20)))
        self.assertEqual([row[4] for row in self.whole_predictions()], [sum(range(20)) / 20])

    def whole_predictions(self) -> list[Any]:
        return self.database.whole["prediction_data"]


if __name__ == "__main__":
    unittest.main()
