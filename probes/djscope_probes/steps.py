"""What an event loop is at: a step of one task, or one callback that belongs to none.

A loop that is late may be at one long step or at many short ones: looked at several times, a long
one is still the same.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Iterable, Iterator
from types import CodeType, FrameType
from typing import Any

from djscope_probes import landmarks
from djscope_probes.adoption.coroutines import context_of
from djscope_probes.coroutines import loops_run_by, outwards
from djscope_probes.landmarks import code_of
from djscope_probes.stacks import stack_from
from djscope_probes.units import CURRENT, Unit
from djscope_probes.wire import StackFrame

_RUN_ONCE = code_of(asyncio.BaseEventLoop, "_run_once")
_RUN_HANDLE = code_of(asyncio.Handle, "_run")

Task = Any
Loop = Any
Mark = object


def task_at_work(loop: Loop) -> Task | None:
    """The task whose step the loop runs, from any thread (a look-up by loop, 3.10 to 3.14)."""
    return asyncio.current_task(loop)


def mark_of(task: Task, top: FrameType | None, cpu_ns: int) -> Mark | None:
    """What tells this step from others, without keeping anything; None: it is at no step.

    A task can make two steps at most before a beat that is due. Of a callback: asyncio's count of
    those it has run (a local of `_run_once`), elsewhere (uvloop) where exactly it stands, without
    having had any CPU since: it waits.
    """
    if task is not None:
        return weakref.ref(task)
    inside = list(callback_frames(top))
    if not inside:
        return None
    for frame in outwards(inside[-1].f_back):
        if frame.f_code is _RUN_ONCE:
            return ("callback", frame.f_locals.get("i"))
    return (cpu_ns, *((id(frame.f_code), frame.f_lasti) for frame in inside))


def is_same(mark: Mark, task: Task, other: Mark | None) -> bool:
    """Whether the step `mark` stands for is the one at work now."""
    if isinstance(mark, weakref.ref):
        return task is not None and mark() is task
    return mark == other


def callback_frames(top: FrameType | None) -> Iterator[FrameType]:
    """The frames of a callback: within those that run the loop; none where they are not met."""
    found: list[FrameType] = []
    for frame in outwards(top):
        if frame.f_code is _RUN_HANDLE or any(loops_run_by(frame)):
            yield from found
            return
        found.append(frame)


def stack_of_step(task: Task, top: FrameType | None) -> list[StackFrame]:
    """From where it stands outwards to the task's own coroutine, or to who runs callbacks; of a
    request, to where the server hands it over.
    """
    until = set(landmarks.boundaries())
    until |= {id(code) for code in (_RUN_ONCE, _RUN_HANDLE) if code is not None}
    beyond = _around(task, top)
    if beyond is not None:
        until.add(id(beyond))
    return stack_from(top, frozenset(until))


def _around(task: Task, top: FrameType | None) -> CodeType | None:
    """The code just outside the step: of an application's own function, it may be."""
    root = None
    if task is not None:
        coroutine = task.get_coro()
        root = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
    else:
        root = next(iter(list(callback_frames(top))[::-1]), None)
    outer = root.f_back if root is not None else None
    return outer.f_code if outer is not None else None


def unit_of(task: Task, running: Iterable[Unit]) -> Unit | None:
    """What the task works for: by its context (3.12 on), else by the task that a request noted."""
    if task is None:
        return None
    context = context_of(task)
    unit: Unit | None = context.get(CURRENT) if context is not None else None
    if unit is not None and unit.open:
        return unit
    noted = ((each, each.asyncio_task) for each in running)
    return next((unit for unit, ref in noted if ref is not None and ref() is task), None)
