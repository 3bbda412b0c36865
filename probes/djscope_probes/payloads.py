"""Bytes of a request's body and of its response, as they are booked on its unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from djscope_probes import wire
from djscope_probes.clock import now_ns
from djscope_probes.definitions import Definitions
from djscope_probes.wire import StackFrame

if TYPE_CHECKING:
    from djscope_probes.units import RequestUnit


class Payload:
    """Of one request. What the class says holds until something else is known: making one is cheap.

    `held`: bytes of the body kept as a whole; `largest`: of what one `read()` returned. `depth`:
    hooks under way, the outermost of which says how the body is read. `handed`: the server sends a
    file by itself. `eager`: a sync iterator under ASGI, which Django reads to its end first.
    """

    announced = -1
    read = 0
    held = 0
    largest = 0
    how = ""
    reader: Sequence[StackFrame] = ()
    depth = 0
    sent = -1
    streamed = False
    eager = False
    handed = False
    chunks = 0
    first_ns = 0
    complete = False
    builder: Sequence[StackFrame] = ()

    @property
    def memory(self) -> int:
        """Bytes of the body that are held at once."""
        return max(self.held, self.largest)

    def count(self, size: int) -> None:
        """One chunk of a response that is streamed."""
        if not self.chunks:
            self.first_ns = now_ns()
        self.chunks += 1
        self.sent += size


def of(unit: RequestUnit) -> Payload:
    """The unit's, from now on."""
    if unit.payload is None:
        unit.payload = Payload()
    return unit.payload


def announced(meta: Any) -> int:
    """Content-Length, -1 without one; of two that Django joined neither counts."""
    length = meta.get("CONTENT_LENGTH") if meta else None
    return int(length) if type(length) is str and length.isdecimal() else -1


def told(unit: RequestUnit, defs: Definitions) -> wire.Payload | None:
    """As it travels; None before anything is known."""
    payload = unit.payload
    if payload is None:
        return None
    began = payload.chunks > 0 and not payload.handed
    return wire.Payload(
        payload.announced,
        payload.read,
        payload.memory,
        payload.how,
        defs.stack(list(payload.reader)) if payload.reader else "",
        payload.sent,
        payload.streamed and not payload.eager,
        payload.chunks,
        (payload.first_ns - unit.began_ns) // 1000 if payload.first_ns else -1,
        began and not payload.complete and not unit.open,
        defs.stack(list(payload.builder)) if payload.builder else "",
    )
