"""Events per second over the last minute, for rates and sparklines."""

from __future__ import annotations

SECONDS = 60


class Rate:
    """A ring of one-second buckets; time is whatever the caller says it is."""

    __slots__ = ("counts", "second")

    def __init__(self) -> None:
        self.counts = [0] * SECONDS
        self.second = 0

    def add(self, at: float, n: int = 1) -> None:
        """Count `n` events at time `at` (seconds)."""
        self._turn(int(at))
        if self.second - int(at) < SECONDS:
            self.counts[int(at) % SECONDS] += n

    def per_second(self, now: float, window: int = 10) -> float:
        """Mean over the last `window` whole seconds."""
        return sum(self.series(now)[-window:]) / window

    def series(self, now: float) -> list[int]:
        """Counts of the last minute, oldest first, without the second under way."""
        self._turn(int(now))
        return [self.counts[second % SECONDS] for second in range(int(now) - SECONDS + 1, int(now))]

    def _turn(self, second: int) -> None:
        for passed in range(max(self.second + 1, second - SECONDS + 1), second + 1):
            self.counts[passed % SECONDS] = 0
        self.second = max(self.second, second)
