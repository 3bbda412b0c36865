"""Layers of a request: each middleware and its hooks, the view, templates, rendering.

A handler's chain is hooked where it was built, at its first request while armed: nothing is made
anew, nothing is searched for, whatever wraps the handler. View, templates and rendering are hooked
where they are looked up at each call: `BaseHandler.make_view_atomic`, `Template.render` of both
backends, `SimpleTemplateResponse.render` (Django 4.2 to 6.1).
"""

from __future__ import annotations

import functools
from os import getpid
from types import FunctionType
from typing import Any

from djscope_probes import landmarks, native
from djscope_probes.chains import CELL, links
from djscope_probes.guard import Guard
from djscope_probes.instruments.timing import (
    timed,
    timed_async,
    timed_call,
    timed_hook,
    timed_often,
)
from djscope_probes.layers import (
    HOOKS,
    RENDER,
    TEMPLATE,
    VIEW_ASYNC,
    VIEW_SYNC,
    fixed,
    hook_layer,
    middleware_layer,
)
from djscope_probes.ledger import Ledger
from djscope_probes.patching import Function, Patch, Patches
from djscope_probes.places import Cell, Item
from djscope_probes.spans import Chain, Passes
from djscope_probes.units import CURRENT, Unit

# Tests make a handler for each client; a server has one.
MAX_HANDLERS = 200
MAX_VIEWS = 1_000
PATIENCE_S = 0.5
TEMPLATES = ("django.template.backends.django", "django.template.backends.jinja2")


class ChainPatches(Patches):
    """A host's threads put these in, the probe's takes them out: never after it has.

    Nobody waits for long: hooking takes less than a millisecond. A process that was forked
    meanwhile has a lock that nobody lets go of.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lock = native.lock()
        self.open = False
        self._pid = getpid()

    def restore(self) -> None:
        held = self._pid == getpid() and self.lock.acquire(True, PATIENCE_S)
        try:
            self.open = False
            super().restore()
        finally:
            if held:
                self.lock.release()


class MiddlewareInstrument:
    """`enter` is for the requests instrument, which meets every handler."""

    def __init__(self) -> None:
        self.guard = Guard("middleware")
        self._gate = ChainPatches()
        self.patches: Patches = self._gate
        self._chains: dict[int, Chain] = {}
        self._views: dict[int, Function] = {}

    def arm(self, ledger: Ledger) -> None:  # noqa: ARG002  (spans are a unit's own)
        self._chains.clear()
        self._views.clear()

    def reach(self) -> None:
        base = landmarks.handlers()
        if base is None:
            return
        self.patches.wrap(base, "make_view_atomic", self._view)
        for name in TEMPLATES:
            module = landmarks.loaded(name)
            if module is not None:
                self.patches.wrap(module.Template, "render", timed_often(TEMPLATE))
        response = landmarks.loaded("django.template.response")
        if response is not None:
            self.patches.wrap(response.SimpleTemplateResponse, "render", timed_often(RENDER))
        self._gate.open = True

    def enter(self, handler: Any, unit: Unit) -> None:
        """A request is about to go down this handler's chain."""
        try:
            chain = self._chains.get(id(handler))
            if chain is None or chain.top() is not handler._middleware_chain:
                chain = self._hook(handler)
            if chain is None or unit.adopted:
                return
            if unit.passes is None:
                unit.passes = Passes(chain)
            elif unit.passes.chain is not chain:
                unit.passes = None  # one handler within another: of neither it is all
        except Exception:
            self.guard.failed()

    def _hook(self, handler: Any) -> Chain | None:
        """None while another thread is at it, or when it is too late or there are too many."""
        if not self._gate.lock.acquire(False):
            return None
        try:
            self.patches.sweep()
            for key in [key for key, chain in self._chains.items() if chain.top() is None]:
                del self._chains[key]
            if not self._gate.open or self.guard.tripped or len(self._chains) >= MAX_HANDLERS:
                return None
            chain = self._chains[id(handler)] = self._wrap(handler)
            return chain
        finally:
            self._gate.lock.release()

    def _wrap(self, handler: Any) -> Chain:
        found = links(handler)
        layers = [middleware_layer(link) for link in found]
        # The top is adapted to the handler.
        is_async = landmarks.is_coroutine_function(handler._middleware_chain)
        for index, (link, layer) in enumerate(zip(found, layers, strict=True)):
            place = Cell(link.inner, CELL, layer.name or layer.hook)
            self.patches.put(place, timed_async(index) if link.is_async else timed(index))
        for attribute, hook in HOOKS.items():
            awaited = is_async and hook != "process_exception"
            for index, item in enumerate(handler.__dict__.get(attribute) or ()):
                layer = hook_layer(item, hook, awaited)
                place_in = Item(handler, attribute, index, f"{layer.name}.{hook}")
                self.patches.put(place_in, timed_hook(len(layers), awaited))
                layers.append(layer)
        return Chain(handler._middleware_chain, (*layers, *fixed(is_async)))

    def _view(self, original: Function, patch: Patch) -> Function:
        def make_view_atomic(handler: Any, view: Any) -> Any:
            found = original(handler, view)
            unit = CURRENT.get() if patch.on else None
            if unit is None or unit.passes is None:
                return found
            return self._timed_view(found, patch, lasts=found is view)

        return make_view_atomic

    def _timed_view(self, view: Any, patch: Patch, lasts: bool) -> Any:
        """As async as it is: the handler asks. One that `lasts`, the URLconf's, is wrapped once."""
        try:
            known = self._views.get(id(view))
            if known is not None and known.__wrapped__ is view:  # type: ignore[attr-defined]
                return known
            awaited = landmarks.is_coroutine_function(view)
            layer = VIEW_ASYNC if awaited else VIEW_SYNC
            wrapper = functools.update_wrapper(timed_call(view, layer, awaited, patch), view)
            if lasts and type(view) is FunctionType:
                if len(self._views) >= MAX_VIEWS:
                    self._views.clear()
                self._views[id(view)] = wrapper
            return wrapper
        except Exception:
            self.guard.failed()
            return view
