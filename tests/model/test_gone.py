"""After a reload: what went away says so, and nothing else does."""

from __future__ import annotations

import pytest

from djscope.feed.shapes import StackFrame
from djscope.model.finding import Gone, Severity
from djscope.model.generations import needed
from djscope.model.snapshot import finding_out
from tests.model.reload import Reload
from tests.model.scene import group, lazy

MANY = lazy(n=214, peak=214, parents=214, params=214)
PREFETCH = group(n=1, params=1, access="prefetch", sql_id="qall")


def reloaded(before: int = 10) -> Reload:
    """A worker showed an N+1 in so many requests, ended, and another one has started."""
    scene = Reload()
    old = scene.start(1)
    scene.serve(old, MANY, times=before)
    scene.start(2)
    scene.end(old)
    return scene


def test_a_finding_that_went_away_says_so() -> None:
    """Before and after, and what that rests on: not open any more, and no alarm."""
    scene = reloaded()
    since = scene.scene.at + 1
    scene.scene.session.define("qall", "SELECT a FROM t WHERE id IN (…)")
    scene.serve(scene.there[0], PREFETCH, times=12)
    (told,) = scene.gone

    assert scene.open == []
    assert told.title == (
        "Book.author: gone: 214 → 1 queries per request, in 12 requests by 1 new process"
    )
    assert told.gone == Gone(214, 1, 12, 1, since)
    assert (told.kind, told.severity, told.advice) == ("n_plus_one", Severity.INFO, [])


def test_nothing_is_said_before_what_came_after_is_known() -> None:
    """Definitions may come after the requests that use them: the prefetch would count as none."""
    scene = reloaded()
    scene.serve(scene.there[0], PREFETCH, times=12)

    assert scene.open == scene.gone == []

    scene.scene.session.define("qall", "SELECT a FROM t WHERE id IN (…)")

    assert "gone: 214 → 1 queries per request" in scene.gone[0].title


def test_a_join_leaves_none() -> None:
    """`select_related`: nothing goes through the relation any more."""
    scene = reloaded()
    scene.serve(scene.there[0], times=4)

    assert "gone: 214 → 0 lazy loads per request" in scene.gone[0].title


def test_it_keeps_the_id_of_what_was_found() -> None:
    """So that mutes, baselines and links still mean it."""
    scene = reloaded()
    (before,) = scene.open
    scene.serve(scene.there[0], times=4)

    assert scene.gone[0].id == before.id


def test_a_count_below_the_threshold_is_gone_too() -> None:
    """The same line still loads lazily, twice."""
    scene = reloaded()
    scene.serve(scene.there[0], lazy(n=2, peak=2, parents=2, params=2), times=6)

    assert scene.open == []
    assert "gone: 214 → 2 queries per request" in scene.gone[0].title


@pytest.mark.parametrize("requests", [0, 1, 2])
def test_too_few_requests_say_nothing_yet(requests: int) -> None:
    """The finding stays, with how much the new process has done so far."""
    scene = reloaded()
    scene.serve(scene.there[0], times=requests)
    (still,) = scene.open

    assert scene.gone == []
    word = "request" if requests == 1 else "requests"
    so_far = f"not seen, {requests} {word} so far" if requests else None
    assert still.evidence.get("since_the_reload") == so_far


def test_requests_of_other_routes_say_nothing() -> None:
    """However many."""
    scene = reloaded()
    scene.scene.session.define("nother", "orders/")
    scene.serve(scene.there[0], times=40, route="nother")

    assert [each.kind for each in scene.open] == ["n_plus_one"]
    assert scene.gone == []


def test_an_old_process_that_is_still_there_keeps_it_open() -> None:
    """A rolling restart: one of two has been replaced."""
    scene = Reload()
    one, other = scene.start(1), scene.start(2)
    scene.serve(one, MANY, times=5)
    scene.serve(other, MANY, times=5)
    new = scene.start(3)
    scene.end(one)
    scene.serve(new, times=30)

    assert [each.kind for each in scene.open] == ["n_plus_one"]
    assert scene.gone == []

    scene.end(other)

    assert scene.open == []
    assert len(scene.gone) == 1


def test_nobody_ended_nothing_is_gone() -> None:
    """New workers beside the old ones: somebody has scaled up."""
    scene = Reload()
    old = scene.start(1)
    scene.serve(old, MANY, times=5)
    scene.serve(scene.start(2), times=30)

    assert len(scene.open) == 1
    assert scene.gone == []


def test_a_recycled_worker_with_the_same_code_has_it_again() -> None:
    """One finding, of all its requests."""
    scene = reloaded()
    scene.serve(scene.there[0], MANY, times=8)

    assert [each.kind for each in scene.open] == ["n_plus_one"]
    assert scene.gone == []


def test_a_sibling_as_old_as_the_one_that_ended_is_no_heir() -> None:
    """It has had the same code all along, and other requests."""
    scene = Reload()
    sibling = scene.start(1)
    old = scene.start(2)
    scene.serve(old, MANY, times=5)
    scene.end(old)
    scene.serve(sibling, times=30)

    assert len(scene.open) == 1
    assert scene.gone == []


