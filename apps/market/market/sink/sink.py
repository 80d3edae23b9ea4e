"""The loop of the sink.

There is one way out of every trouble: let go of all partitions, and begin again from the offsets in the database. What
was in memory then is read again; what was committed is not.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import KafkaException, TopicPartition

from market.core.lifecycle import Backoff, Stop
from market.core.logs import Log
from market.core.topics import TICKER, TOPICS
from market.sink import metrics
from market.sink.cluster import OUT_OF_RANGE, Cluster, Unreachable
from market.sink.derive import Forecaster
from market.sink.health import Health
from market.sink.messages import BadMessage, Message, parse
from market.sink.offsets import Partition, Reason, decide_start
from market.sink.rows import rows_of
from market.sink.store import Entry, Moved, Store, Unavailable

log = Log("market.sink")

#: Seconds between two looks at whether the topics are still the same ones.
TOPIC_CHECK = 30.0
#: Seconds after which an end below the stored offset is believed: a new leader may not know its end yet.
CONFIRM = 2.0
#: Bad messages of one batch that are logged one by one.
LOGGED = 10


class Again(Exception):
    """Begin again from the database's offsets, without a pause."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause


class Sink:
    def __init__(
        self,
        consumer: Any,
        cluster: Cluster,
        store: Store,
        health: Health,
        batch_messages: int,
        batch_seconds: float,
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._consumer = consumer
        self._cluster = cluster
        self._store = store
        self._health = health
        self._batch_messages = batch_messages
        self._batch_seconds = batch_seconds
        self._backoff = backoff or Backoff()
        self._clock = clock
        self._forecaster = Forecaster()
        #: Partitions that the group gave this sink.
        self._owned: set[Partition] = set()
        #: Next offset of those that are being read. Those that are only owned have to be begun.
        self._next: dict[Partition, int] = {}
        self._begun = False
        self._ids: dict[str, str] = {}
        self._checked = clock()
        #: Gaps that were read twice: there is nothing in them (compaction, transactions).
        self._gaps: set[tuple[Partition, int, int]] = set()

    def run(self, stop: Stop) -> None:
        self._consumer.subscribe(
            list(TOPICS), on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
        )
        while not stop.is_set():
            self._health.turn()
            try:
                self.turn(stop)
                self._backoff.reset()
            except Again as again:
                self._interrupt(again.cause, str(again))
            except (Unavailable, Unreachable, Moved) as error:
                cause = {Unavailable: "database", Unreachable: "kafka", Moved: "moved"}[type(error)]
                pause = self._backoff.next()
                self._interrupt(cause, str(error), attempt=self._backoff.attempts, seconds=round(pause, 1))
                self._rest(stop, pause)
        log.info("stopped", partitions=len(self._owned))

    def turn(self, stop: Stop) -> None:
        """Begins if it has to, then reads and writes one batch."""
        if self._owned and not self._begun:
            self._begin(stop)
        messages = self._consumer.consume(self._batch_messages, timeout=self._batch_seconds)
        self._take(messages)
        if self._begun and self._clock() - self._checked >= TOPIC_CHECK:
            self._check_topics()

    # -- assignment

    def _on_assign(self, _consumer: Any, partitions: Sequence[Any]) -> None:
        self._owned = {(given.topic, given.partition) for given in partitions}
        self._let_go()
        self._gaps.clear()
        self._health.joined()
        if not self._owned:
            self._health.progress(0)
        log.info("assigned", partitions=len(self._owned))

    def _on_revoke(self, _consumer: Any, partitions: Sequence[Any]) -> None:
        """Nothing is in memory between two batches, so there is nothing to save."""
        self._owned = set()
        self._let_go(self._consumer.unassign)
        metrics.SKIPPED.set({})
        metrics.LAG.clear()
        log.info("revoked", partitions=len(partitions))

    def _let_go(self, unassign: Callable[[], None] | None = None) -> None:
        """Reads nothing until `_begin`. An empty assignment stays in the group; `unassign` is for what it took away."""
        self._next = {}
        self._begun = False
        self._forecaster.forget()
        unassign() if unassign else self._consumer.assign([])
        metrics.PARTITIONS.set(len(self._owned))

    def _begin(self, stop: Stop) -> None:
        stored = self._store.offsets(self._owned)
        available = self._cluster.available(self._owned)
        starts = {key: decide_start(stored.get(key), available[key]) for key in self._owned}
        if any(start.reason is Reason.TRUNCATED for start in starts.values()) and not stop.wait(CONFIRM):
            available = self._cluster.available(self._owned)
            starts = {key: decide_start(stored.get(key), available[key]) for key in self._owned}
        totals = self._store.begin(
            {key: (stored.get(key), starts[key], available[key].topic_id) for key in self._owned}
        )
        metrics.SKIPPED.set(totals)
        for key, start in sorted(starts.items()):
            self._tell(key, stored.get(key), start, totals[key])
        self._ids = {topic: at.topic_id for (topic, _), at in available.items() if at.topic_id}
        self._checked = self._clock()
        self._next = {key: start.offset for key, start in starts.items()}
        self._consumer.assign(
            [TopicPartition(topic, partition, offset) for (topic, partition), offset in sorted(self._next.items())]
        )
        self._begun = True
        lag = sum(max(0, available[key].high - start.offset) for key, start in starts.items())
        self._health.progress(lag)
        log.info("reading", partitions=len(self._next), lag=lag)

    def _tell(self, key: Partition, stored: Any, start: Any, total: int) -> None:
        if start.reason is Reason.STORED or (start.reason is Reason.NEW and start.offset == 0):
            return
        fields = {
            "topic": key[0],
            "partition": key[1],
            "reason": start.reason.value,
            "stored": stored.next_offset if stored else None,
            "begins": start.offset,
            "skipped": start.skipped,
            "skipped_total": total,
        }
        if start.lost_sight:
            fields["note"] = "what the topic held before beyond the stored offset is unknown"
        log.warning("begins elsewhere", **fields)

    # -- messages

    def _take(self, messages: Sequence[Any]) -> None:
        started = time.perf_counter()
        entries: list[Entry] = []
        bad: list[tuple[Partition, int, str]] = []
        after: dict[Partition, int] = {}
        gone: dict[Partition, str] = {}
        for raw in messages:
            key = (raw.topic(), raw.partition())
            if raw.error() is not None:
                if raw.error().code() in OUT_OF_RANGE and key in self._next:
                    gone[key] = "the offset is not in the topic"
                continue
            expected = after.get(key, self._next.get(key))
            # not ours any more, or read before the last beginning
            if expected is None or raw.offset() < expected or key in gone:
                continue
            if raw.offset() > expected and not self._empty_gap(key, expected, raw.offset()):
                gone[key] = f"offset {raw.offset()} follows {expected - 1}"
                continue
            after[key] = raw.offset() + 1
            try:
                message = parse(key[0], raw.value())
            except BadMessage as error:
                bad.append((key, raw.offset(), str(error)))
            else:
                entries.append(Entry(key, raw.offset(), rows_of(self._prepared(message), self._forecaster)))
        if after:
            self._write(entries, bad, after, started)
        else:
            self._health.behind(self._lag())
        if gone:
            raise Again(
                "offset", "; ".join(f"{topic}/{partition}: {why}" for (topic, partition), why in sorted(gone.items()))
            )

    def _empty_gap(self, key: Partition, expected: int, offset: int) -> bool:
        """True the second time: offsets that stay away when they are read again do not exist."""
        gap = (key, expected, offset)
        if gap in self._gaps:
            return True
        self._gaps.add(gap)
        return False

    def _prepared(self, message: Message) -> Message:
        """After making sure that the forecaster knows the symbol's past."""
        if message.topic == TICKER and not self._forecaster.knows(message.symbol):
            self._forecaster.begin(message.symbol, self._store.recent_prices(message.symbol, message.time))
        return message

    def _write(
        self, entries: list[Entry], bad: list[tuple[Partition, int, str]], after: dict[Partition, int], started: float
    ) -> None:
        before = {key: self._next[key] for key in after}
        outcome = self._store.write(entries, before, after)
        self._next.update(after)
        bad.extend((entry.partition, entry.offset, why) for entry, why in outcome.refused)
        self._count(entries, bad, outcome)
        metrics.BATCH.observe(time.perf_counter() - started)
        metrics.LAST_WRITE.set_to_current_time()
        self._health.progress(self._lag())
        self._publish(after)

    def _count(self, entries: list[Entry], bad: list[tuple[Partition, int, str]], outcome: Any) -> None:
        refused = {(entry.partition, entry.offset) for entry, _ in outcome.refused}
        for entry in entries:
            if (entry.partition, entry.offset) not in refused:
                metrics.CONSUMED.labels(entry.partition[0]).inc()
        for (topic, _), _, _ in bad:
            metrics.CONSUMED.labels(topic).inc()
            metrics.BAD.labels(topic).inc()
        for (topic, partition), offset, why in bad[:LOGGED]:
            log.warning("bad message", topic=topic, partition=partition, offset=offset, why=why)
        if len(bad) > LOGGED:
            log.warning("more bad messages", count=len(bad) - LOGGED)
        for table, count in outcome.written.items():
            metrics.WRITTEN.labels(table).inc(count)
        for table, count in outcome.duplicates.items():
            metrics.DUPLICATES.labels(table).inc(count)

    def _publish(self, after: dict[Partition, int]) -> None:
        """Tells Kafka too, so that lag is seen from outside. Nothing depends on it."""
        offsets = [TopicPartition(topic, partition, offset) for (topic, partition), offset in after.items()]
        try:
            self._consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:
            log.debug("offsets not published", detail=str(error))

    def _lag(self) -> int:
        """Of all partitions, by what the last answers of the brokers said."""
        total = 0
        for (topic, partition), offset in self._next.items():
            try:
                _, high = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), cached=True)
            except KafkaException:
                continue
            lag = max(0, high - offset)
            metrics.LAG.labels(topic, partition).set(lag)
            total += lag
        return total

    # -- trouble

    def _check_topics(self) -> None:
        self._checked = self._clock()
        now = self._cluster.topic_ids(self._ids)
        other = sorted(topic for topic, identity in now.items() if identity != self._ids[topic])
        if other:
            raise Again("topic", f"recreated: {', '.join(other)}")

    def _interrupt(self, cause: str, detail: str, **fields: Any) -> None:
        metrics.INTERRUPTIONS.labels(cause).inc()
        log.warning("begins again", cause=cause, detail=detail, **fields)
        self._health.trouble(f"{cause}: {detail}")
        self._let_go()

    def _rest(self, stop: Stop, seconds: float) -> None:
        """A pause that keeps the place in the group."""
        end = self._clock() + seconds
        while not stop.is_set() and self._clock() < end:
            self._consumer.poll(min(0.5, max(0.0, end - self._clock())))
            self._health.turn()
