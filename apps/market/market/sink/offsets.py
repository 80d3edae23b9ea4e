"""Where a partition is read from, and how many messages are lost by that."""

from dataclasses import dataclass
from enum import Enum

#: Topic and partition.
Partition = tuple[str, int]


class Reason(Enum):
    STORED = "stored"
    NEW = "no stored offset"
    TRIMMED = "the topic begins after the stored offset"
    TRUNCATED = "the topic ends before the stored offset"
    RECREATED = "the topic was recreated"


@dataclass(frozen=True)
class Stored:
    """A row of sink_offsets."""

    next_offset: int
    skipped: int = 0
    #: None: written by a broker that has no ids.
    topic_id: str | None = None


@dataclass(frozen=True)
class Available:
    """What the broker has of a partition: offsets from `low` up to, not with, `high`."""

    low: int
    high: int
    topic_id: str | None = None


@dataclass(frozen=True)
class Start:
    offset: int
    #: Messages that were never written and cannot be read any more; exact for the topic as it is now.
    skipped: int
    reason: Reason

    @property
    def lost_sight(self) -> bool:
        """What an earlier life of the topic still held beyond the stored offset, nobody can tell."""
        return self.reason in (Reason.TRUNCATED, Reason.RECREATED)


def decide_start(stored: Stored | None, available: Available) -> Start:
    """Never later than the earliest message that may be unwritten: rows have keys, so reading twice costs time only."""
    low = available.low
    if stored is None:
        return Start(low, low, Reason.NEW)
    if stored.topic_id and available.topic_id and stored.topic_id != available.topic_id:
        return Start(low, low, Reason.RECREATED)
    if stored.next_offset > available.high:
        return Start(low, low, Reason.TRUNCATED)
    if stored.next_offset < low:
        return Start(low, low - stored.next_offset, Reason.TRIMMED)
    return Start(stored.next_offset, 0, Reason.STORED)
