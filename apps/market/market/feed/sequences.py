"""Sequence numbers per topic and symbol that go on after a restart.

They are read from the topics themselves: the last messages of each partition say how far each symbol was. A symbol
that is not among them (a new one, an empty or a recreated topic) begins at the present time in milliseconds, which is
above every number that it can have had, as long as it has less than a thousand messages a second. Within one life of a
topic the numbers of a symbol have no gap, but for messages that could not be delivered; so gaps elsewhere are losses.
"""

import json
from collections.abc import Callable, Iterable


class Sequences:
    """Next numbers. A number counts as used only when `advance` says so: what never entered the queue leaves no gap."""

    def __init__(self, last: dict[tuple[str, str], int], milliseconds: Callable[[], int]) -> None:
        self._next = {key: number + 1 for key, number in last.items()}
        self._milliseconds = milliseconds

    def peek(self, topic: str, symbol: str) -> int:
        key = (topic, symbol)
        if key not in self._next:
            self._next[key] = self._milliseconds()
        return self._next[key]

    def advance(self, topic: str, symbol: str) -> None:
        self._next[(topic, symbol)] = self.peek(topic, symbol) + 1


def last_sequences(messages: Iterable[tuple[str, bytes | None]]) -> dict[tuple[str, str], int]:
    """The highest number per topic and symbol among (topic, value). What is no message of a feed is passed over."""
    found: dict[tuple[str, str], int] = {}
    for topic, value in messages:
        try:
            content = json.loads(value or b"")
            symbol, sequence = content["symbol"], content["sequence"]
        except (ValueError, KeyError, TypeError):
            continue
        if isinstance(symbol, str) and type(sequence) is int:
            key = (topic, symbol)
            found[key] = max(sequence, found.get(key, sequence))
    return found
