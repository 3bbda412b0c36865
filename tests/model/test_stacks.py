"""Stacks of a process: in which order, as text, as JSON."""

from __future__ import annotations

import json

from djscope.feed.shapes import StacksTaken, ThreadStack
from djscope.model.snapshot import to_json
from djscope.model.stacks import Taken, as_json, complete, from_probe, lines
from tests.builders import NOON, WEB, Feed, shop

ANSWER = StacksTaken(
    "w0rd", NOON,
    [
        ThreadStack("thread", "MainThread", "s-lib", "", 4711),
        ThreadStack("task", "Task-9", "s-task"),
        ThreadStack("thread", "pool-1", "s-view", "o2", 4713),
        ThreadStack("thread", "pool-2", "s-task", "quick", 4714),
    ],
    2,
)  # fmt: skip


def taken(feed: Feed, unit: str = "") -> Taken:
    session = feed.session
    process = session.processes[WEB.id]
    return from_probe(ANSWER, process, session.running.values(), session.definitions, unit)


def test_the_oldest_work_stands_first() -> None:
    """Then other work, then the application's code, then the rest."""
    names = [thread.name for thread in taken(shop()).threads]

    assert names == ["pool-1", "pool-2", "Task-9", "MainThread"]


def test_what_was_asked_about_stands_before_all() -> None:
    """And is marked."""
    first, *others = taken(shop(), "quick").threads

    assert (first.name, first.own) == ("pool-2", True)
    assert not any(thread.own for thread in others)


def test_a_thread_says_what_it_works_for() -> None:
    """By the unit's name and age, where the viewer knows the unit."""
    found = {thread.name: (thread.work, thread.age_s) for thread in taken(shop()).threads}

    assert found["pool-1"] == ("orders/<int:pk>/", 75.0)
    assert found["pool-2"] == found["MainThread"] == ("", 0.0)


def test_plain_text_is_innermost_first_and_marks_ours() -> None:
    """For a terminal without a screen, and for chat."""
    text = list(lines(taken(shop(), "o2")))

    assert text[:6] == [
        "web-1/4711: 3 threads, 1 asyncio task, taken by its probe",
        "",
        "thread pool-1 (4713): orders/<int:pk>/ for 75 s, asked about",
        "  /lib/django/db/models/query.py:412 in __iter__",
        "> /app/shop/views.py:31 in book_list",
        "> /app/shop/middleware.py:18 in __call__",
    ]
    assert text[-1] == "2 more did not fit"


def test_as_json() -> None:
    """Documented keys, every field there."""
    read = json.loads(to_json(as_json(taken(shop()))))

    assert list(read) == ["schema", "process", "by", "taken_at", "left_out", "threads"]
    assert list(read["threads"][0]) == [
        "kind", "name", "native_id", "unit", "work", "state", "age_s", "stack",
    ]  # fmt: skip
    assert read["threads"][0]["stack"][1] == {
        "file": "/app/shop/views.py", "line": 31, "function": "book_list", "app": True,
    }  # fmt: skip
    assert read["threads"][-1]["age_s"] is None


def test_stacks_whose_texts_are_on_their_way_are_not_complete() -> None:
    """They travel apart."""
    definitions = shop().session.definitions

    assert not complete(ANSWER, definitions)

    definitions.known["s-lib"] = ()

    assert complete(ANSWER, definitions)
