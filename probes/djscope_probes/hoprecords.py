"""Hops as the wire carries them. Runs in the probe's thread, never in the host's."""

from __future__ import annotations

from types import FrameType
from typing import Any

from djscope_probes import landmarks, wire
from djscope_probes.clock import now_ns
from djscope_probes.coroutines import outwards
from djscope_probes.definitions import Definitions
from djscope_probes.frames import current_frames
from djscope_probes.hops import OUTER, OWN, SHARED, Flight, HopGroup
from djscope_probes.stacks import stack_from
from djscope_probes.units import RequestUnit

# What waits that long is asked what it waits for.
HELD_NS = 1_000_000_000


def hops_of(unit: RequestUnit, defs: Definitions) -> list[wire.Hop]:
    """All groups of a unit so far; of one that goes on also what waits still."""
    if unit.hops is None:
        return []
    return [on_wire(group, unit, defs) for group in list(unit.hops.groups.values())]


def on_wire(group: HopGroup, unit: RequestUnit, defs: Definitions) -> wire.Hop:
    """One group, its times in microseconds, its texts as ids."""
    waiting = group.waiting if unit.open else None
    pending = now_ns() - waiting.submitted if waiting is not None else 0
    held_id, circular = "", False
    if waiting is not None and pending >= HELD_NS:
        held_id, circular = held(waiting, group.executor, defs)
    return wire.Hop(
        kind=group.kind,
        site_id=defs.stack(group.caller.stack) if group.caller is not None else "",
        target_id=defs.name(group.target.name),
        executor=group.executor,
        n=group.n,
        wait_us=group.wait // 1000,
        wait_max_us=group.wait_max // 1000,
        run_us=group.run // 1000,
        resume_us=group.resume // 1000,
        pending_us=pending // 1000,
        held_id=held_id,
        circular=circular,
    )


def held(flight: Flight, executor: str, defs: Definitions) -> tuple[str, bool]:
    """Where the thread stands that a hop waits for, and whether it waits for the hop itself.

    It does if it runs the loop that the hop was made in. And if it is the one thread of an
    executor and stands in `async_to_sync`: that thread takes nothing else until its coroutine is
    done.
    """
    thread = flight.awaited if executor == OUTER else worker_of(flight, executor)
    frame = current_frames().get(thread)
    if frame is None:
        return "", False
    circular = thread == flight.thread or (executor != OUTER and parked(frame))
    return defs.stack(stack_from(frame)), circular


def parked(frame: FrameType) -> bool:
    """Whether a thread waits in `CurrentThreadExecutor.run_until_future` for a coroutine."""
    known, inside = landmarks.executors(), landmarks.tops()
    for each in outwards(frame):
        if id(each.f_code) in known:
            return True
        if id(each.f_code) in inside:  # it runs something else by now
            return False
    return False


def worker_of(flight: Flight, executor: str) -> int:
    """The one thread of an executor; 0 where there are several, or none is known."""
    sync = landmarks.loaded("asgiref.sync")
    if sync is None or executor == OWN:
        return 0
    pool: Any = sync.SyncToAsync.single_thread_executor
    if executor != SHARED:
        pools = list(sync.SyncToAsync.context_to_thread_executor.items())
        pool = next((each for key, each in pools if id(key) == flight.awaited), None)
    threads = list(getattr(pool, "_threads", ()))
    return threads[0].ident or 0 if len(threads) == 1 else 0
