"""Problem: each passage between sync and async code, how long it waits, and from which line.

Hooks: `SyncToAsync.__call__` and `AsyncToSync.__call__` (asgiref 3.8 to 3.13), on the classes: so
also what was adapted before. A hop to a thread is called on a twin of the `SyncToAsync`, whose
`func` notes when it begins and ends there: nothing else of asgiref's inside is relied on.
"""

from __future__ import annotations

import functools
import sys
from _thread import get_ident
from contextvars import ContextVar
from typing import Any

from djscope_probes import landmarks
from djscope_probes.clock import now_ns
from djscope_probes.guard import Guard
from djscope_probes.hops import OUTER, OWN, REQUEST, SHARED, TO_LOOP, TO_THREAD, Flight, Hops
from djscope_probes.instruments.callers import Callers, called_from, caller, forget
from djscope_probes.ledger import Ledger
from djscope_probes.patching import Function, Patch, Patches
from djscope_probes.targets import Targets
from djscope_probes.units import CURRENT, RequestUnit

# The thread that waits in `async_to_sync` around this code; 0: none does. (asgiref has it in a
# `Local`, which takes 4 µs to read.)
_around: ContextVar[int] = ContextVar("djscope_around", default=0)


class HopsInstrument:
    """Books hops on the request under way, and tells queries the line that awaits them."""

    def __init__(self) -> None:
        self.guard = Guard("hops")
        self.patches = Patches()
        self._callers = Callers()
        self._targets = Targets()
        # What a plain SyncToAsync takes in memory: one with slots of its own has no twin.
        self._plain: Any = None
        self._size = 0
        self._threads: Any = None

    def arm(self, ledger: Ledger) -> None:
        """Books on units alone."""

    def reach(self) -> None:
        self._callers.know()
        sync = landmarks.loaded("asgiref.sync")
        if sync is not None:
            self._plain = sync.SyncToAsync
            self._size = sync.SyncToAsync.__basicsize__
            self._threads = sync.SyncToAsync.threadlocal
            self.patches.wrap(sync.SyncToAsync, "__call__", self._to_thread)
            self.patches.wrap(sync.AsyncToSync, "__call__", self._to_loop)

    def _to_thread(self, original: Function, patch: Patch) -> Function:
        find, fly, failed = self._callers.find, self._fly, self.guard.failed
        current, getframe = CURRENT.get, sys._getframe

        def run(flight: Flight, function: Any, /, *args: Any, **kwargs: Any) -> Any:
            flight.began = now_ns()
            try:
                return function(*args, **kwargs)
            finally:
                flight.ended = now_ns()

        async def __call__(hop: Any, /, *args: Any, **kwargs: Any) -> Any:  # noqa: N807
            token = flight = None
            twin = hop
            if patch.on:
                try:
                    unit = current()
                    if type(unit) is not RequestUnit or not unit.open:
                        unit = None
                    found = find(getframe(1), unit)
                    # Also nobody: the thread may have been sent here by another line.
                    if found is not caller():
                        token = called_from(found)
                    if unit is not None and type(hop).__basicsize__ == self._size:
                        function = hop.func
                        flight = fly(unit, hop, function, found)
                        twin = twin_of(hop, functools.partial(run, flight, function))
                except Exception:
                    failed()
            try:
                return await original(twin, *args, **kwargs)
            finally:
                if flight is not None:
                    self._landed(flight, twin, hop)
                if token is not None:
                    forget(token)

        return __call__

    def _landed(self, flight: Flight, twin: Any, hop: Any) -> None:
        try:
            flight.land()
            if twin is not hop and type(hop) is not self._plain:
                hand_back(twin, hop)
        except Exception:
            self.guard.failed()

    def _fly(self, unit: RequestUnit, hop: Any, function: Any, found: Any) -> Flight:
        """A hop to a thread begins to wait for it."""
        awaited = 0
        if not hop._thread_sensitive:
            executor = OWN
        elif awaited := _around.get():
            executor = OUTER
        else:
            sensitive = hop.thread_sensitive_context.get(None)
            executor = SHARED if sensitive is None else REQUEST
            awaited = id(sensitive)
        hops = unit.hops
        if hops is None:
            hops = unit.hops = Hops()
        target = self._targets.of(function)
        group = hops.groups.get((found, target.key, executor, TO_THREAD))
        if group is None:
            group = hops.group(TO_THREAD, found, target, executor)
        flight = Flight(group, awaited)
        group.flying.add(flight)
        return flight

    def _to_loop(self, original: Function, patch: Patch) -> Function:
        find, failed = self._callers.find, self.guard.failed
        current, getframe = CURRENT.get, sys._getframe

        def __call__(hop: Any, /, *args: Any, **kwargs: Any) -> Any:  # noqa: N807
            unit = current() if patch.on else None
            if type(unit) is not RequestUnit or not unit.open:
                return original(hop, *args, **kwargs)
            token = flight = None
            try:
                flight = self._descend(unit, hop, find(getframe(1), unit))
                token = _around.set(get_ident())
            except Exception:
                failed()
            try:
                return original(hop, *args, **kwargs)
            finally:
                try:
                    if token is not None:
                        _around.reset(token)
                    if flight is not None:
                        flight.land()
                except Exception:
                    failed()

        return __call__

    def _descend(self, unit: RequestUnit, hop: Any, found: Any) -> Flight:
        """A hop to a loop: one that runs further out, or a new one of its own."""
        loop = None if hop.force_new_loop else getattr(self._threads, "main_event_loop", None)
        executor = OUTER if loop is not None and loop.is_running() else OWN
        hops = unit.hops
        if hops is None:
            hops = unit.hops = Hops()
        group = hops.group(TO_LOOP, found, self._targets.of(hop.awaitable), executor)
        flight = Flight(group, 0)
        flight.began = flight.submitted
        group.flying.add(flight)
        return flight


def hand_back(twin: Any, hop: Any) -> None:
    """What a subclass noted on itself in the thread."""
    ours, theirs = twin.__dict__, hop.__dict__
    for name, value in ours.items():
        if name != "func" and theirs.get(name) is not value:
            theirs[name] = value


def twin_of(hop: Any, function: Any) -> Any:
    """The same adapter around another function."""
    twin = object.__new__(type(hop))
    inside = hop.__dict__.copy()
    inside["func"] = function
    twin.__dict__ = inside
    return twin
