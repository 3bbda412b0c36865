"""Where every thread and asyncio task of this process stands: the answer to `stacks`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from types import FrameType
from typing import Any

from djscope_probes.clock import unix
from djscope_probes.coroutines import running_loops, stack_of_task, tasks_of
from djscope_probes.definitions import Definitions
from djscope_probes.frames import Frames, current_frames
from djscope_probes.ownership import OUR_FILES
from djscope_probes.stacks import stack_from
from djscope_probes.told import told_thread
from djscope_probes.units import Unit
from djscope_probes.wire import FRAME_BYTES, StacksTaken, ThreadStack

NAME_CHARS = 60
# An answer travels in one frame, and an entry needs at most this of it.
ENTRY_BYTES = 150
MOST = (FRAME_BYTES - 1_000) // ENTRY_BYTES


def take(request: str, units: Iterable[Unit], defs: Definitions) -> StacksTaken:
    """All threads but the probe's own, then the tasks of running loops; busy with a unit first."""
    frames = current_frames()
    working = list(units)
    found = [*_threads(frames, working, defs), *_tasks(frames, working, defs)]
    found.sort(key=lambda each: not each.unit)
    return StacksTaken(request, unix(), found[:MOST], len(found[MOST:]))


def _threads(frames: Frames, units: list[Unit], defs: Definitions) -> Iterable[ThreadStack]:
    at_work = {unit.thread: unit.id for unit in units if unit.asyncio_task is None}
    named = named_threads()
    for ident, frame in frames.items():
        if is_ours(frame):
            continue
        thread = named.get(ident)
        name = told_thread(str(getattr(thread, "name", "") or "(native thread)"))[:NAME_CHARS]
        native = native_id_of(thread)
        stack = defs.stack(stack_from(frame))
        yield ThreadStack("thread", name, stack, at_work.get(ident, ""), native)


def _tasks(frames: Frames, units: list[Unit], defs: Definitions) -> Iterable[ThreadStack]:
    at_work = {id(unit.asyncio_task()): unit.id for unit in units if unit.asyncio_task is not None}
    for loop in running_loops(frames):
        for task in tasks_of(loop):
            stack = stack_of_task(task, frames)
            if stack:  # one that is done, or has not begun, stands nowhere
                name = told_thread(str(task.get_name()))[:NAME_CHARS]
                yield ThreadStack("task", name, defs.stack(stack), at_work.get(id(task), ""))


def is_ours(frame: FrameType) -> bool:
    """A thread of the probe's: its outermost frame is ours.

    Instruments have no threads. Their wrappers are outermost where a server in C calls
    `WSGIHandler.__call__`, in threads that are the application's.
    """
    while frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_filename.rpartition("/")[0] + "/" == OUR_FILES


def native_id_of(thread: Any) -> int:
    """The number that the system knows a thread by; 0 where that is unknown.

    The main thread's is the process's own on Linux; in a forked child `threading` still has the
    parent's (CPython 3.11).
    """
    if thread is None:
        return 0
    if thread is sys.modules["threading"].main_thread() and sys.platform == "linux":
        return os.getpid()
    return thread.native_id or 0


def named_threads() -> dict[int, Any]:
    """`threading`'s threads by identifier, where the host has loaded it."""
    return dict(getattr(sys.modules.get("threading"), "_active", None) or {})
