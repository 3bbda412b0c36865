"""Work under way in threads: it stands and falls with one frame, known by its id."""

from __future__ import annotations

from types import FrameType

from djscope_probes import landmarks
from djscope_probes.adoption.found import command_in, request_in, task_in
from djscope_probes.coroutines import outwards
from djscope_probes.frames import Frames
from djscope_probes.instruments.requests import NO_ROUTE, name_request
from djscope_probes.ledger import Ledger
from djscope_probes.units import RequestUnit, Unit, adopted

Marks = tuple[int, int]


class Threads:
    """Which thread works for which adopted unit, in `units.adopted`, and how long."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        base = landmarks.handlers()
        command = getattr(landmarks.loaded("django.core.management.base"), "BaseCommand", None)
        self._request_code = landmarks.code_of(base, "get_response")
        self._task_code = landmarks.trace_task()
        self._command_code = landmarks.code_of(command, "execute")
        self._marks: dict[int, Marks] = {}
        self._suspects: set[int] = set()

    @property
    def any(self) -> bool:
        """Whether a thread works for an adopted unit still, as far as we know."""
        return bool(self._marks)

    def adopt(self, frames: Frames) -> None:
        """Frames of our wrappers say nothing: they may be of an earlier arm."""
        ours = {unit.thread for unit in list(self._ledger.running.values())}
        for thread, top in frames.items():
            unit, frame = self._find(top)
            if unit is None or frame is None or thread in ours:
                continue
            unit.thread = thread
            self._ledger.adopt(unit)
            self.lend(thread, unit, frame)

    def lend(self, thread: int, unit: Unit, frame: FrameType) -> None:
        """`thread` works for `unit` for as long as `frame` is on its stack."""
        self._marks[thread] = marks_of(frame)
        adopted[thread] = unit

    def sweep(self, frames: Frames) -> None:
        """Let go of threads whose frame is gone; asked twice, as one look may race."""
        for thread, marks in list(self._marks.items()):
            unit = adopted.get(thread)
            if unit is None:
                self._forget(thread)
            elif frame := its_frame(frames.get(thread), marks):
                self._suspects.discard(thread)
                if type(unit) is RequestUnit and unit.name == NO_ROUTE:
                    # It was not resolved yet: a first request loads all views.
                    name_request(unit, frame.f_locals.get("request"))
            elif thread in self._suspects:
                self._forget(thread)
                adopted.pop(thread, None)
                # A coroutine only lent its unit to the thread: that ends with its task.
                if unit.asyncio_task is None:
                    self._ledger.vanish(unit)
            else:
                self._suspects.add(thread)

    def _forget(self, thread: int) -> None:
        self._marks.pop(thread, None)
        self._suspects.discard(thread)

    def _find(self, top: FrameType) -> tuple[Unit | None, FrameType | None]:
        """The outermost: a task's queries are the task's, though a command runs the worker."""
        found: tuple[Unit | None, FrameType | None] = (None, None)
        for frame in outwards(top):
            code = frame.f_code
            if code is self._request_code:
                found = (request_in(frame, "wsgi"), frame)
            elif code is self._task_code:
                found = (task_in(frame), frame)
            elif code is self._command_code and found[0] is None:
                found = (command_in(frame), frame)
        return found


def its_frame(top: FrameType | None, marks: Marks) -> FrameType | None:
    """The frame with these marks, if it is still on the stack."""
    return next((frame for frame in outwards(top) if marks_of(frame) == marks), None)


def marks_of(frame: FrameType) -> Marks:
    """What tells a frame apart without keeping it."""
    return id(frame), id(frame.f_code)
