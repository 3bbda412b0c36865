"""What goes wrong with Redis while somebody watches: the page does not wait, losses are counted.

`pytest -rP` prints the figures of each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil
import pytest
import redis

from djscope.feed.status import Link
from djscope.model.processes import ProcessFact
from djscope.watch import Watch
from tests.real.host import Host, armed, sees_visits
from tests.real.ladder import newest
from tests.real.nodes import Node, Nodes
from tests.real.proxy import Proxy
from tests.real.tools import wait_for, watching

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]
# Far above what is measured, far below what waiting for Redis would cost.
ADDED_MS = 250
GROWN_MB = 16
SLOW_S = 2.0


@dataclass
class Scene:
    """A host and a viewer at one server, each through a wire that can break."""

    node: Node
    admin: redis.Redis
    proxy: Proxy
    host: Host
    watch: Watch


@dataclass(frozen=True)
class Figures:
    """Milliseconds of the longest page before and during; what was viewed, told, dropped."""

    fault: str
    before_ms: float
    during_ms: float
    pages: int
    told: int
    dropped: int
    missed_frames: int
    grown_mb: float
    back_s: float

    def __str__(self) -> str:
        return (
            f"{self.fault}: longest page {self.before_ms:.0f} → {self.during_ms:.0f} ms,"
            f" {self.pages} pages, {self.told} told, {self.dropped} dropped and counted,"
            f" {self.missed_frames} frames missed, {self.grown_mb:+.1f} MB, back in"
            f" {self.back_s:.1f} s"
        )


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Nodes("faults") as nodes:
        node = nodes.started(newest(), "requirepass pw")
        node.ask("ACL", "SETUSER", "probe", "on", ">pw", "~{djscope}:*", "+@all")
        with (
            node.client() as admin,
            Proxy(node.port) as proxy,
            Host(f"redis://probe:pw@127.0.0.1:{proxy.port}") as host,
            watching(f"redis://:pw@127.0.0.1:{proxy.port}", host.app) as watch,
        ):
            admin.ping()  # who is in stays in when passwords change
            wait_for(lambda: armed(watch), what="arming")
            assert sees_visits(host, watch)
            yield Scene(node, admin, proxy, host, watch)


def told(watch: Watch) -> int:
    """Pages that the viewer was told of."""
    with watch.lock:
        return sum(stat.n for stat in watch.session.routes.values())


def suffered(
    scene: Scene, fault: str, go: Callable[[], object], mend: Callable[[], object], seconds: float
) -> Figures:
    """Under load: as it should be for a while, then the fault, then mended; what that cost."""
    host, watch = scene.host, scene.watch
    process = psutil.Process(fact_now(watch).pid)
    already = told(watch)
    with host.under_load() as took:
        wait_for(lambda: len(took) > 100, 60, "load")
        before, memory = max(took), process.memory_info().rss
        began = len(took)
        go()
        time.sleep(seconds)
        grown = (process.memory_info().rss - memory) / 1e6
        mend()
        mended = time.monotonic()
        since = watch.now()
        wait_for(lambda: watch.status.link is Link.LIVE, 90, "the link")
        wait_for(lambda: fact_now(watch).reported_at > since and armed(watch), 90, "the probe")
        back = time.monotonic() - mended
        during = max(took[began:])
    assert sees_visits(host, watch)
    after = fact_now(watch)
    figures = Figures(
        fault, before, during, len(took), told(watch) - already, after.dropped,
        after.missed_frames, grown, back,
    )  # fmt: skip
    print(figures)
    assert during < before + ADDED_MS, figures
    assert grown < GROWN_MB, figures
    assert watch.status.problem == "", figures
    return figures


def fact_now(watch: Watch) -> ProcessFact:
    with watch.lock:
        return next(iter(watch.session.processes.values()))


def test_nothing_goes_wrong(scene: Scene) -> None:
    """For comparison: every page is told of, nothing is dropped."""
    figures = suffered(scene, "none", list, list, 2)

    assert figures.told >= figures.pages
    assert figures.dropped == figures.missed_frames == 0


def test_the_password_is_changed(scene: Scene) -> None:
    """Who is in stays in; who is thrown out as well gets in again with the old one restored."""

    def change() -> None:
        scene.node.ask("CONFIG", "SET", "requirepass", "other")
        scene.admin.execute_command("ACL", "SETUSER", "probe", "resetpass", ">other")
        scene.admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    def restore() -> None:
        scene.admin.execute_command("CONFIG", "SET", "requirepass", "pw")
        scene.admin.execute_command("ACL", "SETUSER", "probe", "resetpass", ">pw")

    suffered(scene, "password changed, clients killed", change, restore, 3)

    assert any("Redis was away for" in gap.what for gap in scene.watch.session.gaps)


def test_everything_is_flushed(scene: Scene) -> None:
    """Lease, definitions and channel are gone: all of them come back."""
    suffered(scene, "FLUSHALL", lambda: scene.node.ask("FLUSHALL"), list, 1)


@pytest.mark.parametrize("what", ["frame", "reply"])
def test_the_connection_breaks_in_the_middle(scene: Scene, what: str) -> None:
    """Half a frame or half a reply, again and again."""

    def cut() -> None:
        scene.proxy.cut = what

    def heal() -> None:
        scene.proxy.cut = ""

    figures = suffered(scene, f"cut in the middle of a {what}", cut, heal, 3)

    assert scene.proxy.cuts
    assert figures.told > 0
    assert figures.dropped > 0


def test_redis_is_slow(scene: Scene) -> None:
    """Two seconds for each answer: longer than a probe waits."""

    def slow() -> None:
        scene.proxy.delay_s = SLOW_S

    def fast() -> None:
        scene.proxy.delay_s = 0.0

    suffered(scene, f"{SLOW_S:.0f} s for each answer", slow, fast, 6)


@pytest.mark.parametrize(
    "garbage",
    [
        b"HTTP/1.1 503 Service Unavailable\r\n\r\n",
        b"+OK\r\n" * 3,
        b"*0\r\n" * 3,
        b"$-1\r\n" * 6,
        b"$99999999999\r\n" + b"x" * 40_000_000,
        b"*999999999\r\n" + b":1\r\n" * 300_000,
    ],
    ids=["a page", "OK to all", "empty arrays", "nothing", "an endless bulk", "an endless array"],
)
def test_something_else_answers(scene: Scene, garbage: bytes) -> None:
    """A port that is another's now, a balancer's error page: the host's memory is left alone, and
    nothing is counted as a failure of the probe's own.
    """
    said: set[str] = set()

    def speak() -> None:
        scene.proxy.garbage = garbage
        wait_for(lambda: scene.watch.status.problem, 30, "the loss")

    def listen() -> None:
        said.add(scene.watch.status.problem)
        scene.proxy.garbage = b""

    suffered(scene, f"{garbage[:12]!r} for replies", speak, listen, 3)

    assert not [each for each in said if "internal error" in each], said
    assert fact_now(scene.watch).errors == 0
    assert not fact_now(scene.watch).off


def test_the_latency_is_measured_again_and_again(scene: Scene) -> None:
    """What the header shows is not of the hour at which one attached."""
    assert scene.watch.status.round_trip_ms < SLOW_S * 100
    scene.proxy.delay_s = SLOW_S / 8
    wait_for(lambda: scene.watch.status.round_trip_ms > SLOW_S * 120, 30, "the new latency")
    scene.proxy.delay_s = 0.0
    wait_for(lambda: scene.watch.status.round_trip_ms < SLOW_S * 100, 30, "the old latency")


def test_the_probe_is_denied(scene: Scene) -> None:
    """A right is taken away while it is used, and given back."""

    def change(rule: str) -> None:
        scene.node.ask("ACL", "SETUSER", "probe", rule)

    figures = suffered(
        scene, "right to XADD withdrawn", lambda: change("-xadd"), lambda: change("+xadd"), 3
    )

    assert figures.dropped > 0
