"""SynchronousOnlyOperation: the line that touched the ORM, and the coroutine around it."""

from __future__ import annotations

from collections.abc import Iterable

from djscope.model.definitions import Place, Stack
from djscope.model.finding import Advice

EXCEPTION = "SynchronousOnlyOperation"
# Methods of querysets, managers and models that have an async twin (Django 4.2 to 6.1).
_TWINS = frozenset(
    {
        "aggregate", "bulk_create", "bulk_update", "contains", "count", "create", "delete",
        "earliest", "exists", "explain", "first", "get", "get_or_create", "in_bulk", "last",
        "latest", "refresh_from_db", "save", "update", "update_or_create",
    }
)  # fmt: skip
_ROWS = frozenset({"__iter__", "__len__", "__getitem__", "__bool__", "_fetch_all", "iterator"})


def both_frames(stack: Stack) -> tuple[Place, Place] | None:
    """The line that asked the ORM, and the outermost one of the application's around it: what
    Django awaited, so a coroutine. None without a line of the application's.
    """
    own: list[Place] = []
    for frame in stack:
        if frame.app:
            own.append(frame)
        elif own and "/django/core/handlers/" in frame.file:
            break
    return (own[0], own[-1]) if own else None


def advice(stack: Stack) -> list[Advice]:
    """The async form where there is one, and a thread for the function that is sync."""
    frames = both_frames(stack)
    if frames is None:
        return [Advice("use the ORM's async methods, or move the call to a thread")]
    line, coroutine = frames
    told = []
    asked = operation(stack)
    within = f"in {name(coroutine)} ({coroutine.short})" if coroutine != line else "there"
    if asked in _TWINS:
        code = f"await ….a{asked}(…)"
        told.append(Advice(f"{name(line)} runs in an event loop: await the async method", code))
    elif asked in _ROWS:
        text = f"{name(line)} runs in an event loop: draw the rows asynchronously"
        told.append(Advice(text, "async for row in queryset: …"))
    elif asked == "__get__":
        text = f"{name(line)} loads a relation in an event loop: load it together with the rows"
        told.append(Advice(text, '.select_related("…")'))
    function = name(line) if line.function != coroutine.function else "function"
    text = f"{'or ' if told else ''}run the sync function in a thread, and await it {within}"
    told.append(Advice(text, f"await sync_to_async({function})(…)"))
    return told


def operation(stack: Stack) -> str:
    """The outermost function of Django's ORM: what the application called.

    A manager passes on to its queryset (`manager_method`).
    """
    called = ""
    for frame in stack:
        if frame.app:
            break
        function = frame.function.rpartition(".")[2]
        if "/django/db/" in frame.file and function != "manager_method":
            called = function
    return called


def name(place: Place) -> str:
    """`page` of `Views.page`; of what is nested the function inside."""
    return place.function.rpartition(".")[2] or "the code"


def evidence(stack: Stack) -> Iterable[tuple[str, str]]:
    frames = both_frames(stack)
    if frames is not None:
        yield "orm_at", f"{frames[0].short} in {name(frames[0])}"
        yield "coroutine", f"{frames[1].short} in {name(frames[1])}"
