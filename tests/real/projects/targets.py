"""Everything that the probe's instruments wrap or connect to, by name."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterator
from typing import Any

# Module, class (or nothing: the module itself), attribute.
TARGETS = (
    ("asgiref.sync", "AsyncToSync", "__call__"),
    ("asgiref.sync", "SyncToAsync", "__call__"),
    ("django.core.handlers.asgi", "ASGIHandler", "__call__"),
    ("django.core.handlers.base", "BaseHandler", "get_response"),
    ("django.core.handlers.base", "BaseHandler", "get_response_async"),
    ("django.core.handlers.base", "BaseHandler", "make_view_atomic"),
    ("django.core.handlers.base", "BaseHandler", "resolve_request"),
    ("django.core.handlers.wsgi", "WSGIHandler", "__call__"),
    ("django.core.management.base", "BaseCommand", "execute"),
    ("django.http.multipartparser", "MultiPartParser", "parse"),
    ("django.http.request", "HttpRequest", "_load_post_and_files"),
    ("django.http.request", "HttpRequest", "body"),
    ("django.http.request", "HttpRequest", "read"),
    ("django.http.request", "HttpRequest", "readline"),
    ("django.http.request", "HttpRequest", "readlines"),
    ("django.http.response", "HttpResponse", "content"),
    ("django.http.response", "HttpResponse", "write"),
    ("django.http.response", "StreamingHttpResponse", "__aiter__"),
    ("django.http.response", "StreamingHttpResponse", "__iter__"),
    ("django.db.backends.utils", "CursorWrapper", "_execute_with_wrappers"),
    ("django.db.models.fields.related_descriptors", "ForwardManyToOneDescriptor", "get_object"),
    ("django.db.models.query", "", "prefetch_one_level"),
    ("django.db.models.base", "Model", "refresh_from_db"),
    ("django.db.models.query", "FlatValuesListIterable", "__iter__"),
    ("django.db.models.query", "ModelIterable", "__iter__"),
    ("django.db.models.query", "NamedValuesListIterable", "__iter__"),
    ("django.db.models.query", "QuerySet", "aggregate"),
    ("django.db.models.query", "QuerySet", "count"),
    ("django.db.models.query", "QuerySet", "delete"),
    ("django.db.models.query", "QuerySet", "exists"),
    ("django.db.models.query", "QuerySet", "update"),
    ("django.db.models.query", "RawModelIterable", "__iter__"),
    ("django.db.models.query", "ValuesIterable", "__iter__"),
    ("django.db.models.query", "ValuesListIterable", "__iter__"),
    ("django.db.models.sql.compiler", "", "cursor_iter"),
    ("django.template.backends.django", "Template", "render"),
    ("django.template.response", "SimpleTemplateResponse", "render"),
)
SIGNALS = (
    ("django.core.signals", "got_request_exception"),
    ("django.core.signals", "request_finished"),
    ("celery.signals", "task_failure"),
    ("celery.signals", "task_postrun"),
    ("celery.signals", "task_prerun"),
    ("celery.signals", "task_retry"),
)
# For as long as there is a probe, watched or not.
STANDING = (("celery.signals", "worker_process_shutdown"),)
OURS = "djscope"


def found(load: bool = False) -> dict[str, Any]:
    """Label → what stands there now, through `__dict__`; only of modules that are loaded."""
    there = {}
    for module_name, owner_name, name in TARGETS:
        if load:
            importlib.import_module(module_name)
        module = sys.modules.get(module_name)
        owner = getattr(module, owner_name) if module is not None and owner_name else module
        if owner is not None:
            there[f"{owner_name or module_name}.{name}"] = owner.__dict__[name]
    return there


def codes(value: Any) -> list[Any]:
    """The code of a function, or of those that a property consists of."""
    functions = (value.fget, value.fset) if isinstance(value, property) else (value,)
    return [code for each in functions if (code := getattr(each, "__code__", None)) is not None]


def received(signals: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """`signal uid` of each receiver that the probe connected."""
    for module_name, name in signals:
        signal = getattr(sys.modules.get(module_name), name, None)
        for entry in getattr(signal, "receivers", None) or ():
            uid = entry[0][0]
            if isinstance(uid, str) and uid.startswith(OURS):
                yield f"{name} {uid}"


def connected() -> Iterator[str]:
    """What is to be gone when nobody watches, also from garbage collections."""
    yield from received(SIGNALS)
    for callback in gc.callbacks:
        if str(getattr(callback, "__module__", "")).startswith(OURS):
            yield f"gc.callbacks {callback}"
