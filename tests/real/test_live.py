"""The whole shop with visitors: what is found, how soon, and what must not be."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.judge import seen_slow
from demo.runner import DEMO, Shop
from demo.shop.expected import HEALTHY, Expected, expected
from djscope.children import run_directory
from djscope.feed.embedded import start_embedded
from djscope.model.finding import Finding
from djscope.model.findings import find
from djscope.watch import Watch
from tests.real.tools import SNAPSHOT_KEYS, djscope, wait_for, watching

pytestmark = pytest.mark.real
# The stuck request comes every 30 s, the stuck task every 60; each is one after 10 or 15 s.
SECONDS = 75
FIRST_S = 1.0
# Which of them are among the worst depends on what came by in those seconds.
N_PLUS_ONE = re.compile(
    r"n_plus_one  \w+\.\w+: \d+ queries (per|in one) request.*, rows loaded at .+ · \S+/ at \S+:\d+"
    r" → .+"
)
PROCESSES = 5  # two gunicorn workers, uvicorn, two children of Celery
FINDING = {
    "id", "kind", "severity", "certainty", "title", "unit", "where", "origin", "evidence",
    "advice", "first_seen", "last_seen", "count", "cost", "processes",
}  # fmt: skip


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with start_embedded() as server:
        yield server.url


@pytest.fixture(scope="module")
def shop(redis_url: str) -> Iterator[Shop]:
    with Shop(redis_url, run_directory("shop")) as running:
        running.start(lambda _step: None)
        yield running


class Seen:
    """All findings of a watch so far: what is stuck is one only while it is."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.found: dict[str, Finding] = {}

    def look(self) -> bool:
        """Take over what is found now; true once every scenario was."""
        with self._watch.lock:
            now = find(self._watch.session, self._watch.now())
        self.found.update((each.id, each) for each in now)
        return all(any(matches(each, one) for one in self.found.values()) for each in expected())


def matches(wanted: Expected, finding: Finding) -> bool:
    """Kind, unit, file and line, and the origin where there is one."""
    origin = finding.origin
    return (
        finding.kind == wanted.kind
        and finding.unit_kind == wanted.unit
        and finding.unit.endswith(wanted.name)
        and finding.where.file == str(DEMO / wanted.file)
        and finding.where.line in wanted.lines
        and (origin.line if origin else None) == wanted.origin
    )


@pytest.fixture(scope="module")
def seen(redis_url: str, shop: Shop) -> Seen:
    """A viewer that came at once and stayed until it had seen everything, or long enough."""
    with watching(redis_url, "shop") as watch:
        seen = Seen(watch)
        deadline = time.monotonic() + SECONDS
        while not seen.look() and time.monotonic() < deadline:
            time.sleep(0.25)
    return seen


@pytest.mark.parametrize("wanted", expected(), ids=lambda wanted: wanted.scenario)
def test_each_scenario_is_found(seen: Seen, wanted: Expected) -> None:
    """With its kind, its unit, the line that causes it and the line where rows were loaded."""
    near = [
        (one.kind, one.unit, one.where.short, one.origin and one.origin.short)
        for one in seen.found.values()
        if one.unit.endswith(wanted.name)
    ]

    assert any(matches(wanted, one) for one in seen.found.values()), near


def test_nothing_healthy_is_found(seen: Seen) -> None:
    """No route and no task that does its job well has a finding, at any moment."""
    wrong = [one for one in seen.found.values() if HEALTHY in one.unit and not seen_slow(one)]

    assert [one.title for one in wrong] == []


def test_nothing_is_found_that_is_not_there(seen: Seen) -> None:
    """Each finding belongs to a scenario of that kind; ordinary pages have none."""
    strangers = [
        (one.kind, one.unit, one.where.short)
        for one in seen.found.values()
        if not any(one.kind == each.kind and one.unit.endswith(each.name) for each in expected())
        and not seen_slow(one)
    ]

    assert strangers == []


@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        ("n_plus_one", '.select_related("author")'),
        ("n_plus_one_async", '.select_related("author")'),
        ("n_plus_one_task", '.select_related("customer")'),
        ("n_plus_one_reverse", '.prefetch_related("books")'),
        ("n_plus_one_chain", '.select_related("author__country")'),
        ("n_plus_one_nested", '.prefetch_related("books__tags")'),
        ("n_plus_one_count", '.annotate(books_count=Count("books"))'),
        ("n_plus_one_admin", 'list_select_related = ("book",)'),
        ("query_loop", 'Model.objects.in_bulk(values, field_name="isbn")'),
        ("query_loop_save", 'Model.objects.bulk_update(objects, ["title"])'),
        ("query_loop_create", "Model.objects.bulk_create(objects)"),
    ],
)
def test_the_advice_is_code_that_helps(seen: Seen, scenario: str, code: str) -> None:
    """What it takes to fix it, as it is typed."""
    wanted = next(each for each in expected() if each.scenario == scenario)
    found = [one for one in seen.found.values() if matches(wanted, one)]

    assert [one.advice[0].code for one in found] == [code]


def test_the_first_events_come_within_a_second(redis_url: str, seen: Seen) -> None:
    """From `start` to the first request or task seen, in the best of some tries."""

    def quick() -> bool:
        began = time.monotonic()
        with watching(redis_url, "shop") as watch:
            wait_for(lambda: watch.session.recent or watch.session.running)
            return time.monotonic() - began <= FIRST_S

    wait_for(quick, 30, f"an event within {FIRST_S:.0f} s")


def test_now_prints_ten_lines_worst_first(redis_url: str, seen: Seen, tmp_path: Path) -> None:
    """Each finding on a line of its own: kind, what, where, what to do; last what it rests on."""
    done = djscope("now", "--for", "4s", "--redis", redis_url, directory=tmp_path / "run")
    lines = done.stdout.splitlines()

    assert done.returncode == 0
    assert done.stderr == f"{PROCESSES} of {PROCESSES} processes confirmed off\n"
    assert lines[-1].startswith("seen: ")
    assert f" from {PROCESSES} of " in lines[-1]
    assert len(lines) <= 12
    assert any(map(N_PLUS_ONE.fullmatch, lines)), lines


def test_a_snapshot_holds_all_that_was_seen(redis_url: str, seen: Seen, tmp_path: Path) -> None:
    """The documented keys, with findings, units, routes, queries and tasks under them."""
    file = tmp_path / "F.json"
    done = djscope(
        "snapshot", "--for", "4s", "-o", str(file), "--redis", redis_url, directory=tmp_path / "run"
    )
    taken = json.loads(file.read_text())

    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert f"{len(taken['findings'])} findings written to {file}" in done.stderr
    assert list(taken) == SNAPSHOT_KEYS
    assert taken["meta"]["app"] == "shop"
    assert "@" not in taken["meta"]["redis"]
    assert taken["coverage"]["processes_reporting"] == PROCESSES
    assert all(taken[key] for key in ("units", "routes", "queries", "tasks"))
    for finding in taken["findings"]:
        assert set(finding) >= FINDING
        assert list(finding["where"]) == ["file", "line", "function"]
        assert all(list(advice) == ["text", "code"] for advice in finding["advice"])
