"""What stands in the slots of leases: anybody who may write to Redis may have put it there."""

from __future__ import annotations

import json

import pytest

from djscope_probes.control import leases_in
from djscope_probes.resp import ReplyError
from djscope_probes.wire import Lease, Target, dumps

GOOD = ["v", "me@laptop", "deep", 1.0, 1, [["request", "books/", 2.0]]]


def test_a_lease_is_read_with_its_targets() -> None:
    """A newer viewer's further fields do not matter."""
    targets = [Target("request", "books/", 2.0)]
    newer = [*GOOD[:5], [["request", "books/", 2.0, "new"]], "new"]

    for fields in (GOOD, newer):
        value = json.dumps(fields).encode()
        assert leases_in([None, value]) == [Lease("v", "me@laptop", "deep", 1.0, 1, targets)]


@pytest.mark.parametrize(
    "value",
    [
        json.dumps(["x", 5, "watch", 0, 1, []]).encode(),
        json.dumps([["x"], "u@h", "watch", 0, 1, []]).encode(),
        json.dumps(["x", "u@h", "deep", 0, 1, [["process", 7, 1.0]]]).encode(),
        json.dumps(["x", "u@h", "deep", 0, 1, [["process", "p", "soon"]]]).encode(),
        json.dumps(["x", "u@h", "deep", 0, 1, [["a"]]]).encode(),
        json.dumps(["x", "u@h", "deep", 0, 1, {"a": 1}]).encode(),
        json.dumps(["x", "u@h", "deep", 0, 1, 7]).encode(),
        json.dumps(["x", "u@h", ["watch"], 0, 1, []]).encode(),
        json.dumps(["x", "u@h", "watch", 0, 2, []]).encode(),
        b"[" * 100_000,
        b"\xff\xfe",
        b"{}",
        b"",
    ],
    ids=range(13),
)
def test_what_is_no_lease_does_not_count(value: bytes) -> None:
    """And takes nothing from the one beside it."""
    found = leases_in([value, json.dumps(GOOD).encode()])

    assert [lease.viewer for lease in found] == ["v"]


def test_a_slot_that_holds_no_lease_does_not_arm() -> None:
    """Garbage, another version, another level: nobody watches."""
    good = Lease("v", "me@here", "watch", 1.0, targets=[Target("task", "shop.report", 9.5)])
    values = [
        dumps(good).encode(), None, b"garbage", b"[]", b"[1", b'"text"', b"7",
        dumps(good._replace(wire=99)).encode(), dumps(good._replace(level="off")).encode(),
        dumps(good._replace(targets=[["task"]])).encode(), dumps(good._replace(targets=7)).encode(),
    ]  # fmt: skip

    assert leases_in(values) == [good]
    assert leases_in(ReplyError("NOPERM")) == []
