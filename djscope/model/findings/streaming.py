"""What to do instead of holding a body in memory, by who holds it."""

from __future__ import annotations

from djscope.model.definitions import Place, Stack
from djscope.model.finding import Advice
from djscope.model.units import UnitFact

# How methods of middlewares are called, and who calls the view.
HOOKS = ("process_request", "process_view", "process_response", "__call__", "__acall__")
VIEW_CALLERS = ("_get_response", "_get_response_async")
LIBRARIES = ("/site-packages/", "/dist-packages/")
CSRF = "/django/middleware/csrf.py"
REST = "/rest_framework/"

IN_CHUNKS = Advice(
    "read it in chunks, and write each where it is to go: a chunk is then all that is held",
    "while chunk := request.read(64 * 1024): file.write(chunk)",
)
AS_A_FORM = Advice(
    "or have it sent as a form (multipart/form-data): what is large Django puts on disk",
    'for chunk in request.FILES["file"].chunks(): file.write(chunk)',
)
REST_UPLOAD = Advice(
    "a file: REST framework's FileUploadParser reads it in chunks, and a large one to disk;"
    " JSONParser and FormParser need all of the body at once, so let clients send less in one"
    " request",
    "parser_classes = [FileUploadParser]",
)
ON_DISK = Advice(
    "keep uploads on disk, before anything has asked for POST or FILES",
    "request.upload_handlers = [TemporaryFileUploadHandler(request)]",
)
EVERYWHERE = Advice(
    "or everywhere, in the settings; and a FILE_UPLOAD_MAX_MEMORY_SIZE that was raised can go down",
    'FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]',
)
BEFORE_CSRF = Advice(
    "CsrfViewMiddleware reads the form before the view does: set the upload handlers in a view that"
    " it leaves alone, and have the one behind it checked",
    "@csrf_exempt\ndef upload(request):\n"
    "    request.upload_handlers = [TemporaryFileUploadHandler(request)]\n"
    "    return checked(request)\n\n\n"
    "@csrf_protect\ndef checked(request):\n    ...",
)
READ_LESS = Advice(
    "it reads the body of each request that comes by: ask for method, path, type and size first",
    'if int(request.META.get("CONTENT_LENGTH") or 0) <= 64 * 1024: body = request.body',
)
MIND = Advice(
    "what it takes with request.body stays in memory for all that is behind it, and where something"
    " has read the stream before (request.read(), a multipart form) it raises RawPostDataException"
)
ROWS = Advice(
    "send it while it is made; rows of a queryset by iterator(), so that they are not held either",
    "return StreamingHttpResponse(line(row) for row in rows.iterator())",
)
ASYNC_ROWS = Advice(
    "send it while it is made, from an async generator; rows of a queryset by aiterator()",
    "return StreamingHttpResponse(line(row) async for row in rows.aiterator())",
)
PAGES = Advice("or answer in pages: a list that nobody reads to its end need not be made")
FILE = Advice("a file that is there already", 'return FileResponse(open(path, "rb"))')
SERVED = Advice(
    "a file that is there already: let the web server in front send it (X-Accel-Redirect,"
    " X-Sendfile), since FileResponse, too, is read to its end under ASGI"
)
ASYNC_ITERATOR = Advice(
    "make it an async iterator: under ASGI Django reads a sync one to its end first",
    "return StreamingHttpResponse(line(row) async for row in rows.aiterator())",
)


def of_requests(how: str, stack: Stack) -> list[Advice]:
    """Instead of reading a whole body."""
    if is_middleware(stack):
        who = library_of(stack)
        if how == "POST" and any(CSRF in place.file for place in stack):
            return [BEFORE_CSRF, EVERYWHERE]
        told = f"{who}: see whether it can be told what to leave alone" if who else ""
        return [*([Advice(told)] if told else [READ_LESS]), MIND]
    if how == "POST":
        return [ON_DISK, EVERYWHERE]
    if any(REST in place.file for place in stack):
        return [REST_UPLOAD]
    return [IN_CHUNKS, AS_A_FORM]


def of_responses(how: str, sample: UnitFact | None) -> list[Advice]:
    """Instead of making a whole response."""
    if how == "listed":
        return [ASYNC_ITERATOR, SERVED]
    if sample is not None and sample.protocol == "asgi":
        return [ASYNC_ROWS, PAGES, SERVED]
    return [ROWS, PAGES, FILE]


def is_middleware(stack: Stack) -> bool:
    """Whether a middleware reads for itself: of what its layer's stack has the view is no part.

    A stack ends at the layer that the reader is in. Under ASGI sync code runs in a thread, which
    may have been lent by a middleware further out that waits for all of it.
    """
    near = in_thread(stack)
    named = [place for place in near if is_hook(place)]
    if any(place.function.rpartition(".")[2] in VIEW_CALLERS for place in near):
        # By a decorator, or CSRF protection in process_view.
        return any(not hook.function.endswith("__call__") for hook in named)
    return bool(named) or any("middleware" in place.file for place in near)


def in_thread(stack: Stack) -> Stack:
    """What asgiref called in a thread, without what is around the call."""
    ends = (index for index, place in enumerate(stack) if "/asgiref/" in place.file)
    return stack[: next(ends, len(stack))]


def is_hook(place: Place) -> bool:
    return place.function.rpartition(".")[2] in HOOKS


def library_of(stack: Stack) -> str:
    """`a library's (tracing/middleware.py)`, if no line of the project's is in it."""
    if any(place.app for place in stack):
        return ""
    found = next(
        (p for p in stack if any(x in p.file for x in LIBRARIES) and "/django/" not in p.file), None
    )
    return f"it is a library's ({found.short})" if found else ""
