"""What a session makes of what arrives."""

from __future__ import annotations

import pytest

from djscope.feed.delivery import Delivery
from djscope.feed.shapes import ProbeReported, Process
from djscope.model.histogram import Histogram
from djscope.model.rate import Rate
from djscope.model.session import Session
from tests.model.scene import NOON, Scene, group


def test_missing_frames_are_noted() -> None:
    """A gap in the numbers is a gap in what is known."""
    session = Session()
    for seq in (1, 2, 5):
        session.apply(Delivery("web-1/1@1", NOON, 0, seq, 0, []))

    assert [(gap.what, gap.n) for gap in session.gaps] == [("frames missed", 2)]
    assert session.processes["web-1/1@1"].missed_frames == 2


def test_a_probe_that_arms_again_starts_counting_anew() -> None:
    """That is no gap."""
    session = Session()
    for seq in (1, 2, 3, 1, 2):
        session.apply(Delivery("web-1/1@1", NOON, 0, seq, 0, []))

    assert list(session.gaps) == []


def test_what_a_probe_dropped_is_noted() -> None:
    """Dropped and counted, never silent."""
    session = Session()
    session.apply(Delivery("web-1/1@1", NOON, 0, 1, 0, []))
    session.apply(Delivery("web-1/1@1", NOON, 0, 2, 7, []))

    assert [(gap.what, gap.n) for gap in session.gaps] == [("events dropped by the probe", 7)]


def test_what_a_probe_dropped_is_summed_up() -> None:
    """A probe that arms again for us tells in its first frame what the lost link cost; one that
    counts anew does not undo what was dropped before.
    """
    session = Session()
    for seq, dropped in ((1, 0), (2, 7), (1, 9), (2, 9), (1, 0), (2, 3), (1, 1)):
        session.apply(Delivery("web-1/1@1", NOON, 0, seq, dropped, []))

    assert [gap.n for gap in session.gaps] == [7, 2, 3, 1]
    assert session.processes["web-1/1@1"].dropped == 13


def test_an_older_revision_changes_nothing() -> None:
    """Whatever order they arrive in."""
    scene = Scene()
    scene.task(group(n=9), id="t", revision=3, state="running")
    scene.task(group(n=4), id="t", revision=2, state="running")
    (stat,) = scene.session.queries.stats.values()

    assert stat.n == 9


def test_ids_not_known_yet_are_wanted() -> None:
    """And drawn as on their way."""
    scene = Scene()
    scene.request(group(sql_id="qnew"))

    assert scene.session.wanted() == ["qnew"]
    assert scene.session.definitions.text("qnew") == "…"

    scene.session.define("qnew", "SELECT 1")
    assert scene.session.wanted() == []


def test_a_process_is_known_by_its_frames_before_it_is_listed() -> None:
    """And keeps what they told when it is."""
    session = Session()
    report = ProbeReported("watch", NOON, 5, 1, 0, [], [], 10, 10)
    session.apply(Delivery("web-1/4711@77", NOON, 0, 1, 0, [report]))
    assert session.processes["web-1/4711@77"].name == "web-1/4711"

    session.announce([(Process("web-1", 4711, 77, "gunicorn", "shop"), NOON)], NOON)
    fact = session.processes["web-1/4711@77"]

    assert (fact.kind, fact.level, fact.units) == ("gunicorn", "watch", 5)
    assert session.watching() == (1, 0)


def test_what_a_probe_takes_is_a_share_of_seconds() -> None:
    """Also where one report comes right after the other; and one that is off takes nothing."""
    session = Session()

    def shares(after_s: float, cpu_us: int, level: str = "watch") -> tuple[float, float]:
        report = ProbeReported(level, NOON, 5, 1, 0, [], [], cpu_us, cpu_us)
        session.apply(Delivery("web-1/1@1", NOON + after_s, 0, 1, 0, [report]))
        process = session.processes["web-1/1@1"]
        return round(process.cpu_share, 3), round(process.bytes_per_s)

    assert shares(0, 50_000) == (0, 0)
    assert shares(5, 1_500_000) == (0.3, 300_000)
    assert shares(5.001, 100_000) == (0.3, 300_000)
    assert shares(10, 900_000) == (0.2, 200_000)
    assert shares(10.001, 5_000, "off") == (0, 0)
    assert shares(99, 100_000) == (0.001, 1_124)


