"""Requests of Django's test client: no server's handler begins them.

Hooks: `ClientHandler.__call__` and `AsyncClientHandler.__call__` (Django 4.2 to 6.1). Route, view
and status are noted by the requests instrument, which also ends the sync ones: the handler closes
its response, and that sends `request_finished`.
"""

from __future__ import annotations

from _thread import get_ident
from typing import Any

from djscope_probes import landmarks
from djscope_probes.guard import Guard
from djscope_probes.ledger import Ledger
from djscope_probes.patching import Function, Patch, Patches
from djscope_probes.units import RequestUnit, Unit, current


class TestClientInstrument:
    """Begins and ends them."""

    __test__ = False

    def __init__(self) -> None:
        self.guard = Guard("test client")
        self.patches = Patches()
        self._ledger = Ledger()

    def arm(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def reach(self) -> None:
        client = landmarks.loaded("django.test.client")
        if client is not None:
            self.patches.wrap(client.ClientHandler, "__call__", self._call)
            self.patches.wrap(client.AsyncClientHandler, "__call__", self._call_async)

    def _begin(self, protocol: str, method: object) -> Unit | None:
        try:
            outer = current()
            if outer is not None and outer.thread != get_ident():
                return None  # another thread's block goes on in here: async_to_sync
            unit = RequestUnit(protocol, method if type(method) is str else "")
            self._ledger.begin(unit)
            return unit
        except Exception:
            self.guard.failed()
            return None

    def _end(self, unit: Unit | None) -> None:
        try:
            if unit is not None:
                self._ledger.end(unit)
        except Exception:
            self.guard.failed()

    def _call(self, original: Function, patch: Patch) -> Function:
        def __call__(handler: Any, environ: Any) -> Any:  # noqa: N807
            if not patch.on:
                return original(handler, environ)
            unit = self._begin("wsgi", environ.get("REQUEST_METHOD"))
            streams = False
            try:
                response = original(handler, environ)
                streams = getattr(response, "streaming", False) is True
                return response
            finally:
                if not streams:
                    self._end(unit)

        return __call__

    def _call_async(self, original: Function, patch: Patch) -> Function:
        async def __call__(handler: Any, scope: Any) -> Any:  # noqa: N807
            if not patch.on:
                return await original(handler, scope)
            unit = self._begin("asgi", scope.get("method"))
            try:
                return await original(handler, scope)
            finally:
                self._end(unit)

        return __call__
