"""From the bytes of a message to its fields, or the reason why not."""

import json
import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, NoReturn

from market.core import topics

#: Times outside of these are somebody's mistake, and each would make a chunk of its own.
EARLIEST = datetime(2009, 1, 1, tzinfo=timezone.utc)
AHEAD = timedelta(days=1)
LONGEST_TEXT = 4_000
_SYMBOL = re.compile(topics.SYMBOL)


class BadMessage(Exception):
    """The message can never be written; the text says why, without its content."""


@dataclass(frozen=True)
class Message:
    topic: str
    time: datetime
    symbol: str
    sequence: int
    #: The fields of the topic, in the order of `topics.NUMBERS` and `topics.TEXTS`.
    numbers: tuple[float, ...]
    texts: tuple[str, ...]


def parse(topic: str, value: bytes | None, now: datetime | None = None) -> Message:
    if value is None:
        raise BadMessage("has no value")
    try:
        content = json.loads(value, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadMessage("is no JSON") from error
    if not isinstance(content, dict):
        raise BadMessage("is no JSON object")
    return Message(
        topic=topic,
        time=_time(content, now or datetime.now(timezone.utc)),
        symbol=_symbol(content),
        sequence=_sequence(content),
        numbers=tuple(_number(content, name) for name in topics.NUMBERS[topic]),
        texts=tuple(_text(content, name) for name in topics.TEXTS[topic]),
    )


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _field(content: dict[str, Any], name: str) -> Any:
    if name not in content:
        raise BadMessage(f"lacks {name}")
    return content[name]


def _time(content: dict[str, Any], now: datetime) -> datetime:
    value = _field(content, "time")
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise BadMessage("time is not ISO 8601") from error
    if time.tzinfo is None:
        raise BadMessage("time has no zone")
    if not EARLIEST <= time <= now + AHEAD:
        raise BadMessage("time is before 2009 or more than a day ahead")
    return time


def _symbol(content: dict[str, Any]) -> str:
    value = _field(content, "symbol")
    if not isinstance(value, str) or not _SYMBOL.fullmatch(value):
        raise BadMessage(f"symbol does not match {topics.SYMBOL}")
    return value


def _sequence(content: dict[str, Any]) -> int:
    value = _field(content, "sequence")
    # bool is an int
    if type(value) is not int or not 0 <= value < 2**63:
        raise BadMessage("sequence is no whole number from 0 to 2^63-1")
    return value


def _number(content: dict[str, Any], name: str) -> float:
    value = _field(content, name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadMessage(f"{name} is no number")
    try:
        number = float(value)
    except OverflowError as error:
        raise BadMessage(f"{name} is too large") from error
    if not math.isfinite(number) or number < 0:
        raise BadMessage(f"{name} is below 0 or not finite")
    return number


def _text(content: dict[str, Any], name: str) -> str:
    value = _field(content, name)
    if not isinstance(value, str) or not value or len(value) > LONGEST_TEXT:
        raise BadMessage(f"{name} is no text of 1 to {LONGEST_TEXT} characters")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise BadMessage(f"{name} has characters that no database takes")
    return value