def test_what_not_every_request_did_takes_more_of_them() -> None:
    """A tenth had it: ten without it are chance."""
    scene = Reload()
    old = scene.start(1)
    for _ in range(4):
        scene.serve(old, MANY)
        scene.serve(old, times=9)
    new = scene.start(2)
    scene.end(old)
    scene.serve(new, times=10)

    assert len(scene.open) == 1
    assert scene.gone == []

    scene.serve(new, times=50)

    assert scene.open == []
    assert scene.gone[0].gone == Gone(214, 0, 60, 1, scene.gone[0].gone.since)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("with_it", "units", "least"), [(60, 60, 3), (10, 10, 3), (4, 4, 4), (1, 1, 7), (10, 100, 61)]
)
def test_how_many_it_takes(with_it: int, units: int, least: int) -> None:
    """A thousand to one against chance, and never fewer than three."""
    assert needed(with_it, units) == least


def test_a_line_that_moved_is_the_same_finding() -> None:
    """Edited above and not mended: open once, and not gone."""
    scene = reloaded()
    scene.scene.session.define("lmoved", StackFrame("/app/shop/views.py", 35, "books", True))
    moved = lazy(n=214, peak=214, parents=214, params=214, site_id="lmoved")
    for _ in range(6):
        scene.serve(scene.there[0], moved)

        assert [each.kind for each in scene.open] == ["n_plus_one"]
        assert scene.open[0].where.line == 35
        assert scene.gone == []


def test_what_comes_back_is_open_again() -> None:
    """A third generation has it once more."""
    scene = reloaded()
    mended = scene.there[0]
    scene.serve(mended, times=5)
    assert len(scene.gone) == 1
    scene.end(mended)
    scene.serve(scene.start(3), MANY, times=2)

    assert [each.kind for each in scene.open] == ["n_plus_one"]
    assert scene.gone == []


def test_new_code_is_not_hidden_by_what_the_old_did() -> None:
    """A new N+1: the median is that of the processes that are there."""
    scene = Reload()
    old = scene.start(1)
    scene.serve(old, lazy(n=1, peak=1, parents=1, params=1), times=60)
    new = scene.start(2)
    scene.end(old)
    scene.serve(new, MANY, times=5)
    (found,) = scene.open

    assert found.evidence["queries_per_unit_p50"] == 214


def test_a_process_that_fell_silent_has_ended() -> None:
    """Killed, it could not take itself out of the list."""
    scene = Reload()
    old = scene.start(1)
    scene.serve(old, MANY, times=5)
    new = scene.start(2)
    scene.serve(new, times=5)
    scene.scene.at += 100
    scene.there.remove(old)
    scene.serve(new, times=5)

    assert scene.open == []
    assert len(scene.gone) == 1


def test_loops_and_duplicates_go_away_as_well() -> None:
    """Those are the same SQL, wherever it is asked for."""
    scene = Reload()
    old = scene.start(1)
    scene.serve(old, group(n=20, params=20), times=5)
    new = scene.start(2)
    scene.end(old)
    scene.serve(new, group(n=1, params=1), times=5)

    assert scene.open == []
    assert scene.gone[0].kind == "query_loop"
    assert scene.gone[0].title.startswith("gone: 20 → 1 queries per request")


def test_a_loop_that_went_is_not_all_queries() -> None:
    """The request may make others still."""
    scene = Reload()
    old = scene.start(1)
    scene.serve(old, group(n=20, params=20), times=5)
    new = scene.start(2)
    scene.end(old)
    scene.serve(new, times=5)

    assert scene.gone[0].title.startswith("gone: 20 → 0 such queries per request")


def test_tasks_are_told_by_runs() -> None:
    """In new children of a worker."""
    scene = Reload()
    old = scene.start(1)
    scene.run(old, MANY, times=5)
    new = scene.start(2)
    scene.end(old)
    scene.run(new, times=5)

    assert "0 lazy loads per task, in 5 tasks by 1 new process" in scene.gone[0].title


def test_after_a_while_it_is_not_told_any_more() -> None:
    """Ten minutes after the first request of the new processes."""
    scene = reloaded()
    scene.serve(scene.there[0], times=5)
    assert len(scene.gone) == 1
    scene.scene.at += 600
    scene.serve(scene.there[0])

    assert scene.gone == []
    assert scene.open == []


def test_it_is_told_in_json() -> None:
    """With numbers, not only words."""
    scene = reloaded()
    scene.serve(scene.there[0], PREFETCH, times=12)
    scene.scene.session.define("qall", "SELECT a FROM t WHERE id IN (…)")
    out = finding_out(scene.gone[0], scene.scene.session.definitions)

    assert out.gone is not None
    assert (out.gone.before, out.gone.after, out.gone.units, out.gone.processes) == (214, 1, 12, 1)
