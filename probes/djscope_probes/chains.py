"""A handler's built middleware chain, link by link, as Django 4.2 to 6.1 nests it.

`_middleware_chain` → (an adapter of asgiref's) → `inner` of `convert_exception_to_response` → its
cell `get_response`: a middleware → what that calls: the next `inner`. The last cell holds the
handler's own `_get_response[_async]`. Looks at types and dictionaries alone: asking an object of
the host what it is may evaluate it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from types import FunctionType, MethodType
from typing import Any, NamedTuple

from djscope_probes import landmarks
from djscope_probes.places import cell_of

CELL = "get_response"
# Between a middleware and the next `inner`: wrappers of wrappers.
DEPTH = 4
# Middleware of one handler, and what is looked at to find the next.
MOST = 100
SEEN = 200
ADAPTERS = {"SyncToAsync": ("sync_to_async", "func"), "AsyncToSync": ("async_to_sync", "awaitable")}


class Link(NamedTuple):
    """`target` is a middleware, or the handler's own method; `inner` holds it in its cell, unless
    somebody has wrapped it there.
    """

    inner: Any  # a function
    target: Any
    adapter: str

    @property
    def is_async(self) -> bool:
        """As `inner` calls it, which is written for one of the two."""
        return bool(self.inner.__code__.co_flags & 0x80)  # inspect.CO_COROUTINE


def links(handler: Any) -> list[Link]:
    """From the outermost on, as far as they can be followed; none where they lead to the end of
    another handler's.
    """
    codes = landmarks.layers()
    found: list[Link] = []
    following: Any = handler.__dict__.get("_middleware_chain")
    while len(found) < MOST:
        inner, adapter = next_inner(following, codes, found[-1].inner if found else None)
        if inner is None:
            break
        # `functools.wraps` left what Django put there.
        target = inner.__dict__.get("__wrapped__") or cell_of(inner, CELL).cell_contents
        found.append(Link(inner, target, adapter))
        if is_end(target):
            return found if target.__self__ is handler else []
        following = target
    return found


def is_end(target: Any) -> bool:
    """A method of a handler; a middleware is an object or a function."""
    return type(target) is MethodType and target.__name__.startswith("_get_response")


def next_inner(start: Any, codes: frozenset[int], before: Any) -> tuple[Any, str]:
    """The nearest `inner` that `start` refers to, and the adapter on the way to it."""
    seen = {id(before)}
    level: list[tuple[Any, str]] = [(start, "")]
    for _ in range(DEPTH + 1):
        deeper: list[tuple[Any, str]] = []
        for it, adapter in level:
            if id(it) in seen or len(seen) > SEEN:
                continue
            seen.add(id(it))
            if type(it) is FunctionType and id(it.__code__) in codes:
                return it, adapter
            name, attribute = adapter_of(it)
            if attribute:
                # It has a copy of what it adapts' attributes, which leads past a layer.
                deeper.append((it.__dict__.get(attribute), name))
            else:
                deeper += [(each, adapter) for each in references(it)]
        level = deeper
    return None, ""


def adapter_of(it: Any) -> tuple[str, str]:
    """An asgiref adapter's name and the attribute to follow; nothing for what is none."""
    module = landmarks.loaded("asgiref.sync")
    for class_name, found in ADAPTERS.items():
        kind = getattr(module, class_name, None)
        if kind is not None and issubclass(type(it), kind):
            return found
    return "", ""


def references(it: Any) -> Iterator[Any]:
    """Callables that `it` may hand a request on to, the likely ones first."""
    kind = type(it)
    if kind is FunctionType:
        yield from closure(it)
        yield from callables(it.__dict__)
    elif kind is MethodType:
        yield it.__self__
        yield it.__func__
    elif kind is functools.partial:
        yield it.func
        yield from it.args
    elif any(base.__name__ == "ObjectProxy" for base in kind.__mro__):
        yield it.__wrapped__  # wrapt's, as APMs use it
    else:
        try:
            held = object.__getattribute__(it, "__dict__")
        except AttributeError:
            return
        if type(held) is dict:
            yield from callables(held)


def callables(held: dict[str, Any]) -> Iterator[Any]:
    """Values that can be called, `get_response` first; classes are no middleware any more."""
    yield from (held[name] for name in (CELL, f"_{CELL}") if name in held)
    for value in list(held.values()):
        # `callable` asks the type, so that nothing lazy is evaluated.
        if callable(value) and not issubclass(type(value), type):
            yield value


def closure(function: FunctionType) -> Iterator[Any]:
    """What the free variables hold, `get_response` first."""
    names = function.__code__.co_freevars
    cells = dict(zip(names, function.__closure__ or (), strict=True))
    for name in sorted(cells, key=lambda name: name != CELL):
        try:
            value = cells[name].cell_contents
        except ValueError:  # not bound yet
            continue
        if callable(value):
            yield value
