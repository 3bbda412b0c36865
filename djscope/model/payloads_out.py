"""Bodies of a route in the shapes of the snapshot's JSON."""

from __future__ import annotations

from djscope.model.definitions import Definitions, Place
from djscope.model.findings.payloads import place_of
from djscope.model.payloads import Handler, PayloadStat
from djscope.model.schema import BodyOut, Line, PayloadOut


def payload_out(stat: PayloadStat, defs: Definitions) -> PayloadOut | None:
    """None where nothing was heard of any."""
    if not (stat.received.n or stat.sent.n or stat.streamed):
        return None
    return PayloadOut(
        bodies=stat.bodies,
        received_bytes_p50=stat.received.quantile(0.5),
        received_bytes_max=stat.received.top,
        memory_bytes_max=stat.memory.top,
        sent_bytes_p50=stat.sent.quantile(0.5),
        sent_bytes_max=stat.sent.top,
        streamed=stat.streamed,
        closed_early=stat.closed,
        first_chunk_us_p50=stat.first.quantile(0.5) if stat.first.n else None,
        readers=[body_out(each, defs) for each in stat.readers.values()],
        makers=[body_out(each, defs) for each in stat.makers.values()],
    )


def body_out(handler: Handler, defs: Definitions) -> BodyOut:
    stack = defs.stack(handler.stack_id)
    where = place_of(stack)
    return BodyOut(
        how=handler.how,
        where=line(where) if where else None,
        n=handler.n,
        bytes_p50=handler.size.quantile(0.5),
        bytes_max=handler.size.top,
        memory_bytes_max=handler.memory.top,
        stack=[line(place) for place in stack],
    )


def line(place: Place) -> Line:
    return Line(place.file, place.line, place.function)
