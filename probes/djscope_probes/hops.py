"""Hops of one request: each passage from async code to a thread, or from a thread to a loop."""

from __future__ import annotations

from _thread import get_ident

from djscope_probes.clock import now_ns
from djscope_probes.instruments.callers import Caller
from djscope_probes.targets import Target

# More groups than this share one.
MAX_HOPS = 32
TO_THREAD, TO_LOOP = "sync_to_async", "async_to_sync"
# Whose thread a hop waits for: of the request (`ThreadSensitiveContext`), of the code around that
# waits in `async_to_sync`, the one that all share, one of a pool (`thread_sensitive=False`).
REQUEST, OUTER, SHARED, OWN = "request", "outer", "shared", "own"


class Flight:
    """One hop under way, times in nanoseconds of `now_ns`; `began` and `ended` in its thread.

    `thread`: that submitted it. `awaited`: of kind `outer` the thread that waits around it, of kind
    `request` the id of the `ThreadSensitiveContext` whose thread it waits for.
    """

    __slots__ = ("awaited", "began", "ended", "group", "submitted", "thread")

    def __init__(self, group: HopGroup, awaited: int) -> None:
        self.group = group
        self.awaited = awaited
        self.thread = get_ident()
        self.began = self.ended = 0
        self.submitted = now_ns()

    def land(self) -> None:
        """Its caller goes on: book it. One that was cancelled may never have begun."""
        now, group = now_ns(), self.group
        began = self.began or now
        ended = self.ended or now
        wait = began - self.submitted
        group.n += 1
        group.wait += wait
        if wait > group.wait_max:
            group.wait_max = wait
        group.run += ended - began
        group.resume += now - ended
        group.flying.discard(self)


class HopGroup:
    """Hops of one kind from one line to one function, by the same executor."""

    __slots__ = (
        "caller", "executor", "flying", "kind", "n", "resume", "run", "target", "wait", "wait_max",
    )  # fmt: skip

    def __init__(self, kind: str, caller: Caller | None, target: Target, executor: str) -> None:
        self.kind = kind
        self.caller = caller
        self.target = target
        self.executor = executor
        self.n = self.wait = self.wait_max = self.run = self.resume = 0
        self.flying: set[Flight] = set()

    @property
    def waiting(self) -> Flight | None:
        """The one that has been waiting longest to begin."""
        waits = [flight for flight in self.flying.copy() if not flight.began]
        return min(waits, key=lambda flight: flight.submitted, default=None)


class Hops:
    """Groups of one unit; bounded."""

    __slots__ = ("groups", "told")

    def __init__(self) -> None:
        self.groups: dict[tuple[object, ...], HopGroup] = {}
        # Hops whose cost to the host has been reckoned.
        self.told = 0

    def group(self, kind: str, caller: Caller | None, target: Target, executor: str) -> HopGroup:
        key: tuple[object, ...] = (caller, target.key, executor, kind)
        found = self.groups.get(key)
        if found is None:
            if len(self.groups) >= MAX_HOPS:
                key, caller, target = (kind, executor), None, OTHERS
                found = self.groups.get(key)
            if found is None:
                found = self.groups[key] = HopGroup(kind, caller, target, executor)
        return found


def fresh(hops: Hops | None) -> int:
    """Hops since this was last asked."""
    if hops is None:
        return 0
    n = sum(group.n for group in list(hops.groups.values()))
    new, hops.told = n - hops.told, n
    return new


OTHERS = Target("(other hops)", "(other hops)")
