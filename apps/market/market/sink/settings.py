"""Settings of the sink."""

from dataclasses import dataclass

from market.core import database, logs
from market.core.database import Database
from market.core.environment import Environment
from market.core.kafka import ClientRules, Setting, client_settings

_OFFSETS = "the offsets in the database decide, written with the rows"
RULES = ClientRules(
    defaults={
        "group.id": "market-sink",
        "client.id": "market-sink",
        "session.timeout.ms": 10_000,
        "fetch.wait.max.ms": 200,
        # What waits in memory, and one answer of a broker: a long backlog, unpacked, has to fit beside the rest.
        "queued.max.messages.kbytes": 8_192,
        "fetch.max.bytes": 4_194_304,
        "max.partition.fetch.bytes": 262_144,
        "log.connection.close": False,
        "reconnect.backoff.max.ms": 5_000,
        "allow.auto.create.topics": False,
    },
    fixed={
        "enable.auto.commit": (False, _OFFSETS),
        "enable.auto.offset.store": (False, _OFFSETS),
        "auto.offset.reset": ("error", "what is skipped has to be counted"),
    },
    refused={
        "group.protocol": "is not for this consumer: it wants whole assignments",
        "partition.assignment.strategy": "is not for this consumer: it wants whole assignments",
        "enable.partition.eof": "is not for this consumer",
    },
)


@dataclass(frozen=True)
class SinkSettings:
    kafka: dict[str, Setting]
    database: Database
    metrics_port: int
    log_level: str
    #: Most messages of one transaction.
    batch_messages: int
    #: Seconds after which a smaller batch is written too.
    batch_seconds: float
    #: Seconds without progress, while messages wait, until the sink calls itself unhealthy.
    stall_seconds: float


def read(environment: Environment) -> SinkSettings:
    return SinkSettings(
        kafka=client_settings(environment, RULES),
        database=database.read(environment),
        metrics_port=environment.integer("METRICS_PORT", 9401, 1, 65_535),
        log_level=environment.choice("LOG_LEVEL", "info", logs.LEVELS),
        batch_messages=environment.integer("SINK_BATCH_MESSAGES", 500, 1, 10_000),
        batch_seconds=environment.number("SINK_BATCH_SECONDS", 1.0, 0.05, 30),
        stall_seconds=environment.number("SINK_STALL_SECONDS", 60.0, 10, 3_600),
    )
