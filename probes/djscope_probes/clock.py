"""Unix time as this process reckons it: read once, then carried on by the monotonic clock.

A host's clock may be set while something is between its recording and its sending; a viewer only
compares a process's times with one another and puts Redis's clock below them.
"""

from __future__ import annotations

import time

now_ns = time.perf_counter_ns
_BASE = time.time() - now_ns() / 1e9


def unix(at_ns: int | None = None) -> float:
    """Seconds since 1970, to the millisecond, of a reading of `now_ns`; of now without one."""
    return round(_BASE + (now_ns() if at_ns is None else at_ns) / 1e9, 3)
