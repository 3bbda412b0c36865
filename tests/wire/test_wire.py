"""Both ends of the wire agree, today's with yesterday's too."""

from __future__ import annotations

import json
import typing
from pathlib import Path

import msgspec
import pytest

from djscope.feed import decode, shapes
from djscope.feed.decode import Unreadable
from djscope_probes import wire

GOLDEN = Path(__file__).parent / "golden"
PAIRS = [
    (getattr(wire, name), getattr(shapes, name))
    for name in (
        "Process", "Target", "Lease", "StackFrame", "Relation", "Group", "Operation", "Unit",
        "Layer", "Span", "Payload", "Hop", "RequestRecorded", "TaskRecorded", "WorkRecorded",
        "ProbeReported", "Block", "LoopReported", "ThreadStack", "StacksTaken", "SourceSent",
        "Frame",
    )
]  # fmt: skip

GROUP = wire.Group(
    "q1", "l1", "s1", "get", "r1", "l2", 60, 1733, 104, 900, 60, 43, [[5, 53], [6, 7]], 60, 60,
    "default", "bypassed", 8,
)  # fmt: skip
UNIT = wire.Unit(
    "1f", 3, "ended", "n1", 1_795_348_800.25, 40_103, 35_199, 61, 2_628, 900, [GROUP], GROUP,
    [wire.Operation(0, 15_448, 894)], True, False, "KeyError", "l3", "s2", "s3",
)  # fmt: skip
EVENTS: dict[str, wire.Event] = {
    "request": wire.RequestRecorded(
        UNIT,
        "GET",
        "n2",
        200,
        "wsgi",
        39_000,
        "c1",
        [wire.Span(0, 12, 38_000, 1_200)],
        wire.Payload(90_000, 90_000, 80_000, "body", "s4", 512, True, 3, 40_000, True, "s5"),
        [
            wire.Hop(
                "sync_to_async", "s6", "n3", "shared", 4, 1_500, 900, 8_000, 40, 700, "s8", True
            )
        ],
    ),
    "task": wire.TaskRecorded(UNIT, "a-uuid", "SUCCESS", 2, "celery@jobs", "default", 1_250),
    "work": wire.WorkRecorded(UNIT, "command"),
    "probe": wire.ProbeReported(
        "watch", 1.5, 7, 2, 1, ["queries: KeyError"], ["A.b"], 2976, 1283, 4, "6 % of a core"
    ),
    "loop": wire.LoopReported(
        "7f1c",
        "uvloop",
        100,
        350_000,
        [[8, 99], [19, 1]],
        [wire.Block("s7", "io", 1, 350_000, 350_000, 900, 100, "1f", "n1", "Task-7")],
    ),
    "stacks": wire.StacksTaken(
        "a1", 1.5, [wire.ThreadStack("thread", "MainThread", "s2", "1f", 4711)], 3
    ),
    "source": wire.SourceSent("a2", "/app/shop/views.py", 11, "x = 1\n", "9f3c", ""),
}


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda shape: shape.__name__)
def test_probe_and_viewer_have_the_same_fields_in_the_same_order(
    ours: type, theirs: type[msgspec.Struct]
) -> None:
    """An array has no names: order is meaning."""
    assert ours._fields == theirs.__struct_fields__  # type: ignore[attr-defined]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda shape: shape.__name__)
def test_only_trailing_fields_have_defaults(ours: type, theirs: type[msgspec.Struct]) -> None:
    """New fields go to the end: then either side may be the older one."""
    defaults = list(ours._field_defaults)  # type: ignore[attr-defined]

    assert list(ours._fields)[len(ours._fields) - len(defaults) :] == defaults  # type: ignore[attr-defined]
    assert len(theirs.__struct_defaults__) == len(defaults)


@pytest.mark.parametrize("kind", wire.KINDS)
def test_every_event_kind_has_a_golden_file_that_still_decodes(kind: str) -> None:
    """What an older probe sends today must be readable tomorrow. (A new field: a new file.)"""
    files = GOLDEN.glob(f"{kind}.v{wire.WIRE_VERSION}*.json")
    *older, newest = sorted(files, key=lambda path: path.stem)

    assert wire.event_json(EVENTS[kind]).encode() == newest.read_bytes().strip()
    for path in [*older, newest]:
        event = msgspec.json.decode(path.read_bytes(), type=shapes.Event)
        assert json.loads(path.read_text())[0] == kind
        assert type(event).__name__ == type(EVENTS[kind]).__name__


