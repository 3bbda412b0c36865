"""The function behind a hop, beneath adapters, partials and wrappers: by its code, with a name."""

from __future__ import annotations

import functools
from types import CodeType, FunctionType, MethodType
from typing import Any, NamedTuple

MAX_DEPTH = 20
MAX_TARGETS = 2_000
MAX_NAME = 300


class Target(NamedTuple):
    """`key` tells functions apart; `code` is kept, so that no other gets its id."""

    key: object
    name: str
    code: CodeType | None = None


class Targets:
    """id(code) → its target, remembered. Of callable objects the class stands for them.

    What wraps another function is looked through each time: one code may wrap many.
    """

    def __init__(self) -> None:
        self._known: dict[int, Target] = {}

    def of(self, function: Any) -> Target:
        if type(function) is FunctionType:
            known = self._known.get(id(function.__code__))
            if known is not None:
                return known
        function = innermost(function)
        if type(function) is not FunctionType:
            kind = function if type(function) is type else type(function)
            name = f"{kind.__module__}.{kind.__qualname__}"[:MAX_NAME]
            return Target(name, name)
        code = function.__code__
        known = self._known.get(id(code))
        if known is None:
            if len(self._known) >= MAX_TARGETS:
                self._known.clear()
            known = self._known[id(code)] = Target(id(code), name_of(function), code)
        return known


def innermost(function: Any) -> Any:
    """What asgiref's adapters, methods, partials and `functools.wraps` lead to.

    By exact types: an object of the application's may run code when it is asked for an attribute.
    """
    for _ in range(MAX_DEPTH):
        kind = type(function)
        if kind is FunctionType:
            inner = getattr(function, "__wrapped__", None)
        elif kind is MethodType:
            inner = function.__func__
        elif kind is functools.partial:
            inner = function.func
        elif kind.__module__ == "asgiref.sync":
            inner = vars(function).get("func") or vars(function).get("awaitable")
        else:
            inner = None
        if inner is None:
            return function
        function = inner
    return function


def name_of(function: FunctionType) -> str:
    """`shop.views.books`; of what `View.as_view` made its class."""
    shown: Any = getattr(function, "view_class", function)
    module, name = getattr(shown, "__module__", ""), getattr(shown, "__qualname__", "")
    return f"{module}.{name}"[:MAX_NAME] if module else str(name)[:MAX_NAME]
