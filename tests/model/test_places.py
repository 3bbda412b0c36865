"""A place is a place, whatever became of its file in one process or another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from djscope.feed.shapes import Process, StackFrame
from djscope.model.definitions import NOWHERE, Definitions, Place, fact_of
from djscope.model.findings import find
from djscope.ui.details.finding import place_line
from tests.builders import (
    DEFINITIONS,
    NOON,
    VIEW,
    WEB,
    Feed,
    group,
    n_plus_one,
    request,
    unit,
)

OTHER = Process("web-2", 9, int(NOON) - 60, "gunicorn", "shop")


def test_places_are_equal_with_and_without_a_digest() -> None:
    """Equal, with one hash, and yet each knows its own."""
    marked = replace(VIEW, digest="~12345678")

    assert marked == VIEW
    assert len({marked, VIEW}) == 1
    assert (marked.digest, VIEW.digest) == ("~12345678", "")


def test_a_digest_reaches_the_place() -> None:
    """Of a stack's frames."""
    (place,) = fact_of([StackFrame("/app/a.py", 3, "f", True, "12345678")])  # type: ignore[misc]

    assert place.digest == "12345678"


def test_a_finding_has_one_id_with_and_without_a_digest() -> None:
    """Baselines and mutes survive a deploy."""
    finding = n_plus_one()
    marked = replace(finding, where=replace(finding.where, digest="~12345678"))

    assert marked.id == finding.id


def test_two_processes_with_different_digests_make_one_finding() -> None:
    """One was started before the last edit, and one after it; an old probe sends no digest."""
    feed = Feed()
    for key, value in DEFINITIONS.items():
        feed.session.definitions.add(key, value)
    for number, (process, digest) in enumerate(((WEB, "12345678"), (OTHER, "~12345678"))):
        stack = f"s-{number}"
        feed.session.definitions.add(stack, [StackFrame(VIEW.file, VIEW.line, "f", True, digest)])
        for count in range(5):
            asked = group(n=20)
            asked.stack_id = stack
            feed.deliver(request(unit(f"{number}-{count}", groups=[asked])), process=process)
    found = [each for each in find(feed.session, NOON) if each.kind == "n_plus_one"]

    assert len(found) == 1
    assert set(found[0].processes) == {WEB.id, OTHER.id}
    assert isinstance(feed.session.definitions, Definitions)


@pytest.mark.parametrize(
    ("place", "short", "line"),
    [
        (Place("/app/shop/views.py", 31, "f"), "shop/views.py:31", "shop/views.py:31 in f"),
        (
            Place("/app/templates/shop/list.html", 4, "template"),
            "shop/list.html:4", "shop/list.html:4 in template",
        ),
        (
            Place("/app/shop/admin.py", 12, "class Admin"),
            "Admin (shop/admin.py:12)", "Admin (shop/admin.py:12)",
        ),
        (
            Place("/app/shop/admin.py", 0, "class Admin"),
            "Admin (shop/admin.py)", "Admin (shop/admin.py)",
        ),
        (Place("", 0, "field Book.author"), "Book.author", "Book.author"),
        (Place("", 0, "shop.views.book"), "shop.views.book", "shop.views.book"),
        (NOWHERE, "", ""),
    ],
)  # fmt: skip
def test_a_place_is_read_by_what_is_known_of_it(place: Place, short: str, line: str) -> None:
    """A class may have no line, a resolver no file: neither gets one made up."""
    assert (place.short, place_line(place)) == (short, line)
