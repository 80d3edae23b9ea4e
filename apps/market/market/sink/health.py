"""Whether the sink gets on with what waits for it."""

import time
from collections.abc import Callable


class Health:
    """Fails when messages wait, or where to begin is unknown, and nothing has moved for `stall` seconds."""

    def __init__(self, stall: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._stall = stall
        self._clock = clock
        self._moved = clock()
        self._turned = clock()
        self._lag = 0
        self._joined = False
        self._waiting = True
        self._trouble: str | None = None

    def turn(self) -> None:
        """The loop is alive."""
        self._turned = self._clock()

    def joined(self) -> None:
        """The group has given it its partitions, which may be none."""
        self._joined = True

    def progress(self, lag: int) -> None:
        """Something was written, or nothing waits."""
        self._moved = self._clock()
        self._waiting = False
        self._trouble = None
        self._lag = lag

    def behind(self, lag: int) -> None:
        """Looked, without anything being written."""
        if lag == 0:
            self.progress(0)
        self._lag = lag

    def trouble(self, what: str) -> None:
        self._waiting = True
        self._trouble = what

    def check(self) -> tuple[bool, dict[str, object]]:
        now = self._clock()
        idle = now - self._moved
        stalled = (self._waiting or self._lag > 0) and idle > self._stall
        dead = now - self._turned > self._stall + 60
        body: dict[str, object] = {
            "lag": self._lag,
            "seconds_since_progress": round(idle, 1),
            "seconds_since_turn": round(now - self._turned, 1),
            "state": "joining" if not self._joined else "waiting" if self._waiting else "running",
        }
        if self._trouble:
            body["trouble"] = self._trouble
        return self._joined and not stalled and not dead, body
