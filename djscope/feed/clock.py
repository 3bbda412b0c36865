"""Redis's time as a viewer reckons it: nobody sets it, neither here nor there."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from djscope.feed.delivery import Delivery

# Goes on while the machine sleeps: macOS's monotonic clock does, Linux has one of its own for it.
STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
# Less is explained by a slow answer; one that took longer says nothing: this process stood still.
STEP_S = 2.0


def steady() -> float:
    """Seconds, counted from anywhere."""
    return time.clock_gettime(STEADY)


class Clock:
    """What Redis said first, carried on by this machine. `step`: Redis's clock was set by so much
    since. It is asked every few seconds.
    """

    def __init__(self) -> None:
        self._offset: float | None = None
        self.step = 0.0

    def now(self) -> float:
        """Redis seconds, as if nobody had set its clock."""
        return steady() + (self._offset or 0.0)

    def redis(self) -> float:
        """What Redis itself says now."""
        return self.now() + self.step

    def ask(self, redis_now: Callable[[], float]) -> float:
        """Ask Redis what time it is; returns the seconds that it took."""
        began = steady()
        said = redis_now()
        took = steady() - began
        if self._offset is None:
            self._offset = said - steady()
        elif took < STEP_S and abs(said - self.redis()) > STEP_S:
            self.step = said - self.now()
        return took

    def ours(self, at: float) -> float:
        """A time of Redis's. Ids of a stream are never smaller than those before: where the clock
        was set back, what comes now has a time to come.
        """
        return min(at - self.step, self.now())

    def received(self, delivery: Delivery) -> Delivery:
        """The same, with our times."""
        at = self.ours(delivery.at)
        return replace(delivery, at=at, skew=delivery.skew + at - delivery.at)
