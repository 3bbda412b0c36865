"""Wrappers around layers: two readings of the clock and one tuple on the unit under way.

Exceptions, cancellation too, pass through; a call of no unit, of an adopted or a skipped one, is
the original's alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from djscope_probes.clock import now_ns
from djscope_probes.patching import Function, Patch
from djscope_probes.spans import BOUND
from djscope_probes.units import CURRENT

Make = Callable[[Function, Patch], Function]


def timed(layer: int) -> Make:
    """A sync middleware, or the end of a sync chain."""

    def make(original: Function, patch: Patch) -> Function:
        current, now = CURRENT.get, now_ns

        def passing(request: Any) -> Any:
            unit = current()
            passes = unit.passes if unit is not None else None
            if passes is None or not patch.on:
                return original(request)
            began = now()
            try:
                return original(request)
            finally:
                if len(passes) < BOUND:
                    passes.append((layer, began, now()))

        return passing

    return make


def timed_async(layer: int) -> Make:
    """The same, async."""

    def make(original: Function, patch: Patch) -> Function:
        current, now = CURRENT.get, now_ns

        async def passing(request: Any) -> Any:
            unit = current()
            passes = unit.passes if unit is not None else None
            if passes is None or not patch.on:
                return await original(request)
            began = now()
            try:
                return await original(request)
            finally:
                if len(passes) < BOUND:
                    passes.append((layer, began, now()))

        return passing

    return make


def timed_hook(layer: int, awaited: bool) -> Make:
    """A `process_…` of a middleware. Django asks it for its `__self__`, to name it in errors."""

    def make(original: Function, patch: Patch) -> Function:
        wrapper = timed_call(original, layer, awaited, patch)
        if hasattr(original, "__self__"):
            wrapper.__self__ = original.__self__  # type: ignore[attr-defined]
        return wrapper

    return make


def timed_call(original: Function, layer: int, awaited: bool, patch: Patch) -> Function:
    """Whatever its arguments."""

    def passing(*args: Any, **kwargs: Any) -> Any:
        unit = CURRENT.get()
        passes = unit.passes if unit is not None else None
        if passes is None or not patch.on:
            return original(*args, **kwargs)
        began = now_ns()
        try:
            return original(*args, **kwargs)
        finally:
            if len(passes) < BOUND:
                passes.append((layer, began, now_ns()))

    async def passing_async(*args: Any, **kwargs: Any) -> Any:
        unit = CURRENT.get()
        passes = unit.passes if unit is not None else None
        if passes is None or not patch.on:
            return await original(*args, **kwargs)
        began = now_ns()
        try:
            return await original(*args, **kwargs)
        finally:
            if len(passes) < BOUND:
                passes.append((layer, began, now_ns()))

    return passing_async if awaited else passing


def timed_often(layer: int) -> Make:
    """What a request may pass any number of times."""

    def make(original: Function, patch: Patch) -> Function:
        def render(*args: Any, **kwargs: Any) -> Any:
            unit = CURRENT.get()
            passes = unit.passes if unit is not None else None
            if passes is None or not patch.on:
                return original(*args, **kwargs)
            began = now_ns()
            try:
                return original(*args, **kwargs)
            finally:
                passes.more(layer, began, now_ns())

        return render

    return make
