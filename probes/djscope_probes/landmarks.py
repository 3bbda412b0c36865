"""Code objects by which frames of Django and Celery are recognised, whatever wraps them now.

Names checked in Django 4.2, 5.2, 6.1 and Celery 5.4 to 5.7. A missing one is not there to be seen.
"""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any

_QUERYSET = (
    "count", "exists", "contains", "first", "last", "earliest", "latest", "get", "aggregate",
    "in_bulk", "iterator", "create", "get_or_create", "update_or_create", "bulk_create",
    "bulk_update", "update", "delete",
)  # fmt: skip


def loaded(name: str) -> Any | None:
    """A module of the host, once it is there as a whole; another thread may be importing it."""
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    return None if getattr(spec, "_initializing", False) else module


def code_of(owner: Any, name: str) -> CodeType | None:
    """The code of `owner.name` beneath any wrappers that say what they wrap."""
    function: Any = getattr(owner, "__dict__", {}).get(name)
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None


def handlers() -> Any | None:
    """`BaseHandler`, if this process has it."""
    base = loaded("django.core.handlers.base")
    return getattr(base, "BaseHandler", None)


def is_coroutine_function(function: Any) -> bool:
    """As Django asks: asgiref marks what only says of itself that it is one."""
    return bool(loaded("asgiref.sync").iscoroutinefunction(function))  # type: ignore[union-attr]


def trace_task() -> CodeType | None:
    """Celery's trampoline around every task: an inner function of `build_tracer`."""
    return next(iter(inner(loaded("celery.app.trace"), "build_tracer", "trace_task")), None)


def inner(owner: Any, outer: str, name: str) -> list[CodeType]:
    """The code of functions of that name within `owner.outer`."""
    code = code_of(owner, outer)
    consts = code.co_consts if code is not None else ()
    return [each for each in consts if isinstance(each, CodeType) and each.co_name == name]


def boundaries() -> frozenset[int]:
    """Ids of the code objects beyond which a stack belongs to the server."""
    base = handlers()
    names = ("get_response", "get_response_async")
    found = [trace_task(), *(code_of(base, name) for name in names)]
    return frozenset(id(code) for code in found if code is not None)


def layers() -> frozenset[int]:
    """Ids of the code objects around each middleware and around the view, sync and async.

    Beyond the innermost one nobody asked for this query: a middleware waits for its response.
    """
    exception = loaded("django.core.handlers.exception")
    return frozenset(map(id, inner(exception, "convert_exception_to_response", "inner")))


def entries() -> frozenset[int]:
    """Ids of the code by which a request comes in: what lies beyond is around all of Django."""
    wsgi, asgi = loaded("django.core.handlers.wsgi"), loaded("django.core.handlers.asgi")
    found = [code_of(getattr(wsgi, "WSGIHandler", None), "__call__")]
    found += [code_of(getattr(asgi, "ASGIHandler", None), name) for name in ("__call__", "handle")]
    return frozenset(id(code) for code in found if code is not None)


def executors() -> frozenset[int]:
    """Ids of the code that runs what coroutines send to a thread which waits for them.

    Who waits did not ask for it. Checked in asgiref 3.8 to 3.13.
    """
    module = loaded("asgiref.current_thread_executor")
    code = code_of(getattr(module, "CurrentThreadExecutor", None), "run_until_future")
    return frozenset() if code is None else frozenset({id(code)})


def tops() -> frozenset[int]:
    """Ids of the code that runs an asyncio task or what was sent to a thread: with CPython's loops
    each step of a task, with others the loop. Checked in CPython 3.10 to 3.13.
    """
    found = [code_of(getattr(loaded("asgiref.sync"), "SyncToAsync", None), "thread_handler")]
    for module, owner, name in (
        ("asyncio.events", "Handle", "_run"),
        ("asyncio.base_events", "BaseEventLoop", "run_forever"),
        ("asyncio.runners", "Runner", "run"),
        ("asyncio.runners", "", "run"),
    ):
        place = loaded(module)
        found.append(code_of(getattr(place, owner, None) if owner else place, name))
    return frozenset(id(code) for code in found if code is not None)


def access() -> dict[int, str]:
    """id(code) → how the application asked: `get`, `count`, `save`, …"""
    found: dict[int, str] = {}

    def note(owner: Any, name: str, label: str) -> None:
        code = code_of(owner, name)
        if code is not None:
            found[id(code)] = label

    query = loaded("django.db.models.query")
    for name in _QUERYSET:
        note(getattr(query, "QuerySet", None), name, name)
    # `iterator` itself has returned when its generator runs.
    note(getattr(query, "QuerySet", None), "_iterator", "iterator")
    note(getattr(query, "RawQuerySet", None), "iterator", "raw")
    model = getattr(loaded("django.db.models.base"), "Model", None)
    for name in ("save", "delete", "refresh_from_db"):
        note(model, name, name)
    note(query, "prefetch_one_level", "prefetch")
    constraints = loaded("django.db.models.constraints")
    for owner, name in (
        (model, "_perform_unique_checks"),
        (model, "_perform_date_checks"),
        (getattr(constraints, "UniqueConstraint", None), "validate"),
        (loaded("rest_framework.validators"), "qs_exists"),
    ):
        note(owner, name, "validate")
    return found
