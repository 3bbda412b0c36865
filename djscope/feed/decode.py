"""Bytes off the channel → deliveries. Whatever a process sends, this does not raise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from djscope.feed.delivery import Delivery
from djscope.feed.shapes import (
    Definition,
    Event,
    Frame,
    Layer,
    Lease,
    Process,
    Relation,
    StackFrame,
)
from djscope_probes.wire import WIRE_VERSION

# No honest frame or definition is larger; what is was not written by a probe.
FRAME_LIMIT = 64_000
TEXT_LIMIT = 32_000

_frame = msgspec.json.Decoder(Frame)
_items = msgspec.json.Decoder(list[msgspec.Raw])
_event = msgspec.json.Decoder(Event)
_process = msgspec.json.Decoder(Process)
_lease = msgspec.json.Decoder(Lease)
# By the letter that a definition's id begins with, see `djscope_probes.wire.definition_id`.
_DEFINITIONS: dict[str, Callable[[bytes], Definition]] = {
    "q": msgspec.json.Decoder(str).decode,
    "n": msgspec.json.Decoder(str).decode,
    "l": msgspec.json.Decoder(StackFrame).decode,
    "s": msgspec.json.Decoder(list[StackFrame]).decode,
    "r": msgspec.json.Decoder(Relation).decode,
    "c": msgspec.json.Decoder(list[Layer]).decode,
}


@dataclass(slots=True)
class Unreadable:
    """What could not be read, and how often: shown, never silent."""

    frames: int = 0
    events: int = 0
    versions: set[int] = field(default_factory=set)

    def sentence(self) -> str:
        """Empty while all was readable."""
        parts = []
        if self.versions:
            versions = ", ".join(map(str, sorted(self.versions)))
            parts.append(
                f"probes speak wire version {versions}, this viewer reads {WIRE_VERSION}:"
                " install the same djscope on both sides"
            )
        if self.frames or self.events:
            parts.append(f"{self.frames} frames and {self.events} events could not be read")
        return "; ".join(parts)


def delivery(entry_id: bytes, body: bytes, bad: Unreadable) -> Delivery | None:
    """One entry of the channel; None (and counted) when it is not a frame we can read."""
    frame = _read_frame(body, bad)
    if frame is None:
        return None
    events = [known for raw in frame.events if (known := event(raw)) is not None]
    bad.events += len(frame.events) - len(events)
    at = int(entry_id.partition(b"-")[0]) / 1000
    return Delivery(
        process=frame.process,
        at=at,
        skew=at - frame.sent_at,
        seq=frame.seq,
        dropped=frame.dropped,
        events=events,
        bytes=len(body),
    )


def event(body: bytes | msgspec.Raw) -> Event | None:
    """One event; None when it is not one."""
    try:
        found: Event = _event.decode(body)
        return found
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _read_frame(body: bytes, bad: Unreadable) -> Frame | None:
    try:
        if len(body) > FRAME_LIMIT:
            raise ValueError("larger than any frame")
        wire = msgspec.json.decode(_items.decode(body)[0], type=int)
        if wire != WIRE_VERSION:
            bad.versions.add(wire)
            return None
        return _frame.decode(body)
    except (msgspec.MsgspecError, ValueError, IndexError, RecursionError):
        bad.frames += 1
        return None


def definition(key: str, value: bytes) -> Definition | None:
    """The value of a definition, by the kind its id begins with; None when it is not one."""
    decode = _DEFINITIONS.get(key[:1])
    if decode is None or len(value) > TEXT_LIMIT:
        return None
    try:
        return decode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def process(member: bytes) -> Process | None:
    """A member of the process list; None when it is not one."""
    try:
        return _process.decode(member)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def lease(value: bytes) -> Lease | None:
    """The value of a lease slot; None when it is not one."""
    try:
        return _lease.decode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