def frame(*events: str, version: int = wire.WIRE_VERSION) -> bytes:
    body = wire.frame_json("web-1/4711@1", 7, 2, 1_000.0, list(events))
    return body.replace(b"[%d," % wire.WIRE_VERSION, b"[%d," % version, 1)


def test_a_frame_arrives_with_clocks_compared() -> None:
    """Redis time orders; the skew brings the sender's clock to it."""
    bad = Unreadable()
    found = decode.delivery(b"1001500-0", frame(wire.event_json(EVENTS["request"])), bad)

    assert found is not None
    assert (found.process, found.seq, found.dropped) == ("web-1/4711@1", 7, 2)
    assert (found.at, found.skew) == (1001.5, 1.5)
    assert isinstance(found.events[0], shapes.RequestRecorded)
    assert found.events[0].unit.groups[0].n == 60
    assert bad.sentence() == ""


def test_fields_of_a_newer_probe_are_ignored() -> None:
    """They come at the end."""
    newer = json.loads(wire.event_json(EVENTS["probe"]))
    found = decode.delivery(b"1-0", frame(json.dumps([*newer, "new", {"x": 1}])), Unreadable())

    assert found is not None
    assert len(found.events) == 1


def test_fields_that_an_older_probe_lacks_have_their_defaults() -> None:
    """A request without `responded_us` and what came later, say."""
    older = json.loads(wire.event_json(EVENTS["request"]))[:6]
    found = decode.delivery(b"1-0", frame(json.dumps(older)), Unreadable())

    assert found is not None
    (event,) = found.events
    assert isinstance(event, shapes.RequestRecorded)
    assert event.responded_us == -1


def test_an_unknown_event_costs_only_itself() -> None:
    """A newer probe's new kind, or a broken one: counted, the others arrive."""
    bad = Unreadable()
    good = wire.event_json(EVENTS["task"])
    found = decode.delivery(b"1-0", frame('["memory",1]', good, '["task",1]', "{}"), bad)

    assert found is not None
    assert len(found.events) == 1
    assert bad.events == 3
    assert "3 events could not be read" in bad.sentence()


def test_another_wire_version_is_named() -> None:
    """The remedy is in the sentence."""
    bad = Unreadable()

    assert decode.delivery(b"1-0", frame(version=99), bad) is None
    assert "wire version 99" in bad.sentence()
    assert "install the same djscope" in bad.sentence()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b"null", b"[1]", b'["x"]', b"\xff\xfe", b"[" * 5_000,
        b"[1," + b"0" * 70_000,
    ],
    ids=range(9),
)  # fmt: skip
def test_garbage_is_counted_not_raised(body: bytes) -> None:
    """Anybody may write to a stream."""
    bad = Unreadable()

    assert decode.delivery(b"1-0", body, bad) is None
    assert bad.frames == 1


@pytest.mark.parametrize("value", [b"", b"{}", b"[1,2]", b"nope", b'"' + b"x" * 40_000 + b'"'])
@pytest.mark.parametrize("key", ["q1", "n1", "l1", "s1", "r1", "x1", ""])
def test_a_definition_that_is_none_is_none(key: str, value: bytes) -> None:
    """The id's letter says what the value has to be."""
    assert decode.definition(key, value) is None


def test_lone_surrogates_travel() -> None:
    """A path in a strange encoding must not stop the frame."""
    text = wire.dumps("/app/\udcff.py")

    assert text.isascii()
    assert wire.definition_id("n", "/app/\udcff.py").startswith("n")


def test_shapes_are_documented() -> None:
    """Each says what its fields mean where the names do not."""
    for ours, _ in PAIRS:
        assert ours.__doc__
        assert not ours.__doc__.startswith(f"{ours.__name__}("), ours.__name__
    assert set(typing.get_args(wire.Event)) == set(wire.KINDS.values())
