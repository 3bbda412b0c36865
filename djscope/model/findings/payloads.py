"""Verdicts on bodies held in memory: body_buffered, large_response."""

from __future__ import annotations

from collections.abc import Iterator

from djscope.model.definitions import Definitions, Place, Stack
from djscope.model.finding import Certainty, Finding, Severity
from djscope.model.findings import streaming
from djscope.model.findings.requests import view_place
from djscope.model.payloads import Handler
from djscope.model.routes import RouteStat
from djscope.model.wording import amount, size

# A body that was large once is none yet, unless it was that many times the limit.
LEAST = 3
TIMES = 10
# What Django and REST framework do on behalf of who asks for it.
ON_BEHALF = ("/django/http/", "/django/core/handlers/", "/rest_framework/")
WAYS = {"body": "request.body", "POST": "request.POST", "read": "request.read()"}


def verdicts(routes: list[RouteStat], defs: Definitions) -> Iterator[Finding]:
    for route in routes:
        for reader in route.payload.readers.values():
            memory = reader.memory
            enough = memory.over >= LEAST or memory.top >= TIMES * memory.limit
            if enough and reader.how in WAYS and defs.complete(reader.stack_id):
                yield buffered(route, reader, defs)
        for maker in route.payload.makers.values():
            if maker.size.top >= maker.memory.limit and defs.complete(maker.stack_id):
                yield large(route, maker, defs)


def buffered(route: RouteStat, reader: Handler, defs: Definitions) -> Finding:
    memory, stack, bodies = reader.memory, defs.stack(reader.stack_id), route.payload.bodies
    usual = memory.quantile(0.5)
    return Finding(
        kind="body_buffered",
        severity=Severity.WARNING,
        certainty=Certainty.CERTAIN,
        title=(
            f"{WAYS[reader.how]} holds {size(usual)} in memory {per_request(reader.n)},"
            f" at most {size(memory.top)}; in {amount(memory.over)} of {amount(bodies)} requests"
            f" with a body {least(memory.limit)}"
        ),
        unit=defs.text(route.name_id),
        where=place_of(stack) or view_place(route, defs),
        evidence={
            "read_by": WAYS[reader.how],
            "memory_bytes_p50": usual,
            "memory_bytes_max": memory.top,
            "body_bytes_p50": reader.size.quantile(0.5),
            "requests": reader.n,
            "requests_with_a_body": bodies,
            f"requests_of_{memory.limit // 1_000_000}_MB_or_more": memory.over,
        },
        advice=streaming.of_requests(reader.how, stack),
        first_seen=reader.first_at,
        last_seen=reader.last_at,
        count=memory.over,
        processes=tuple(sorted(route.processes)),
        stack_id=reader.stack_id,
    )


def large(route: RouteStat, maker: Handler, defs: Definitions) -> Finding:
    sizes, stack = maker.memory, defs.stack(maker.stack_id)
    usual = sizes.quantile(0.5)
    how = "read to its end" if maker.how == "listed" else "made in memory"
    return Finding(
        kind="large_response",
        severity=Severity.WARNING,
        certainty=Certainty.CERTAIN,
        title=(
            f"{size(usual)} {how} {per_request(maker.n)}, at most {size(sizes.top)},"
            " before the first byte is sent"
        ),
        unit=defs.text(route.name_id),
        where=place_of(stack) or view_place(route, defs),
        evidence={
            "response_bytes_p50": usual,
            "response_bytes_max": sizes.top,
            "requests": maker.n,
            f"requests_of_{sizes.limit // 1_000_000}_MB_or_more": sizes.over,
        },
        advice=streaming.of_responses(maker.how, maker.sample),
        first_seen=maker.first_at,
        last_seen=maker.last_at,
        count=sizes.over,
        processes=tuple(sorted(route.processes)),
        stack_id=maker.stack_id,
    )


def place_of(stack: Stack) -> Place | None:
    """The application's innermost line; else the library's that did it for itself."""
    own = next((place for place in stack if place.app), None)
    if own is not None:
        return own
    others = (p for p in stack if not any(part in p.file for part in ON_BEHALF))
    return next(others, None)


def per_request(n: int) -> str:
    return "in one request" if n == 1 else f"per request (p50 of {amount(n)})"


def least(limit: int) -> str:
    return f"it is {size(limit)} or more"
