"""Stopping and waiting: signals become an event, failures are tried again after a growing, random pause."""

import random
import signal
import threading


class Stop:
    """Set by SIGTERM and SIGINT; everything that waits, waits on it."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.signal: str | None = None

    def listen(self) -> "Stop":
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._receive)
        return self

    def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """True when it is time to stop."""
        return self._event.wait(seconds)

    def _receive(self, number: int, _frame: object) -> None:
        self.signal = signal.Signals(number).name
        self._event.set()


class Backoff:
    """Pauses between attempts, in seconds: doubled each time up to `most`, half of each is random."""

    def __init__(self, first: float = 0.5, most: float = 15.0, generator: random.Random | None = None) -> None:
        self._first = first
        self._most = most
        self._random = generator or random.Random()
        self._attempts = 0

    @property
    def attempts(self) -> int:
        return self._attempts

    def next(self) -> float:
        whole = min(self._most, self._first * 2.0 ** min(self._attempts, 16))
        self._attempts += 1
        return whole / 2 + self._random.uniform(0, whole / 2)

    def reset(self) -> None:
        self._attempts = 0
