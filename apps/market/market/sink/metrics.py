"""What the sink says about itself."""

from collections.abc import Iterable

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from market.core.topics import TOPICS
from market.sink.offsets import Partition
from market.sink.rows import TABLES

CONSUMED = Counter("market_sink_consumed_messages", "Messages whose offset was passed, bad ones included.", ["topic"])
BAD = Counter(
    "market_sink_bad_messages", "Messages that cannot be written, passed over and logged with their offset.", ["topic"]
)
WRITTEN = Counter("market_sink_written_rows", "Rows written and committed.", ["table"])
DUPLICATES = Counter(
    "market_sink_duplicate_rows", "Rows that were there already, as after reading a topic again.", ["table"]
)
BATCH = Histogram(
    "market_sink_batch_seconds",
    "From the messages in memory to the database's commit.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
INTERRUPTIONS = Counter(
    "market_sink_interruptions", "Times that it had to begin again from the database's offsets.", ["cause"]
)
LAG = Gauge(
    "market_sink_lag_messages", "Messages of a partition of this sink that are not written yet.", ["topic", "partition"]
)
LAST_WRITE = Gauge("market_sink_last_write_timestamp_seconds", "When it last committed a batch; 0 until it has.")
HEALTHY = Gauge("market_sink_healthy", "1, or 0 when messages wait and nothing moves, as /healthz says.")
PARTITIONS = Gauge("market_sink_assigned_partitions", "Partitions that are this sink's.")

CAUSES = ("database", "kafka", "moved", "offset", "topic")


class Skipped(Collector):
    """
    The totals of sink_offsets. As they outlive the process, a skip at its very start is an increase for Prometheus too,
    which a counter that begins at the skip itself would hide.
    """

    def __init__(self) -> None:
        self._totals: dict[Partition, int] = {}

    def set(self, totals: dict[Partition, int]) -> None:
        """Those of the partitions that are this sink's."""
        self._totals = dict(totals)

    def collect(self) -> Iterable[CounterMetricFamily]:
        family = CounterMetricFamily(
            "market_sink_skipped_messages",
            "Messages that were gone from the topic before they were read, since the database was made.",
            labels=["topic", "partition"],
        )
        for (topic, partition), total in sorted(self._totals.items()):
            family.add_metric([topic, str(partition)], total)
        yield family


SKIPPED = Skipped()
REGISTRY.register(SKIPPED)

# present from the first scrape on, or the first increase is not seen
for _topic in TOPICS:
    CONSUMED.labels(_topic)
    BAD.labels(_topic)
for _table in TABLES:
    WRITTEN.labels(_table.name)
    DUPLICATES.labels(_table.name)
for _cause in CAUSES:
    INTERRUPTIONS.labels(_cause)
