"""What is counted of queries: in all, and over the last minute."""

from __future__ import annotations

import pytest

from tests.model.scene import NOON, Scene, group

QUICK = group(n=30, params=30, hist=[(9, 30)], total_us=9_000, max_us=500)
SLOW = group(n=30, params=30, hist=[(17, 30)], total_us=3_000_000, max_us=120_000)


def test_the_last_minute_beside_all_there_was() -> None:
    """What was slow an hour ago is not slow now."""
    scene = Scene()
    scene.request(SLOW)
    scene.at += 3600
    scene.request(QUICK)
    (stat,) = scene.session.queries.stats.values()
    now = stat.lately(scene.at)

    assert (stat.n, stat.units, stat.total_us) == (60, 2, 3_009_000)
    assert (now.n, now.units, now.total_us, now.hist.n) == (30, 1, 9_000, 30)
    assert stat.hist.quantile(0.95) > 60_000
    assert now.hist.quantile(0.95) <= 512
    assert (stat.n_lately(scene.at), stat.total_us_lately(scene.at)) == (30, 9_000)


@pytest.mark.parametrize(("later", "n"), [(0, 30), (59, 30), (71, 0), (100_000, 0)])
def test_it_slides(later: int, n: int) -> None:
    """At least sixty seconds, at most seventy; then nothing, though nothing else came."""
    scene = Scene()
    scene.request(QUICK)
    (stat,) = scene.session.queries.stats.values()

    assert stat.lately(scene.at + later).n == stat.n_lately(scene.at + later) == n


def test_what_keeps_coming_is_kept_in_bounds() -> None:
    """A mark for each ten seconds of the last minute, however long it goes on."""
    scene = Scene()
    for _ in range(600):
        scene.at += 1
        scene.request(QUICK)
    (stat,) = scene.session.queries.stats.values()

    assert len(stat.marks) <= 7
    assert 30 * 60 <= stat.n_lately(scene.at) <= 30 * 70
    assert stat.lately(scene.at).units == stat.lately(scene.at).n // 30


def test_a_clock_that_goes_back_begins_anew() -> None:
    """Another server's, after a fail-over: nothing is counted twice, and what comes is."""
    scene = Scene()
    scene.request(QUICK)
    scene.at = NOON - 5000
    scene.request(QUICK)
    (stat,) = scene.session.queries.stats.values()

    assert stat.n == 60
    assert stat.n_lately(scene.at) == 30


def test_a_unit_that_lasts_counts_when_it_adds() -> None:
    """Its revisions are cumulative; the window takes their difference, durations included."""
    scene = Scene()
    scene.task(group(n=100, hist=[(9, 100)]), id="t", state="running", outcome="")
    scene.at += 200
    scene.task(group(n=130, hist=[(9, 120), (12, 10)]), id="t", revision=2)
    (stat,) = scene.session.queries.stats.values()
    now = stat.lately(scene.at)

    assert (now.n, now.hist.n, now.hist.counts[12]) == (30, 30, 10)
    assert (stat.n, stat.units, now.units) == (130, 1, 0)
