"""Each rule on requests and tasks: what must fire beside what must not."""

from __future__ import annotations

from typing import Any

import pytest

from djscope.model.finding import Certainty
from tests.model.scene import Scene


def running(scene: Scene, kind: str, seconds: int, **changes: Any) -> None:
    """A unit that reports each second; `now_id` and `queries` may be functions of the second."""
    began = scene.at
    responded = changes.pop("responded_us", -1)
    for second in range(1, seconds + 1):
        scene.at = began + second
        now = {name: value(second) if callable(value) else value for name, value in changes.items()}
        fields = {
            "id": "slow", "revision": second, "state": "running", "started": began,
            "wall_us": second * 1_000_000, "cpu_us": -1, "now_id": "swait", **now,
        }  # fmt: skip
        if kind == "task":
            scene.task(outcome="", **fields)
        else:
            scene.request(status=0, responded_us=responded, **fields)


def test_an_exception_in_a_view_is_a_finding_at_its_line() -> None:
    """Once is enough: nobody answered it."""
    scene = Scene()
    scene.request()
    scene.request(status=500, exception="KeyError", site_id="lsite", stack_id="swait")
    (found,) = scene.findings()

    assert found.kind == "request_failing"
    assert found.title == "KeyError in 1 of 2 requests (50 %)"
    assert found.where.line == 31


def test_a_5xx_without_an_exception_is_one_too() -> None:
    """A view may answer 503 by itself; then the view is where."""
    scene = Scene()
    scene.request(status=503)
    (found,) = scene.findings()

    assert found.kind == "request_failing"
    assert found.where.function == "shop.views.books"


@pytest.mark.parametrize("status", [200, 302, 304, 400, 403, 404, 429])
def test_other_answers_are_no_failures(status: int) -> None:
    """Not to find something is an answer."""
    scene = Scene()
    for _ in range(30):
        scene.request(status=status)

    assert scene.kinds() == []


def test_a_route_slow_in_the_median_is_slow() -> None:
    """From the third request on; the line is where it was last seen waiting."""
    scene = Scene()
    for _ in range(3):
        scene.request(wall_us=1_500_000)
    (found,) = scene.findings()

    assert found.kind == "slow_request"
    assert "p50 of 3" in found.title
    assert found.where.function == "shop.views.books"


def test_a_cold_start_is_not_a_slow_route() -> None:
    """The first two requests after a deploy, or one of many."""
    scene = Scene()
    scene.request(wall_us=5_000_000)
    scene.request(wall_us=5_000_000)
    for _ in range(10):
        scene.request()

    assert scene.kinds() == []


def test_streaming_for_long_is_neither_slow_nor_stuck() -> None:
    """After the response is there, the time is the client's."""
    scene = Scene()
    for _ in range(4):
        scene.request(wall_us=60_000_000, responded_us=9_000)
    running(scene, "request", 40, responded_us=9_000)

    assert scene.kinds() == []


def test_a_request_that_stands_at_one_line_is_stuck() -> None:
    """Ten seconds without moving; suspected at first, likely after a minute."""
    scene = Scene()
    running(scene, "request", 12)
    (found,) = scene.findings()

    assert found.kind == "request_stuck"
    assert found.certainty is Certainty.SUSPECTED
    assert (found.where.file, found.where.line) == ("/app/shop/tasks.py", 52)
    assert "Condition.wait" in found.title

    scene = Scene()
    running(scene, "request", 75)
    assert scene.findings()[0].certainty is Certainty.LIKELY


def test_what_is_not_heard_of_grows_no_older() -> None:
    """Redis is away: nobody knows whether it still stands there."""
    scene = Scene()
    running(scene, "request", 5)
    scene.at += 60

    assert scene.findings() == []
    (fact,) = scene.session.running.values()
    assert fact.age_s(scene.at) < 12


@pytest.mark.parametrize("kind", ["request", "task"])
@pytest.mark.parametrize(
    "moves",
    [
        {"now_id": lambda second: "swait" if second % 5 else "selse"},
        {"queries": lambda second: second},
    ],
    ids=["another line", "another query"],
)
def test_a_long_unit_that_moves_is_not_stuck(kind: str, moves: dict[str, Any]) -> None:
    """Progress is progress, however long it takes."""
    scene = Scene()
    running(scene, kind, 90, **moves)

    assert scene.kinds() == []


def test_a_task_that_stands_at_one_line_is_stuck() -> None:
    """Fifteen seconds, when its usual time is not known."""
    scene = Scene()
    running(scene, "task", 17)

    assert scene.kinds() == ["task_stuck"]


def test_a_task_that_usually_takes_that_long_is_not_stuck() -> None:
    """One long call to somewhere, as every night."""
    scene = Scene()
    scene.task(wall_us=40_000_000)
    running(scene, "task", 50)

    assert scene.kinds() == []


def test_a_stuck_unit_that_ends_is_no_finding_any_more() -> None:
    """It is gone from the list."""
    scene = Scene()
    running(scene, "task", 20)
    scene.task(id="slow", revision=99, wall_us=20_000_000)

    assert scene.kinds() == []


def test_a_unit_whose_process_went_silent_is_let_go() -> None:
    """Killed workers leave no stuck tasks on the screen, but a note."""
    scene = Scene()
    running(scene, "task", 20)
    scene.at += 11
    scene.session.announce([], scene.at)

    assert scene.kinds() == []
    assert "went silent" in scene.session.gaps[-1].what


def test_what_was_under_way_before_attach_says_so() -> None:
    """Its age is what it was found with."""
    scene = Scene()
    running(scene, "request", 12, adopted=True, exact_start=False)
    (found,) = scene.findings()

    assert "under way before attach" in found.title
    assert "at least" in str(found.evidence["start"])


def test_a_failed_task_is_a_finding_with_its_retries() -> None:
    """Final failures count; a retry is the same run once more, and its exception another matter."""
    scene = Scene()
    scene.task()
    scene.task(outcome="RETRY", exception="ConnectionError", site_id="lsite")
    scene.task(outcome="FAILURE", exception="ValueError", site_id="lsite", stack_id="swait")
    (found,) = scene.findings()

    assert found.kind == "task_failing"
    assert found.title == "ValueError in 1 of 2 runs (50 %)"
    assert found.evidence["retries"] == 0


def test_a_retry_that_succeeds_is_no_failure() -> None:
    """That is what retries are for."""
    scene = Scene()
    scene.task(outcome="RETRY", exception="ConnectionError", site_id="lsite")
    scene.task()

    assert scene.kinds() == []
