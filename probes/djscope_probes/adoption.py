"""Work that was under way when the probe armed: found in the threads' frames, and let go again.

Only numbers and names are read from frames; none is kept. Greenlets have no frames to be found.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import datetime
from types import CodeType, FrameType
from typing import Any

from djscope_probes import landmarks
from djscope_probes.instruments.requests import name_request
from djscope_probes.instruments.tasks import describe
from djscope_probes.ledger import Ledger
from djscope_probes.units import RequestUnit, TaskUnit, Unit, adopted, now_ns


class Adoption:
    """The units adopted in one arm, and the frames (by id) they stand and fall with."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        base = landmarks.handlers()
        self._request_code = landmarks.code_of(base, "get_response")
        self._task_code = landmarks.trace_task()
        self._frames: dict[int, tuple[int, int]] = {}
        self._suspects: set[int] = set()

    def adopt(self) -> None:
        """One pass over all threads. Instruments are in already: what they saw begin is theirs.

        Frames of our wrappers say nothing: they may be of an earlier arm.
        """
        ours = {unit.thread for unit in list(self._ledger.running.values())}
        for thread, top in sys._current_frames().items():
            unit, frame = self._find(top)
            if unit is None or frame is None or thread in ours:
                continue
            unit.thread, unit.adopted, unit.cpu_ns = thread, True, -1
            self._frames[thread] = (id(frame), id(frame.f_code))
            adopted[thread] = unit
            self._ledger.adopt(unit)

    def sweep(self) -> None:
        """Let go of adopted units whose frame is gone; asked twice, as one look may race."""
        frames = sys._current_frames()
        for thread, marks in list(self._frames.items()):
            unit = adopted.get(thread)
            if unit is None:
                self._forget(thread)
            elif any((id(f), id(f.f_code)) == marks for f in outwards(frames.get(thread))):
                self._suspects.discard(thread)
            elif thread in self._suspects:
                self._forget(thread)
                self._ledger.vanish(unit)
            else:
                self._suspects.add(thread)

    def _forget(self, thread: int) -> None:
        self._frames.pop(thread, None)
        self._suspects.discard(thread)

    def _find(self, top: FrameType) -> tuple[Unit | None, FrameType | None]:
        found: tuple[Unit | None, FrameType | None] = (None, None)
        for frame in outwards(top):
            code = frame.f_code
            if code is self._request_code:
                found = (request_in(frame), frame)
            elif code is self._task_code:
                found = (task_in(frame), frame)
        return found


def outwards(frame: FrameType | None) -> Iterator[FrameType]:
    """`frame` and its callers."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def request_in(frame: FrameType) -> RequestUnit:
    """The request that a frame of `BaseHandler.get_response` is about."""
    request = frame.f_locals.get("request")
    unit = RequestUnit("wsgi", str(request.__dict__.get("method") or ""))
    name_request(unit, request)
    server = _local(frame, "handle_request", "request_start")
    age = None
    if isinstance(server, datetime):  # gunicorn's sync and gthread workers note it, naively
        age = (datetime.now() - server).total_seconds()  # noqa: DTZ005
    _backdate(unit, age)
    return unit


def task_in(frame: FrameType) -> TaskUnit:
    """The run that a frame of Celery's `trace_task` is about."""
    local = frame.f_locals
    context = local.get("task_request")
    unit = TaskUnit(str(local["task"].name), str(getattr(context, "id", "") or local.get("uuid")))
    if context is not None:
        describe(unit, context)
    began = local.get("time_start")
    _backdate(unit, time.monotonic() - began if isinstance(began, float) else None)
    return unit


def _backdate(unit: Unit, age: float | None) -> None:
    if age is None or age < 0:
        unit.exact_start = False
        return
    unit.began_ns = now_ns() - int(age * 1e9)
    unit.started -= age


def _local(frame: FrameType, function: str, name: str) -> Any:
    """A local variable of the nearest caller with that function name."""
    for outer in outwards(frame):
        code: CodeType = outer.f_code
        if code.co_name == function:
            return outer.f_locals.get(name)
    return None
