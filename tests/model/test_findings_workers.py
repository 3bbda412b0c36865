"""workers_busy: what must fire beside what must not."""

from __future__ import annotations

import pytest

from djscope.model.finding import Certainty, Severity
from tests.model.crew import Crew


def full(workers: int = 2, threads: int = 1, since: float = 6.0) -> Crew:
    """Every slot of every process works on a slow request."""
    crew = Crew()
    crew.everyone_works([crew.add(pid, threads) for pid in range(1, workers + 1)], threads, since)
    return crew


def test_all_workers_busy_says_how_many_where_and_the_oldest() -> None:
    """And what to do first: make what occupies them shorter."""
    crew = full(workers=2, threads=2)
    crew.works(crew.members[0], "1-0", 41.0, revision=2)
    (found,) = crew.busy()

    assert found.title == (
        "4 of 4 gunicorn workers busy, 4 of them in shop/tasks.py:52;"
        " mostly books/, the oldest for 41 s"
    )
    assert (found.where.short, found.unit, found.unit_kind) == (
        "shop/tasks.py:52", "gunicorn", "process",
    )  # fmt: skip
    assert (found.severity, found.certainty) == (Severity.CRITICAL, Certainty.CERTAIN)
    first, then = (advice.text for advice in found.advice)
    assert first.startswith("they wait at shop/tasks.py:52: give what they wait for a timeout, or")
    assert then.startswith("only then: more workers (gunicorn --workers N, or --threads N ")
    assert found.evidence["workers"] == 4
    assert len(found.processes) == 2


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"sql_us": 5_000_000}, "most of their time is SQL"),
        ({"cpu_us": 5_000_000}, "they compute at shop/tasks.py:52"),
        ({}, "they wait at shop/tasks.py:52"),
    ],
    ids=["sql", "cpu", "waiting"],
)
def test_the_advice_is_about_what_occupies_them(changes: dict[str, int], first: str) -> None:
    """SQL, computing and waiting have different remedies."""
    crew = Crew()
    crew.works(crew.add(1, 1), "u", 6.0, **changes)
    (found,) = crew.busy()

    assert found.advice[0].text.startswith(first)


def test_one_slow_request_after_the_other_keeps_a_worker_busy() -> None:
    """Nobody is idle in between, though no single one is old."""
    crew = Crew()
    member = crew.add(1, 1)
    crew.works(member, "first", 5.5, ended_ago=3.0)
    crew.works(member, "second", 3.0, ended_ago=1.2)
    crew.works(member, "third", 1.2)

    assert len(crew.busy()) == 1


def test_a_queue_that_is_worked_off_with_all_hands_is_fine() -> None:
    """Nobody waits for it; tasks that waited in the worker tell that somebody does."""
    crew = Crew()
    member = crew.add(1, 1, "celery")
    crew.works(member, "t", 6.0, kind="task", name_id="ntask", wait_us=40_000)

    assert crew.busy() == []

    crew.works(member, "t", 6.0, kind="task", name_id="ntask", wait_us=9_000_000, revision=2)
    (found,) = crew.busy()

    assert found.severity is Severity.WARNING
    assert "celery worker --concurrency N" in found.advice[1].text
    assert "move the work to a task" not in found.advice[0].text


def test_a_queue_that_stands_still_is_not() -> None:
    """No child has begun anything for a quarter of a minute, though no wait is known."""
    crew = Crew()
    for pid in (1, 2):
        member = crew.add(pid, 1, "celery")
        crew.works(member, f"t{pid}", 14.0 + pid, kind="task", name_id="ntask")

    assert [found.severity for found in crew.busy()] == [Severity.WARNING]


def test_kinds_are_counted_apart() -> None:
    """Idle Celery children do not help gunicorn."""
    crew = full()
    crew.add(88, 1, "celery")

    assert [found.unit for found in crew.busy()] == ["gunicorn"]


def test_one_idle_worker_is_enough() -> None:
    """In another process, or another thread of the same."""
    crew = full()
    crew.add(9, 1)
    assert crew.busy() == []

    crew = Crew()
    crew.everyone_works([crew.add(1, 4)], 3)
    assert crew.busy() == []


def test_an_unknown_number_of_workers_is_never_all_of_them() -> None:
    """An event loop has no bound; one such process leaves its whole kind undecided."""
    crew = Crew()
    crew.everyone_works([crew.add(1, 0, "uvicorn")], 30)
    crew.everyone_works([crew.add(2, 1), crew.add(3, 0)], 1)

    assert crew.busy() == []


@pytest.mark.parametrize("level", ["off", "silent"])
def test_a_process_that_says_nothing_may_be_idle(level: str) -> None:
    """Not probed, not answering, not allowed: no verdict."""
    crew = full()
    member = crew.add(9, 1, level=level)
    if level == "silent":
        crew.works(member, "stale", 6.0)
        crew.session.processes[member.id].level = "silent"

    assert crew.busy() == []


def test_a_process_that_has_ended_is_nobodys_worker() -> None:
    """It took itself out of the list; the others are all that work."""
    crew = full()
    crew.add(9, 1, level="off")
    crew.members.pop()
    crew.announce()

    assert len(crew.busy()) == 1


@pytest.mark.parametrize("since", [0.4, 1.2, 3.0, 4.2])
def test_a_short_burst_is_not_a_lack_of_workers(since: float) -> None:
    """Three seconds of all of them, known for sure."""
    assert full(since=since).busy() == []


def test_many_quick_requests_are_no_slow_ones() -> None:
    """Work that takes less than a second is what workers are for."""
    crew = Crew()
    member = crew.add(1, 1)
    for number in range(60):
        crew.works(member, f"u{number}", 6.0 - number * 0.1, ended_ago=5.9 - number * 0.1)
    crew.works(member, "last", 0.05)

    assert crew.busy() == []


def test_it_ends_when_a_worker_is_free_again() -> None:
    """The last unit ended, nobody has taken the next."""
    crew = full(workers=1)
    assert crew.busy()

    crew.at += 2.5
    crew.works(crew.members[0], "1-0", 8.5, ended_ago=2.4, revision=2)

    assert crew.busy() == []
