"""Layers as they travel: what a middleware is called, where it is defined, what it can."""

from __future__ import annotations

import functools
import sys
from types import FunctionType, MethodType
from typing import Any

from djscope_probes.chains import Link, adapter_of, is_end
from djscope_probes.classes import frame_of_class
from djscope_probes.ownership import is_app_file
from djscope_probes.wire import Layer, StackFrame

# The last of every chain, whatever it is made of; wrappers of classes' methods count from the end.
VIEW_SYNC, VIEW_ASYNC, TEMPLATE, RENDER = -4, -3, -2, -1
HOOKS = {
    "_view_middleware": "process_view",
    "_template_response_middleware": "process_template_response",
    "_exception_middleware": "process_exception",
}
_CAN = {(True, True): "both", (True, False): "sync", (False, True): "async"}


def mode_of(is_async: bool) -> str:
    return "async" if is_async else "sync"


def middleware_layer(link: Link) -> Layer:
    """A middleware around all within, or the handler's own method at the end of the chain."""
    mode = mode_of(link.is_async)
    if is_end(link.target):
        return Layer("", "handler", mode, "", link.adapter)
    made_by = maker(link.target)
    return Layer(name_of(made_by), "call", mode, can(made_by), link.adapter, line_of(link.target))


def hook_layer(item: Any, hook: str, is_async: bool) -> Layer:
    """One `process_…` of a middleware, beneath what adapts it to the handler."""
    while type(item) is FunctionType and "__wrapped__" in item.__dict__:
        item = item.__dict__["__wrapped__"]
    adapter, attribute = adapter_of(item)
    method = item.__dict__.get(attribute) if attribute else item
    owner = method.__self__ if type(method) is MethodType else method
    made_by = maker(owner)
    return Layer(name_of(made_by), hook, mode_of(is_async), can(made_by), adapter, line_of(owner))


def fixed(is_async: bool) -> tuple[Layer, ...]:
    """View, template and rendering; what stands between a view and the handler is known before."""
    return (
        Layer("", "view", "sync", adapter="sync_to_async" if is_async else ""),
        Layer("", "view", "async", adapter="" if is_async else "async_to_sync"),
        Layer("", "template", "sync"),
        Layer("", "render", "sync", adapter="sync_to_async" if is_async else ""),
    )


def maker(target: Any) -> Any:
    """What MIDDLEWARE names: the class, or the function that made this one."""
    if type(target) is functools.partial:
        return maker(target.func)
    if type(target) is MethodType:
        return type(target.__self__)
    if type(target) is not FunctionType:
        return type(target)
    module = sys.modules.get(target.__module__)
    name = target.__qualname__.partition(".<locals>")[0]
    found = getattr(module, "__dict__", {}).get(name)
    return found if type(found) is FunctionType else target


def name_of(made_by: Any) -> str:
    """Dotted, as in MIDDLEWARE."""
    return f"{made_by.__module__}.{made_by.__qualname__.partition('.<locals>')[0]}"


def can(made_by: Any) -> str:
    """Django's defaults are those of a function that knows sync only."""
    able = (getattr(made_by, "sync_capable", True), getattr(made_by, "async_capable", False))
    return _CAN.get((bool(able[0]), bool(able[1])), "")


def line_of(target: Any) -> StackFrame | None:
    """The class's statement, or the first line of the function that answers; the project's only."""
    if type(target) is functools.partial:
        return line_of(target.func)
    if type(target) is FunctionType:
        code = target.__code__
        name = target.__qualname__.partition(".<locals>")[0]
        app = is_app_file(code.co_filename)
        frame = StackFrame(code.co_filename, code.co_firstlineno, name, app)
    else:
        frame = frame_of_class(type(target))
    return frame if frame.app else None
