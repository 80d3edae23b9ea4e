"""How many messages of each topic are due."""


class Pace:
    """Spreads `rates` (per second and topic) over time; makes up for `burst` seconds without a call at most."""

    def __init__(self, rates: dict[str, float], burst: float = 1.0) -> None:
        self._rates = {topic: rate for topic, rate in rates.items() if rate > 0}
        self._burst = burst
        self._owed = dict.fromkeys(self._rates, 0.0)
        self._last: float | None = None

    def due(self, now: float) -> dict[str, int]:
        """Whole messages per topic since the last call; `now` in seconds of a clock that never goes back."""
        elapsed = 0.0 if self._last is None else max(0.0, now - self._last)
        self._last = now
        result: dict[str, int] = {}
        for topic, rate in self._rates.items():
            # one message may always be owed, however small the rate is
            self._owed[topic] = min(self._owed[topic] + rate * elapsed, max(rate * self._burst, 1.0))
            result[topic] = int(self._owed[topic])
            self._owed[topic] -= result[topic]
        return result
