"""What is no event, and no less read by others' versions: the list of processes, leases, the frame
itself, definitions. And of all shapes: which field stands where.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from djscope.feed import decode, shapes
from djscope_probes import wire
from tests.wire.test_wire import PAIRS

GOLDEN = Path(__file__).parent / "golden"
VERSION = f"v{wire.WIRE_VERSION}"

# By name: a shape whose fields change places is another one.
PROCESS = {
    "host": "web-7f9c", "pid": 4711, "started": 1_795_348_800, "kind": "gunicorn", "app": "shop",
    "release": "2026.11", "python": "3.11.7", "django": "5.2.19", "celery": "5.7.0",
    "probe": "0.1.0", "wire": 1, "max_level": "watch", "allow": ("source",),
}  # fmt: skip
TARGET = {"kind": "task", "name": "shop.report", "until": 1_795_348_900.5}
LEASE = {
    "viewer": "9f3c2a", "who": "ada@laptop", "level": "deep", "since": 1_795_348_800.25, "wire": 1,
}  # fmt: skip
FRAME = {"file": "/app/shop/views.py", "line": 11, "function": "home", "app": True}
RELATION = {
    "model": "shop.Book", "name": "author", "path": "author", "kind": "fk", "root": "shop.Order",
    "to": "shop.Author", "back": "books",
}  # fmt: skip
LAYER = {
    "name": "shop.middleware.Plain", "hook": "call", "mode": "sync", "can": "both", "adapter": "a",
}  # fmt: skip


def made(of: Any) -> dict[str, Any]:
    """Each by the fields of one side, `of.Process` and so on."""
    digested = of.StackFrame(**FRAME, digest="0a1b2c3d")
    return {
        "process": of.Process(**PROCESS),
        "lease": of.Lease(**LEASE, targets=(of.Target(**TARGET),)),
        "definition-q": "SELECT %s",
        "definition-n": "shop.views.home",
        "definition-l": of.StackFrame(**FRAME),
        "definition-s": [digested],
        "definition-r": of.Relation(**RELATION),
        "definition-c": [of.Layer(**LAYER, line=of.StackFrame(**FRAME))],
    }


def read(name: str, body: bytes) -> Any:
    """As a viewer does."""
    if name.startswith("definition"):
        return decode.definition(name[-1], body)
    return {"process": decode.process, "lease": decode.lease}[name](body)


@pytest.mark.parametrize("name", made(wire))
def test_what_is_no_event_has_a_golden_file_too(name: str) -> None:
    """What probes and viewers write today is what it was, and is read by its names."""
    golden = (GOLDEN / f"{name}.{VERSION}.json").read_bytes().strip()

    assert wire.dumps(made(wire)[name]).encode() == golden
    assert read(name, golden) == made(shapes)[name]


def test_the_frame_has_a_golden_file() -> None:
    """Who sent it, which one it is, how many events were dropped, when by the sender's clock."""
    golden = (GOLDEN / f"frame.{VERSION}.json").read_bytes().strip()
    body = wire.frame_json(
        process="web-7f9c/4711@1795348800",
        seq=7,
        dropped=2,
        sent_at=1_795_348_801.125,
        events=["[]"],
    )
    found = msgspec.json.decode(golden, type=shapes.Frame)

    assert body == golden
    assert (found.wire, found.process) == (1, "web-7f9c/4711@1795348800")
    assert (found.seq, found.dropped, found.sent_at) == (7, 2, 1_795_348_801.125)
    assert [bytes(event) for event in found.events] == [b"[]"]


def test_every_field_stands_where_it_stood() -> None:
    """Of events as well: two fields of one type that change places look the same in an array.

    (A new field: at the end of its shape there.)
    """
    fields = {ours.__name__: list(ours._fields) for ours, _ in PAIRS}

    assert fields == json.loads((GOLDEN / f"fields.{VERSION}.json").read_text())
