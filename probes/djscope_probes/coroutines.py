"""asyncio from another thread: the loops that run, their tasks, and where each task stands.

A task's stack is the chain of coroutines it awaits; where that ends in asgiref's `sync_to_async`,
it goes on in the executor's thread. Nothing here is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import FrameType
from typing import Any

from djscope_probes.frames import Frames
from djscope_probes.stacks import stack_from
from djscope_probes.wire import StackFrame

# Functions that run a loop, in asyncio, uvicorn, gunicorn's and asgiref's code (uvloop has none).
_RUNNERS = frozenset({"run_forever", "run_until_complete", "_run_once", "run", "asyncio_run"})
# `asyncio.all_tasks` iterates over a weak set that the loop's thread changes meanwhile.
_TRIES = 5

Task = Any
Loop = Any


def running_loops(frames: Frames) -> list[Loop]:
    """The event loops that threads are in, by the locals of the functions that run them."""
    return [loop for loop, _ in loops_in_threads(frames)]


def loops_in_threads(frames: Frames) -> list[tuple[Loop, int]]:
    """Those loops, each with the thread it was found in."""
    found: dict[int, tuple[Loop, int]] = {}
    for thread, top in frames.items():
        for frame in outwards(top):
            for loop in loops_run_by(frame):
                found[id(loop)] = (loop, thread)
    return [(loop, thread) for loop, thread in found.values() if not loop.is_closed()]


def loops_run_by(frame: FrameType) -> Iterator[Loop]:
    """Event loops, if the frame is one of a function that runs them."""
    if frame.f_code.co_name not in _RUNNERS:
        return
    for name in ("self", "loop"):
        value = frame.f_locals.get(name)
        if not _is_loop(value):
            # An asyncio.Runner has it as an attribute. A loop itself is not asked for its
            # `__dict__`: with one, each iteration takes 0.4 µs more (CPython 3.11).
            value = getattr(value, "__dict__", {}).get("_loop")
        if _is_loop(value):
            yield value


def _is_loop(value: object) -> bool:
    return any(base is asyncio.AbstractEventLoop for base in type(value).__mro__)


def tasks_of(loop: Loop) -> list[Task]:
    """The tasks of a loop that runs in another thread; none when it changes too fast."""
    for _ in range(_TRIES):
        try:
            return list(asyncio.all_tasks(loop))
        except RuntimeError:
            continue
    return []


def chain(task: Task) -> list[FrameType]:
    """The frames of the coroutines that a task awaits, outermost first."""
    found = []
    waits = task.get_coro()
    while waits is not None:
        frame = getattr(waits, "cr_frame", None) or getattr(waits, "gi_frame", None)
        if frame is not None:
            found.append(frame)
        waits = getattr(waits, "cr_await", None) or getattr(waits, "gi_yieldfrom", None)
    return found


def executor_thread(coroutines: list[FrameType], frames: Frames) -> tuple[int, FrameType] | None:
    """The thread in which the function runs that the innermost `sync_to_async` waits for.

    Known by the partial that both hold: `child` in `SyncToAsync.__call__`, the first of `args` in
    `thread_handler` (asgiref 3.6 to 3.12).
    """
    for frame in reversed(coroutines):
        if frame.f_code.co_name != "__call__" or "child" not in frame.f_code.co_varnames:
            continue
        child = frame.f_locals.get("child")
        for thread, top in frames.items():
            for outer in outwards(top):
                if outer.f_code.co_name == "thread_handler" and _runs(outer, child):
                    return thread, outer
    return None


def _runs(handler: FrameType, child: object) -> bool:
    args = handler.f_locals.get("args")
    return child is not None and type(args) is tuple and bool(args) and args[0] is child


def stack_of_task(task: Task, frames: Frames) -> list[StackFrame]:
    """Where a task stands, innermost first, with what it waits for in an executor's thread."""
    if task is None:
        return []
    coroutines = chain(task)
    awaiting = [line for frame in reversed(coroutines) for line in stack_from(frame)[:1]]
    thread = executor_thread(coroutines, frames)
    if thread is None:
        return awaiting
    ident, handler = thread
    return [*stack_from(frames[ident], frozenset({id(handler.f_code)})), *awaiting]


def outwards(frame: FrameType | None) -> Iterator[FrameType]:
    """`frame` and its callers."""
    while frame is not None:
        yield frame
        frame = frame.f_back
