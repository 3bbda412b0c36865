"""How much of a core djscope takes in this process, and what it does about too much."""

from __future__ import annotations

# Of one core, as a mean over a window: the probe's thread, and what hooks take in the host's.
LIMIT = 0.10
WINDOW_NS = 5_000_000_000
SAMPLED = 10


class Governor:
    """One per arm. Steps down, never up again: first to a sample of units, then to off."""

    def __init__(self, now_ns: int, cost_ns: int) -> None:
        self._since_ns, self._cost_ns = now_ns, cost_ns
        self.one_in = 1
        self.off = False
        self.why = ""

    def judge(self, now_ns: int, cost_ns: int) -> None:
        """Call often; decides once per window. `cost_ns`: in all, so far."""
        passed = now_ns - self._since_ns
        if passed < WINDOW_NS:
            return
        share = (cost_ns - self._cost_ns) / passed
        self._since_ns, self._cost_ns = now_ns, cost_ns
        if share <= LIMIT:
            return
        took = f"djscope took {share:.0%} of a core (limit {LIMIT:.0%})"
        if self.one_in == 1:
            self.one_in, self.why = SAMPLED, f"{took}: records one unit in {SAMPLED}"
        else:
            self.off, self.why = True, f"{took} recording one unit in {SAMPLED}: off"
