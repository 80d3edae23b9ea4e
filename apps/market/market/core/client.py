"""Kafka clients; apart from their settings, which can be read without librdkafka."""

from collections.abc import Mapping
from typing import TypeVar

from confluent_kafka import KafkaException

from market.core.environment import ConfigurationError, Problem, stop_for
from market.core.kafka import Reporter, Setting
from market.core.logs import client_logger

Client = TypeVar("Client")


def open_client(process: str, kind: type[Client], settings: Mapping[str, Setting], reporter: Reporter) -> Client:
    """A Producer or Consumer. The process ends when librdkafka refuses a setting."""
    try:
        return kind({**settings, "error_cb": reporter}, logger=client_logger())
    except KafkaException as error:
        rule = f"is refused by the client: {error.args[0].str()}"
        stop_for(process, ConfigurationError([Problem("KAFKA_CLIENT_CONFIG", rule, "Correct the file")]))
