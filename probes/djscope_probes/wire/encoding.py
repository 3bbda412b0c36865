"""Shapes as JSON, and the ids of definitions."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

from djscope_probes.wire.events import KIND_OF, Event
from djscope_probes.wire.keys import WIRE_VERSION

Json = Any
# Before the digest of a file that changed since the process may have loaded it.
CHANGED = "~"


def event_json(event: Event) -> str:
    """`event` as the JSON array that a frame carries."""
    return dumps([KIND_OF[type(event)], *event])


def frame_json(process: str, seq: int, dropped: int, sent_at: float, events: list[str]) -> bytes:
    """A frame around events that are JSON already, in the form the channel carries."""
    head = dumps([WIRE_VERSION, process, seq, dropped, round(sent_at, 3)])
    return (head[:-1] + ",[" + ",".join(events) + "]]").encode()


def definition_id(prefix: str, text: str) -> str:
    """Content hash of a definition; the prefix says what: q(uery) s(tack) l(ine) n r c(hain)."""
    return prefix + blake2b(text.encode("utf-8", "replace"), digest_size=7).hexdigest()


def source_digest(data: bytes) -> str:
    """Of a source file, to tell whether another machine has the same."""
    return blake2b(data, digest_size=4).hexdigest()


def dumps(value: Json) -> str:
    """Compact JSON; what cannot be UTF-8 (lone surrogates in a path, say) is escaped, not lost."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)
