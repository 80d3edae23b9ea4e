"""The Kafka side: what the brokers have of a partition."""

from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from market.core.kafka import Setting
from market.sink.offsets import Available, Partition

#: Seconds for one question.
TIMEOUT = 10.0
#: What says that an offset is not in the topic.
OUT_OF_RANGE = frozenset((KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE))

_SHARED = (
    "bootstrap.servers",
    "client.id",
    "security.protocol",
    "socket.",
    "ssl.",
    "sasl.",
    "broker.",
    "reconnect.",
    "log.",
)


class Unreachable(Exception):
    """The brokers did not answer; trying again may help."""


class Cluster:
    """Asks by the consumer's own connections where it can."""

    def __init__(self, settings: dict[str, Setting], consumer: Consumer, error_cb: Any) -> None:
        self._consumer = consumer
        shared = {name: value for name, value in settings.items() if name.startswith(_SHARED)}
        # what it would log, the consumer says too
        self._admin = AdminClient({**shared, "error_cb": error_cb, "log_level": 0})

    def available(self, partitions: Iterable[Partition]) -> dict[Partition, Available]:
        wanted = sorted(partitions)
        ids = self.topic_ids({topic for topic, _ in wanted})
        result: dict[Partition, Available] = {}
        for topic, partition in wanted:
            try:
                low, high = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=TIMEOUT)
            except KafkaException as error:
                raise Unreachable(f"offsets of {topic}/{partition}: {error.args[0].str()}") from error
            result[(topic, partition)] = Available(low, high, ids.get(topic))
        return result

    def topic_ids(self, topics: Iterable[str]) -> dict[str, str]:
        """By topic. Those that are missing now are left out, as are all of brokers that have no ids."""
        names = sorted(topics)
        if not names:
            return {}
        result: dict[str, str] = {}
        try:
            asked = self._admin.describe_topics(TopicCollection(names), request_timeout=TIMEOUT)
        except KafkaException as error:
            raise Unreachable(f"ids of topics: {error.args[0].str()}") from error
        for name, future in asked.items():
            try:
                identity = str(future.result(timeout=TIMEOUT + 2).topic_id)
            except KafkaException as error:
                if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                    continue
                raise Unreachable(f"id of {name}: {error.args[0].str()}") from error
            except TimeoutError as error:
                raise Unreachable(f"id of {name}: no answer") from error
            if identity.strip("A="):
                result[name] = identity
        return result
