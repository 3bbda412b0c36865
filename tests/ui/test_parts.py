"""Small parts: pace, editor, frozen copies, keys."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from djscope.ui import keys
from djscope.ui.editor import chosen, command
from djscope.ui.frozen import copy_of
from djscope.ui.pace import PATIENCE, Pace
from djscope.ui.widgets.source import source_parts, within
from tests.builders import group, request, shop, unit


def test_pace_gives_way_and_recovers() -> None:
    """Dear paints halve the rate down to one a second; cheap ones bring it back."""
    pace = Pace()
    pace.painted(0.01)

    assert pace.period == 0.25

    pace.painted(0.07)

    assert pace.period == 0.5

    pace.painted(0.2)
    pace.painted(0.9)

    assert pace.period == 1

    for _ in range(2 * PATIENCE):
        pace.painted(0.01)

    assert pace.period == 0.25


@pytest.mark.parametrize(
    ("editor", "words"),
    [
        ("vim", ["vim", "+31", "/app/views.py"]),
        ("emacs -nw", ["emacs", "-nw", "+31", "/app/views.py"]),
        ("/usr/bin/code --wait", ["/usr/bin/code", "--wait", "--goto", "/app/views.py:31"]),
        ("subl", ["subl", "/app/views.py:31"]),
    ],
)
def test_editor_command(editor: str, words: list[str]) -> None:
    """Each editor is told the line the way it understands."""
    assert words == command(editor, Path("/app/views.py"), 31)


def test_editor_choice() -> None:
    """$VISUAL before $EDITOR, and nothing is invented."""
    assert chosen({"VISUAL": "code", "EDITOR": "vi"}) == "code"
    assert chosen({"EDITOR": "vi"}) == "vi"
    assert chosen({}) == ""


def test_a_template_is_shown_as_it_stands() -> None:
    """It is not Python, and gets none of its tones."""
    text = "{% for book in books %}\n  {{ book.author }}"
    tones = {tone for parts in source_parts("return 1", "/app/a.py") for _, tone in parts}

    assert source_parts(text, "/app/list.html") == [[(line, "")] for line in text.split("\n")]
    assert "code" in tones


@pytest.mark.parametrize(
    ("width", "shown"),
    [(13, "return book.x"), (12, "return book…"), (7, "return…"), (6, "retur…"), (1, "…")],
)
def test_a_line_of_source_that_is_too_long_says_so(width: int, shown: str) -> None:
    """It ends with a mark, whatever part the end falls into."""
    parts = [("return", "code"), (" ", ""), ("book", ""), (".x", "")]

    assert "".join(text for text, _ in within(parts, width)) == shown


def test_frozen_copy_stands_still() -> None:
    """What arrives after freezing changes nothing in the copy."""
    feed = shop()
    still = copy_of(feed.session)
    route = still.routes["request", "n-books"]
    query = next(iter(still.queries.stats.values()))
    before = (route.n, route.wall.n, route.outcomes["200"], len(route.recent), query.n)
    feed.deliver(request(unit("late", groups=[group("q-books", 1, 900)])))

    assert before == (route.n, route.wall.n, route.outcomes["200"], len(route.recent), query.n)
    assert feed.session.routes["request", "n-books"].n == route.n + 1
    assert still.events == feed.session.events - 1


def test_keys_are_unambiguous() -> None:
    """Within one place a key does one thing; freeze and resume exclude each other."""
    for place in keys.GROUPS:
        pressed = Counter(key for binding in place.keys for key in binding.key.split(","))
        pressed["space"] = 0

        assert max(pressed.values()) == 1


def test_keys_stay_clear_of_multiplexers() -> None:
    """No function keys, and none of the control keys that tmux, screens and editors take; ctrl+z
    does what it does everywhere.
    """
    taken = {"ctrl+a", "ctrl+b", "ctrl+j", "ctrl+o", "ctrl+q", "ctrl+s"}
    used = {key for place in keys.GROUPS for bound in place.keys for key in bound.key.split(",")}

    assert not used & taken
    assert [key.action for key in keys.APP if key.key == "ctrl+z"] == ["suspend_process"]
    assert not any(key.startswith("f") and key[1:].isdigit() for key in used)


def test_keys_explain_themselves() -> None:
    """Every key has a name for remapping and a sentence for the help."""
    bindings = [binding for place in keys.GROUPS for binding in place.keys]

    assert all(binding.id and binding.tooltip for binding in bindings)
    assert len({binding.id for binding in bindings}) == len(bindings)