def test_clocks_of_hosts_are_brought_to_redis_time() -> None:
    """A host an hour behind starts its requests when Redis says."""
    scene = Scene()
    unit = scene.unit(started=NOON - 3600)
    from djscope.feed.shapes import RequestRecorded

    event = RequestRecorded(unit, "GET", "nview", 200, "wsgi", 5)
    scene.session.apply(Delivery("web-1/1@1", NOON, 3600.0, 1, 0, [event]))

    assert scene.session.recent[-1].started == NOON


def test_a_histogram_knows_its_quantiles_within_its_buckets() -> None:
    """And never says more than the largest value counted."""
    histogram = Histogram()
    for us in [100] * 90 + [10_000] * 10:
        histogram.add(us)

    assert 64 <= histogram.quantile(0.5) <= 128
    assert 8_192 <= histogram.quantile(0.95, 10_000) <= 10_000
    assert Histogram().quantile(0.5) == 0


def test_a_rate_forgets_what_is_older_than_a_minute() -> None:
    """Also when nothing happens for long."""
    rate = Rate()
    rate.add(1_000.2, 50)
    assert rate.per_second(1_001.0) == 5.0

    assert rate.per_second(1_100.0) == 0.0
    rate.add(1_000.0, 50)
    assert rate.per_second(1_101.0) == 0.0


def test_a_rule_that_fails_does_not_take_the_others_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said once, and the view goes on."""
    scene = Scene()
    scene.request(group(n=9, params=9))

    def broken(*_: object) -> list[object]:
        raise ZeroDivisionError

    monkeypatch.setattr("djscope.model.findings.requests.verdicts", broken)

    assert scene.kinds() == ["query_loop"]
    assert scene.kinds() == ["query_loop"]
    assert [gap.what for gap in scene.session.gaps] == ["of_requests failed: ZeroDivisionError: "]


def test_a_group_that_a_revision_leaves_out_is_not_counted_anew() -> None:
    """A unit with many kinds of queries sends the largest: which those are may change."""
    scene = Scene()
    for revision, groups in enumerate(
        ([group(n=4, hist=[(9, 4)])], [], [group(n=6, hist=[(9, 6)])]), 1
    ):
        scene.task(*groups, id="t", revision=revision, state="running", outcome="")
    (stat,) = scene.session.queries.stats.values()

    assert (stat.n, stat.units, stat.hist.n) == (6, 1, 6)


def test_after_a_reset_only_what_comes_counts() -> None:
    """A unit under way counts what it does from then on; what is gone stays gone."""
    scene = Scene()
    scene.request(group(n=9, params=9))
    scene.task(group(n=4, hist=[(9, 4)]), id="t", revision=1, state="running", outcome="")
    scene.session.reset(scene.at)
    assert scene.kinds() == []

    scene.task(group(n=6, hist=[(9, 6)]), id="t", revision=2)
    (stat,) = scene.session.queries.stats.values()
    assert stat.n == 2


def test_a_process_that_ends_without_a_word_may_have_had_more_to_tell() -> None:
    """Said once, by name; not of one that said it is off."""
    session = Session()
    for pid, level in ((1, "watch"), (2, "off")):
        report = ProbeReported(level, NOON, 5, 1, 0, [], [], 10, 10)
        session.apply(Delivery(f"web-1/{pid}@1", NOON, 0, 1, 0, [report]))
    for later in (5, 11, 12):
        session.announce([], NOON + later)

    assert [gap.what for gap in session.gaps] == [
        "web-1/1 fell silent: the last it recorded, up to a fifth of a second, may be missing"
    ]


def test_a_process_that_went_silent_is_not_waited_for() -> None:
    """A killed worker confirms nothing, and is not counted as watched."""
    session = Session()
    report = ProbeReported("watch", NOON, 5, 1, 0, [], [], 10, 10)
    session.apply(Delivery("web-1/1@1", NOON, 0, 1, 0, [report]))
    assert session.watching() == (1, 0)

    session.announce([], NOON + 11)
    assert session.watching() == (0, 1)
    assert session.processes["web-1/1@1"].level == "silent"


def test_children_that_came_and_went_are_forgotten() -> None:
    """A worker with a child per task must not fill the viewer in a day."""
    session = Session()
    for pid in range(200):
        session.apply(Delivery(f"jobs-1/{pid}@1", NOON, 0, 1, 0, []))
    session.announce([], NOON + 299)
    assert len(session.processes) == 200

    session.announce([], NOON + 301)
    assert session.processes == {}
