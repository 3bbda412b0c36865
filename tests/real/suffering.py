"""A host and a viewer at one Redis to which something happens; what that cost, in figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass

import psutil
import redis

from djscope.feed.status import Link
from djscope.model.processes import ProcessFact
from djscope.watch import Watch
from djscope_probes.bounds import CHANNEL_BYTES
from djscope_probes.wire import Keys
from tests.real.host import Host, armed, sees_visits
from tests.real.nodes import Node, Nodes
from tests.real.proxy import Proxy
from tests.real.shifted import Shifted
from tests.real.tools import get, wait_for, watching

# Far above what is measured, far below what waiting for Redis would cost: a probe waits a second.
ADDED_MS, ONCE_MS = 250, 900
GROWN_MB = 16
CHANNEL_MB = 1.5 * CHANNEL_BYTES / 1e6
QUIET_S = 0.5


@dataclass
class Scene:
    """A host and a viewer at one server, each through a wire that can break."""

    node: Node
    admin: redis.Redis
    proxy: Proxy
    host: Host
    watch: Watch
    clock: Shifted

    def ask(self, verb: str) -> None:
        """The host does something to itself, see `quiet.probes`."""
        assert get(self.host.url, f"/each/{verb}/")[0] == 200

    def allow(self) -> None:
        """The probe's user; a server that starts anew has none."""
        self.node.ask("ACL", "SETUSER", "probe", "on", ">pw", "~{djscope}:*", "+@all")


@contextmanager
def scene_at(binary: str) -> Iterator[Scene]:
    """Watched, and told of its first page."""
    with Nodes("faults") as nodes:
        clock = Shifted(binary, nodes.directory)
        node = nodes.started(clock.binary, "requirepass pw")
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
            yield Scene(node, admin, proxy, host, watch, clock)


@dataclass(frozen=True)
class Counts:
    """Units: measured as the probe says, told to the viewer, dropped as both say."""

    measured: int
    told: int
    dropped: int
    missed_frames: int

    def __sub__(self, other: Counts) -> Counts:
        return Counts(
            self.measured - other.measured, self.told - other.told,
            self.dropped - other.dropped, self.missed_frames - other.missed_frames,
        )  # fmt: skip

    @property
    def uncounted(self) -> int:
        """Neither told nor dropped; below 0: both."""
        return self.measured - self.told - self.dropped


def counts(watch: Watch) -> Counts:
    """Once all that ended before was reported."""
    since = watch.now() + QUIET_S
    wait_for(lambda: fact_now(watch).reported_at > since, 30, "a report")
    fact = fact_now(watch)
    return Counts(fact.units, told(watch), fact.dropped, fact.missed_frames)


@dataclass(frozen=True)
class Figures:
    """Milliseconds of the longest page before and during; what was counted; megabytes."""

    fault: str
    before_ms: float
    during_ms: float
    pages: int
    counts: Counts
    grown_mb: float
    channel_mb: float
    back_s: float
    waited: bool

    def __str__(self) -> str:
        units = self.counts
        return (
            f"{self.fault:34} {self.during_ms - self.before_ms:+8.0f} {self.pages:7}"
            f" {units.measured:8} {units.told:6} {units.dropped:7} {units.uncounted:9}"
            f" {units.missed_frames:6} {self.grown_mb:+7.1f} {self.channel_mb:8.2f}"
            f" {self.back_s:6.1f}"
        )


HEAD = (
    f"{'fault':34} {'added ms':>8} {'pages':>7} {'measured':>8} {'told':>6} {'dropped':>7}"
    f" {'uncounted':>9} {'missed':>6} {'host MB':>7} {'Redis MB':>8} {'back s':>6}"
)


def suffered(
    scene: Scene, fault: str, go: Callable[[], object], mend: Callable[[], object], seconds: float
) -> Figures:
    """Under load: as it should be for a while, then the fault, then mended; what that cost."""
    host, watch = scene.host, scene.watch
    process = psutil.Process(fact_now(watch).pid)
    already = counts(watch)
    with host.under_load() as took:
        wait_for(lambda: len(took) > 50, 60, "load")
        before, memory = max(took), process.memory_info().rss
        began = len(took)
        go()
        time.sleep(seconds)
        grown = (process.memory_info().rss - memory) / 1e6
        channel = held(scene)
        mend()
        mended = time.monotonic()
        since = watch.now()
        wait_for(lambda: watch.status.link is Link.LIVE, 90, "the link")
        wait_for(lambda: fact_now(watch).reported_at > since and armed(watch), 90, "the probe")
        back = time.monotonic() - mended
        during = took[began:]
    assert sees_visits(host, watch)
    wait_for(lambda: watch.status.problem == "", what="nothing to complain of")
    return Figures(
        fault, before, max(during), len(took), counts(watch) - already, grown,
        max(channel, held(scene)), back, waited(before, during),
    )  # fmt: skip


def waited(before_ms: float, took: list[float]) -> bool:
    """Whether pages waited for Redis. A busy machine keeps one or two of hundreds waiting, too, but
    none for as long as a probe waits.
    """
    *_, third, _, longest = sorted(took)
    return third >= before_ms + ADDED_MS or longest >= before_ms + ONCE_MS


def held(scene: Scene) -> float:
    """Megabytes of the channel, where the server can tell."""
    try:
        with scene.node.client() as client:
            client.connection_pool.connection_kwargs["socket_timeout"] = 1
            return float(client.memory_usage(Keys(scene.host.app).events) or 0) / 1e6
    except redis.RedisError:
        return 0.0


def told(watch: Watch) -> int:
    """Units that the viewer was told of."""
    with watch.lock:
        return sum(stat.n for stat in watch.session.routes.values())


def fact_now(watch: Watch) -> ProcessFact:
    """As it is at this moment, and stays."""
    with watch.lock:
        return copy(next(iter(watch.session.processes.values())))
