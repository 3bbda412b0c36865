"""Requests: route, view, status, exception, and how long; WSGI and ASGI.

Hooks, all looked up at each call (Django 4.2 to 6.1): `WSGIHandler.__call__` and
`ASGIHandler.__call__` begin a unit; `resolve_request` names it, so that a stuck one has a route;
`get_response[_async]` learns the status. A WSGI request ends with `request_finished`, which its
response sends when it is closed: streaming counts. `get_response` never raises: failures are heard
from `got_request_exception`.
"""

from __future__ import annotations

import asyncio
import sys
import weakref
from collections.abc import Callable
from typing import Any

from djscope_probes import landmarks
from djscope_probes.clock import now_ns
from djscope_probes.guard import Guard
from djscope_probes.instruments import responses
from djscope_probes.ledger import Ledger
from djscope_probes.patching import Function, Patch, Patches
from djscope_probes.stacks import stack_of_traceback
from djscope_probes.units import RequestUnit, Unit, current

UID = "djscope_requests"


class RequestsInstrument:
    """Begins, names and ends request units. `enter` sees handler and unit before its chain does."""

    def __init__(self, enter: Callable[[Any, Unit], None]) -> None:
        self._enter = enter
        self.guard = Guard("requests")
        self.patches = Patches()
        self._ledger = Ledger()

    def arm(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def reach(self) -> None:
        base, signals = landmarks.handlers(), landmarks.loaded("django.core.signals")
        if base is None or signals is None:
            return
        self.patches.listen(signals.got_request_exception, self._on_exception, UID)
        self.patches.listen(signals.request_finished, self._on_finished, UID)
        self.patches.wrap(base, "resolve_request", self._resolve)
        self.patches.wrap(base, "get_response", self._respond)
        self.patches.wrap(base, "get_response_async", self._respond_async)
        wsgi = landmarks.loaded("django.core.handlers.wsgi")
        asgi = landmarks.loaded("django.core.handlers.asgi")
        if wsgi is not None:
            self.patches.wrap(wsgi.WSGIHandler, "__call__", self._call)
        if asgi is not None:
            self.patches.wrap(asgi.ASGIHandler, "__call__", self._call_async)

    def _begin(self, protocol: str, method: object) -> RequestUnit | None:
        try:
            unit = RequestUnit(protocol, method if type(method) is str else "")
            self._ledger.begin(unit)
            return unit
        except Exception:
            self.guard.failed()
            return None

    def _end(self, unit: Unit) -> None:
        try:
            self._ledger.end(unit)
        except Exception:
            self.guard.failed()

    def _call(self, original: Function, patch: Patch) -> Function:
        def __call__(handler: Any, environ: Any, start_response: Any) -> Any:  # noqa: N807
            if not patch.on:
                return original(handler, environ, start_response)
            # A server that did not close its last response ends that request here.
            left = current()
            if type(left) is RequestUnit and left.protocol == "wsgi":
                self._end(left)
            unit = self._begin("wsgi", environ.get("REQUEST_METHOD"))
            try:
                return original(handler, environ, start_response)
            except BaseException as error:
                if unit is not None:
                    self._fail(unit, error)
                    self._end(unit)
                raise

        return __call__

    def _call_async(self, original: Function, patch: Patch) -> Function:
        async def __call__(handler: Any, scope: Any, receive: Any, send: Any) -> Any:  # noqa: N807
            if not patch.on or scope.get("type") != "http":
                return await original(handler, scope, receive, send)
            unit = self._begin("asgi", scope.get("method"))
            try:
                return await original(handler, scope, receive, send)
            finally:
                if unit is not None:
                    self._end(unit)

        return __call__

    def _resolve(self, original: Function, patch: Patch) -> Function:
        def resolve_request(handler: Any, request: Any) -> Any:
            result = original(handler, request)
            unit = current() if patch.on else None
            if type(unit) is RequestUnit:
                try:
                    name_request(unit, request)
                    self._ledger.named(unit)
                    if unit.protocol == "asgi":
                        unit.asyncio_task = innermost_task()
                except Exception:
                    self.guard.failed()
            return result

        return resolve_request

    def _respond(self, original: Function, patch: Patch) -> Function:
        def get_response(handler: Any, request: Any) -> Any:
            unit = current() if patch.on else None
            if type(unit) is RequestUnit:
                self._enter(handler, unit)
            response = original(handler, request)
            # A server's next request may have begun in this thread, in a view that streams.
            unit = current() if patch.on else None
            if type(unit) is RequestUnit:
                self._note_response(unit, request, response)
            return response

        return get_response

    def _respond_async(self, original: Function, patch: Patch) -> Function:
        async def get_response_async(handler: Any, request: Any) -> Any:
            unit = current() if patch.on else None
            if type(unit) is RequestUnit:
                self._enter(handler, unit)
                try:
                    unit.asyncio_task = innermost_task()
                except Exception:
                    self.guard.failed()
            response = await original(handler, request)
            if type(unit) is RequestUnit:
                self._note_response(unit, request, response)
            return response

        return get_response_async

    def _note_response(self, unit: RequestUnit, request: Any, response: Any) -> None:
        try:
            unit.responded_ns = now_ns()
            unit.status = int(response.status_code)
            if not unit.name:
                name_request(unit, request)
            responses.note(unit, request, response)
        except Exception:
            self.guard.failed()

    def _fail(self, unit: Unit, error: BaseException) -> None:
        try:
            unit.fail(type(error), stack_of_traceback(error.__traceback__))
        except Exception:
            self.guard.failed()

    def _on_exception(self, sender: Any, **_: Any) -> None:  # noqa: ARG002  (Django's signature)
        unit, error = current(), sys.exc_info()[1]
        if type(unit) is RequestUnit and error is not None:
            self._fail(unit, error)

    def _on_finished(self, sender: Any, **_: Any) -> None:  # noqa: ARG002
        unit = current()
        # An ASGI request ends when its `__call__` does; this signal comes from an executor thread.
        if type(unit) is RequestUnit and unit.protocol == "wsgi":
            self._end(unit)


def innermost_task() -> weakref.ref[Any] | None:
    """The asyncio task that runs this: where a request that hangs will stand.

    ASGIHandler gives `get_response_async` one of its own; below a sync middleware asgiref makes
    another, which `resolve_request` sees.
    """
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no loop runs in this thread
        return None
    return weakref.ref(task) if task is not None else None


NO_ROUTE = "(no route)"


def name_request(unit: RequestUnit, request: Any) -> None:
    """The route (never the path: it may hold secrets) and the view, once they are resolved."""
    match = request.__dict__.get("resolver_match")
    if match is None:
        unit.name = NO_ROUTE
        return
    unit.name = str(match.route) or "/"
    unit.view = str(getattr(match, "_func_path", ""))
