"""Reads the last messages of each partition."""

import time
from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from market.core.kafka import Setting
from market.core.lifecycle import Stop

#: Messages per partition. Every symbol that is being produced is among them.
DEPTH = 2_000
#: Producer settings that a consumer does not have.
_SHARED = ("bootstrap.servers", "client.id", "client.rack", "security.protocol", "socket.", "ssl.", "sasl.", "broker.")


def tail(
    settings: dict[str, Setting], topics: tuple[str, ...], stop: Stop, seconds: float = 60.0
) -> Iterator[tuple[str, bytes | None]]:
    """(topic, value) of the last DEPTH messages of each partition; KafkaException when it cannot be read in time."""
    shared = {name: value for name, value in settings.items() if name.startswith(_SHARED)}
    consumer = Consumer(
        {
            **shared,
            # Required by the client; nothing is committed and no group is joined.
            "group.id": "market-feed-tail",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
    )
    try:
        positions = [at for topic in topics for at in _ends(consumer, topic)]
        waiting = {(at.topic, at.partition) for at in positions}
        if positions:
            consumer.assign(positions)
        deadline = time.monotonic() + seconds
        while waiting and not stop.is_set():
            if time.monotonic() > deadline:
                raise KafkaException(
                    KafkaError(KafkaError._TIMED_OUT, "the ends of the topics could not be read in time")
                )
            for message in consumer.consume(500, timeout=0.5):
                error = message.error()
                if error is None:
                    yield message.topic(), message.value()
                elif error.code() == KafkaError._PARTITION_EOF:
                    waiting.discard((message.topic(), message.partition()))
                elif not error.retriable() and error.code() not in _PASSING:
                    raise KafkaException(error)
    finally:
        consumer.close()


_PASSING = (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE, KafkaError._TIMED_OUT)


def _ends(consumer: Consumer, topic: str) -> list[TopicPartition]:
    metadata = consumer.list_topics(topic, timeout=10).topics[topic]
    if metadata.error is not None:
        raise KafkaException(metadata.error)
    positions = []
    for partition in metadata.partitions:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        if high > low:
            positions.append(TopicPartition(topic, partition, max(low, high - DEPTH)))
    return positions
