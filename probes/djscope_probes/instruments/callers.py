"""The awaiting line: a query of async code runs in a thread whose stack has no application frame.

`SyncToAsync.__call__` (asgiref, the one door of Django's async ORM) still sees the coroutine that
awaits; the line travels to the thread in a context variable, which asgiref copies along.
"""

from __future__ import annotations

import sys
from contextvars import ContextVar, Token
from types import CodeType, FrameType
from typing import Any

from djscope_probes import landmarks
from djscope_probes.guard import Guard
from djscope_probes.ledger import Ledger
from djscope_probes.patching import Function, Patch, Patches
from djscope_probes.stacks import is_app, stack_from
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


def _forget(token: Token[Caller | None]) -> None:
    try:
        _caller.reset(token)
    except (ValueError, RuntimeError):
        pass  # A coroutine closed by the garbage collector runs its `finally` in another context.


class CallersInstrument:
    """Remembers, per hop, the application line that awaits it."""

    def __init__(self) -> None:
        self.guard = Guard("callers")
        self.patches = Patches()
        self._known: dict[tuple[int, int], Caller] = {}
        self._until: frozenset[int] = frozenset()
        # Middlewares wait for the view, and who started the server waits for it all.
        self._beyond: frozenset[int] = frozenset()

    def arm(self, ledger: Ledger) -> None:
        """Books nothing."""

    def reach(self) -> None:
        self._until = landmarks.boundaries()
        self._beyond = self._until | landmarks.layers()
        sync = landmarks.loaded("asgiref.sync")
        if sync is not None:
            self.patches.wrap(sync.SyncToAsync, "__call__", self._hop)

    def _hop(self, original: Function, patch: Patch) -> Function:
        async def __call__(hop: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807
            token = None
            if patch.on:
                try:
                    found = self._find(sys._getframe(1))
                    # Also nobody: the thread may have been sent here by another line.
                    if found is not caller():
                        token = _caller.set(found)
                except Exception:
                    self.guard.failed()
            try:
                return await original(hop, *args, **kwargs)
            finally:
                if token is not None:
                    _forget(token)

        return __call__

    def _find(self, frame: FrameType | None) -> Caller | None:
        while frame is not None and not is_app(frame.f_code):
            if id(frame.f_code) in self._beyond:
                return None
            frame = frame.f_back
        if frame is None:
            return None
        key = (id(frame.f_code), frame.f_lineno)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MAX_CALLERS:
                self._known.clear()
            found = self._known[key] = Caller(frame.f_code, stack_from(frame, self._until))
        return found
