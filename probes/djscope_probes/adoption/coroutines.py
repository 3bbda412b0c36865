"""Async requests under way: found in the tasks of running loops, joined with executor threads.

The unit becomes the current one of the tasks' own contexts, by a callback that the loop runs in
them: the one thread that may touch them. It ends with the task.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

from djscope_probes import landmarks
from djscope_probes.adoption.found import request_in
from djscope_probes.adoption.threads import Threads
from djscope_probes.coroutines import chain, executor_thread, running_loops, tasks_of
from djscope_probes.frames import Frames
from djscope_probes.ledger import Ledger
from djscope_probes.units import CURRENT, Unit, enter

Task = Any


class Coroutines:
    """One per arm."""

    def __init__(self, ledger: Ledger, threads: Threads) -> None:
        self._ledger = ledger
        self._threads = threads
        base = landmarks.handlers()
        self._outer_code = landmarks.code_of(base, "get_response_async")
        self._inner_code = landmarks.code_of(base, "_get_response_async")

    def adopt(self, frames: Frames) -> None:
        """Adopt each request once; below sync middleware it has a task of its own for the view."""
        if self._outer_code is None:
            return
        for loop in running_loops(frames):
            chains = [(task, chain(task)) for task in tasks_of(loop)]
            units: dict[int, Unit] = {}
            for task, coroutines in chains:
                frame = _with_code(coroutines, self._outer_code)
                if frame is not None and not has_unit(task):
                    unit = units[id(frame.f_locals.get("request"))] = request_in(frame, "asgi")
                    unit.asyncio_task = weakref.ref(task)
                    self._ledger.adopt(unit)
                    self._join(loop, task, coroutines, frames, unit, ends=True)
            for task, coroutines in chains:
                frame = _with_code(coroutines, self._inner_code)
                unit_of = units.get(id(frame.f_locals.get("request"))) if frame else None
                if unit_of is not None and _with_code(coroutines, self._outer_code) is None:
                    unit_of.asyncio_task = weakref.ref(task)
                    self._join(loop, task, coroutines, frames, unit_of, ends=False)

    def _join(
        self, loop: Any, task: Task, coroutines: list[FrameType], frames: Frames, unit: Unit,
        ends: bool,
    ) -> None:  # fmt: skip
        thread = executor_thread(coroutines, frames)
        if thread is not None:
            unit.thread = thread[0]
            self._threads.lend(thread[0], unit, thread[1])
        context = context_of(task)
        if context is not None:
            loop.call_soon_threadsafe(self._entering(task, unit, ends), context=context)

    def _entering(self, task: Task, unit: Unit, ends: bool) -> Callable[[], None]:
        def enter_unit() -> None:
            if not unit.open:
                return
            if task.done():
                self._ledger.vanish(unit)
                return
            enter(unit)
            if ends:
                task.add_done_callback(lambda _: self._ledger.vanish(unit))

        return enter_unit


def _with_code(coroutines: list[FrameType], code: object) -> FrameType | None:
    return next((frame for frame in coroutines if frame.f_code is code), None)


def has_unit(task: Task) -> bool:
    """It began while armed: its context says so."""
    context = context_of(task)
    unit = context.get(CURRENT) if context is not None else None
    return unit is not None and unit.open


def context_of(task: Task) -> Any | None:
    """A suspended task's context: from itself (3.12 on), else from what it waits for."""
    get_context = getattr(task, "get_context", None)
    if get_context is not None:
        return get_context()
    waits = getattr(task, "_fut_waiter", None)
    for entry in getattr(waits, "_callbacks", None) or ():
        if type(entry) is tuple and getattr(entry[0], "__self__", None) is task:
            return entry[1]
    return None
