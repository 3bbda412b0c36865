"""The awaiting line: a query of async code runs in a thread whose stack has no application frame.

`SyncToAsync.__call__` (asgiref, the one door of Django's async ORM) still sees the coroutine that
awaits; the line travels to the thread in a context variable, which asgiref copies along.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar, Token
from types import CodeType, FrameType

from djscope_probes import landmarks
from djscope_probes.coroutines import chain
from djscope_probes.stacks import is_app, stack_from
from djscope_probes.units import RequestUnit
from djscope_probes.wire import StackFrame

MAX_CALLERS = 2_000


class Caller:
    """One awaiting line, with the coroutines above it.

    Holds on to the code object by whose id it is found.
    """

    __slots__ = ("code", "stack")

    def __init__(self, code: CodeType, stack: list[StackFrame]) -> None:
        self.code = code
        self.stack = stack


_caller: ContextVar[Caller | None] = ContextVar("djscope_caller", default=None)
caller = _caller.get
called_from = _caller.set


def forget(token: Token[Caller | None]) -> None:
    """The hop is over."""
    try:
        _caller.reset(token)
    except (ValueError, RuntimeError):
        pass  # A coroutine closed by the garbage collector runs its `finally` in another context.


class Callers:
    """(code, line) → the application line that made a hop. One per armed probe."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Caller] = {}
        self._until: frozenset[int] = frozenset()
        # Middlewares wait for the view, and what wraps the handler for all; nobody there asked.
        self._beyond: frozenset[int] = frozenset()
        # Who started the server waits for it all.
        self._tops: frozenset[int] = frozenset()

    def know(self) -> None:
        """Code objects by which frames are recognised."""
        self._until = landmarks.boundaries()
        self._beyond = self._until | landmarks.layers() | landmarks.entries()
        self._tops = landmarks.tops()

    def find(self, frame: FrameType | None, unit: RequestUnit | None) -> Caller | None:
        """The innermost application line from `frame` outwards; None where Django made the hop."""
        while frame is not None:
            code = frame.f_code
            if is_app(code):
                key = (id(code), frame.f_lineno)
                known = self._known.get(key)
                if known is not None:
                    return known
                return self._remember(key, Caller(code, stack_from(frame, self._until)))
            if id(code) in self._beyond:
                return None
            if id(code) in self._tops:
                break
            frame = frame.f_back
        return self._of_task(unit) if unit is not None else None

    def _of_task(self, unit: RequestUnit) -> Caller | None:
        """Of a hop in a task of its own (`asyncio.gather`): the line where the unit's task waits
        meanwhile.
        """
        task = unit.asyncio_task() if unit.asyncio_task is not None else None
        if task is None or task is asyncio.current_task():
            return None
        frames = chain(task)[::-1]
        for at, frame in enumerate(frames):
            if is_app(frame.f_code):
                key = (id(frame.f_code), frame.f_lineno)
                lines = [line for each in frames[at:] for line in stack_from(each)[:1]]
                return self._known.get(key) or self._remember(key, Caller(frame.f_code, lines))
            if id(frame.f_code) in self._beyond:
                break
        return None

    def _remember(self, key: tuple[int, int], found: Caller) -> Caller:
        if len(self._known) >= MAX_CALLERS:
            self._known.clear()
        self._known[key] = found
        return found
