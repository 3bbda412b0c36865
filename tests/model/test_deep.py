"""Looking deeply: for five minutes, at what the host allows."""

from __future__ import annotations

from djscope.feed.shapes import Process, Target
from djscope.model.deep import refusal, toggled
from tests.builders import NOON, WEB, shop


def test_the_same_once_more_ends_it() -> None:
    """Others stay; what is over is let go."""
    old = Target("task", "old", NOON - 1)
    one, on = toggled((old,), "request", "books/", NOON)

    assert on
    assert one == (Target("request", "books/", NOON + 300),)

    two, on = toggled(one, "task", "report", NOON + 9)

    assert [each.name for each in two] == ["books/", "report"]
    assert on
    assert toggled(two, "request", "books/", NOON + 10) == ((two[1],), False)


def test_what_ended_by_itself_begins_anew() -> None:
    """Five more minutes, not its end."""
    one, _ = toggled((), "request", "books/", NOON)
    again, on = toggled(one, "request", "books/", NOON + 301)

    assert on
    assert again == (Target("request", "books/", NOON + 601),)


def careful() -> Process:
    """A host in production, as it is without a word."""
    return Process("web-2", 12, int(NOON) - 9, "gunicorn", "shop", max_level="watch")


def test_a_host_that_says_watch_is_not_looked_at_deeply() -> None:
    """And it is said what would change that."""
    feed = shop()
    feed.session.announce([(careful(), NOON)], NOON)
    said = refusal(feed.session, "process", careful().id)

    assert said == (
        "web-2/12 lets viewers go as far as `watch`:"
        ' for more, put DJSCOPE = {"MAX_LEVEL": "deep"} into its settings'
    )
    assert refusal(feed.session, "process", WEB.id) == ""


def test_a_route_needs_one_process_that_allows_it() -> None:
    """It is seen deeply there."""
    feed = shop()
    stat = feed.session.routes["request", "n-books"]
    feed.session.announce([(careful(), NOON)], NOON)
    stat.processes.add(careful().id)

    assert refusal(feed.session, "request", "books/") == ""

    stat.processes.discard(WEB.id)

    assert "web-2/12" in refusal(feed.session, "request", "books/")
