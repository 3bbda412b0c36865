"""What goes wrong while somebody watches: the page does not wait, losses are counted to the unit.

`python -m tests.real.faults` prints the figures of each as a table.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from tests.real.faults import OF_SERVERS, SLOW_S, figures, gaps
from tests.real.host import sees_visits
from tests.real.ladder import newest
from tests.real.shifted import HOUR
from tests.real.suffering import Scene, counts, fact_now, scene_at
from tests.real.tools import djscope, get, wait_for

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]


@pytest.fixture
def scene() -> Iterator[Scene]:
    with scene_at(newest()) as scene:
        yield scene


@pytest.mark.parametrize("fault", OF_SERVERS)
def test_no_page_waits_and_nothing_is_lost_uncounted(scene: Scene, fault: str) -> None:
    """Nothing of the host's memory either, and all comes back by itself."""
    print(figures(fault, scene))


def test_what_ends_while_redis_is_away_is_counted(scene: Scene) -> None:
    """Three requests are under way when the probe's link is lost: the one that lasts is told at its
    end.
    """
    host, watch = scene.host, scene.watch
    already = counts(watch)
    gates = [host.directory / f"gate{number}" for number in range(3)]
    for gate in gates:
        os.mkfifo(gate)
    hanging = [Thread(target=get, args=(host.url, f"/hang/{gate.name}/", 60)) for gate in gates]
    for thread in hanging:
        thread.start()
    wait_for(lambda: len(watch.session.running) == 3, what="the requests")
    scene.proxy.cut = "frame"
    wait_for(lambda: host.said("no longer watched") == 1, what="the probe's loss")
    for gate in gates[:2]:
        gate.write_text("done")
    wait_for(lambda: not any(thread.is_alive() for thread in hanging[:2]), what="their ends")
    scene.proxy.cut = ""
    wait_for(lambda: len(watch.session.running) == 1, what="the one that lasts")
    gates[2].write_text("done")
    hanging[2].join(20)
    found = counts(watch) - already

    assert (found.measured, found.told, found.dropped) == (3, 1, 2)


def test_what_is_deleted_in_redis_is_told(scene: Scene) -> None:
    """The lease with it: probes were off for a moment, and nobody else would say so."""
    scene.node.ask("FLUSHALL")

    wait_for(lambda: "what djscope keeps in Redis was deleted" in gaps(scene), what="the gap")
    assert sees_visits(scene.host, scene.watch)


@pytest.mark.parametrize("ahead", [HOUR, -HOUR])
def test_the_viewer_s_clock_is_set(
    scene: Scene, ahead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process stays listed, and its age is what it was."""
    before, real = scene.watch.now(), time.time
    with monkeypatch.context() as set_clock:
        set_clock.setattr(time, "time", lambda: real() + ahead)
        looked = scene.watch.feed._looked
        wait_for(lambda: scene.watch.feed._looked > looked + 2, what="two more looks")
        fact, now = fact_now(scene.watch), scene.watch.now()

    assert fact.listed
    assert fact.armed
    assert 0 <= now - before < HOUR / 10


@pytest.mark.parametrize("ahead", [HOUR, -HOUR])
def test_redis_s_clock_is_set(scene: Scene, ahead: int, tmp_path: Path) -> None:
    """The viewer that is there goes on, with ages as they are; a process is listed as before, as
    soon as its probe has asked for the time.
    """
    if not scene.clock.possible:
        pytest.skip("needs Linux and a C compiler: apt install gcc")
    before = scene.watch.now()
    scene.clock.ahead(ahead)
    for _ in range(6):
        assert sees_visits(scene.host, scene.watch)
    fact, now = fact_now(scene.watch), scene.watch.now()

    def listed() -> bool:
        url = scene.node.url
        return "gunicorn" in djscope("ps", "--redis", url, directory=tmp_path / "run").stdout

    assert fact.armed
    assert 0 <= now - before < HOUR / 10
    assert 0 <= now - fact.seen_at < HOUR / 10
    wait_for(listed, 60, "the process")


def test_the_latency_is_measured_again_and_again(scene: Scene) -> None:
    """What the header shows is not of the hour at which one attached."""
    wait_for(lambda: scene.watch.status.round_trip_ms < SLOW_S * 100, 30, "an answer at once")
    scene.proxy.delay_s = SLOW_S / 8
    wait_for(lambda: scene.watch.status.round_trip_ms > SLOW_S * 120, 30, "the new latency")
    scene.proxy.delay_s = 0.0
    wait_for(lambda: scene.watch.status.round_trip_ms < SLOW_S * 100, 30, "the old latency")
