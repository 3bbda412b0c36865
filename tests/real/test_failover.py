"""Redis Cluster and Sentinel: found through any door, and found again after a fail-over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from djscope.feed.status import Link
from djscope_probes.wire import Keys
from tests.real.failover import SECURED, Cluster, FailOver, Watched, fail_over
from tests.real.host import Host, armed
from tests.real.nodes import Nodes
from tests.real.servers import bare
from tests.real.tools import djscope, wait_for, watching

pytestmark = pytest.mark.real
# What a host of these tests tells in a frame, amply.
FRAME = 120


@pytest.fixture(scope="module")
def whole() -> Iterator[Cluster]:
    """To which nothing happens."""
    with Nodes("whole") as nodes:
        yield Cluster(nodes)


@pytest.fixture(scope="module")
def quiet_sentinels() -> Iterator[Watched]:
    """To whom and whose master nothing happens."""
    with Nodes("quiet") as nodes:
        yield Watched(nodes)


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """With lines of configuration, where a test gives some."""
    with Nodes("cluster") as nodes:
        yield Cluster(nodes, *getattr(request, "param", ()))


@pytest.fixture
def watched(request: pytest.FixtureRequest) -> Iterator[Watched]:
    """With lines of configuration for the sentinels, where a test gives some."""
    with Nodes("sentinel") as nodes:
        yield Watched(nodes, *getattr(request, "param", ()))


def none_the_worse(seen: FailOver) -> None:
    """No page waited for it, and what was measured was told or counted, but for a frame: one that
    the replica never got, or whose receipt was lost. `pytest -rP` prints the figures.
    """
    print(seen, seen.counts.uncounted)
    assert abs(seen.counts.uncounted) <= FRAME, seen
    assert not seen.waited, seen


def test_a_cluster_is_entered_by_any_node(whole: Cluster, tmp_path: Path) -> None:
    """Whoever is named, replicas included: probes and viewers meet at the node with our keys."""
    with ExitStack() as stack:
        for node in whole.nodes:
            stack.enter_context(bare(node.url, "bare", tmp_path))
        with whole.owner.client() as client:
            wait_for(lambda: client.zcard(Keys("bare").procs) == 4, what="announcements")
        for node in whole.nodes:
            with watching(node.url, "bare") as watch:
                wait_for(lambda watch=watch: armed(watch, 4), what="arming")
                assert watch.stop() == "4 of 4 processes confirmed off"
        done = djscope("doctor", "--redis", whole.nodes[1].url, directory=tmp_path)

    assert done.returncode == 0, done.stdout
    assert "4 of 4 answered a lease" in done.stdout


def test_a_cluster_has_no_databases(whole: Cluster, tmp_path: Path) -> None:
    """Or one, unless it is told otherwise: a number in the URL is what to look at."""
    done = djscope("ps", "--redis", f"{whole.owner.url}/2", directory=tmp_path)

    assert done.returncode == 3
    assert "number" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("cluster", [(), SECURED], indirect=True, ids=["open", "password"])
def test_a_cluster_loses_the_node_with_our_keys(cluster: Cluster) -> None:
    """The only one that either side was told of: its replica takes over, both find it; the
    password goes to whichever node it is.
    """
    url = cluster.owner.url
    with Host(url) as host, watching(url, Host.app) as watch:
        seen = fail_over(host, watch, cluster.lose)

        none_the_worse(seen)
        assert any("Redis was away for" in gap.what for gap in watch.session.gaps)
        assert watch.stop() == "1 of 1 processes confirmed off"
    assert cluster.replica.ask("ROLE")[0] == "master"  # type: ignore[index]


def test_the_slot_moves_to_another_node(cluster: Cluster) -> None:
    """As when a Cluster is resharded, without a failure: ASK is sat out, MOVED is followed."""
    with Host(cluster.owner.url) as host, watching(cluster.nodes[1].url, Host.app) as watch:
        wait_for(lambda: armed(watch), what="arming")
        cluster.begin_to_move()
        wait_for(lambda: watch.status.link is Link.LOST, 30, "the loss")
        assert watch.status.problem.endswith("moves djscope's keys to another node: following")
        cluster.move()
        wait_for(lambda: watch.session.gaps, 30, "the gap")
        wait_for(lambda: armed(watch), 60, "arming again")
        host.visit()

        assert watch.stop() == "1 of 1 processes confirmed off"


@pytest.mark.parametrize(
    "watched", [(), ("requirepass pw",)], indirect=True, ids=["open", "sentinels with a password"]
)
def test_a_sentinel_s_master_fails(watched: Watched) -> None:
    """Both sides ask again who is the master, and are back; the gap is told."""
    with Host(watched.url) as host, watching(watched.url, Host.app) as watch:
        seen = fail_over(host, watch, watched.lose)

        none_the_worse(seen)
        assert any("Redis was away for" in gap.what for gap in watch.session.gaps)
        assert watch.stop() == "1 of 1 processes confirmed off"
    assert watched.replica.ask("ROLE")[0] == "master"  # type: ignore[index]


def test_a_master_that_is_demoted_is_left(watched: Watched, tmp_path: Path) -> None:
    """Nothing fails: a sentinel is told to change over, and the old master takes no writes."""
    with bare(watched.url, "bare", tmp_path), watching(watched.url, "bare") as watch:
        wait_for(lambda: armed(watch), what="arming")
        watched.sentinels[0].ask("SENTINEL", "FAILOVER", "mymaster")
        wait_for(lambda: watch.session.gaps, 60, "the gap")
        wait_for(lambda: armed(watch), 60, "arming again")
        with watched.replica.client() as client:
            assert client.zcard(Keys("bare").procs) == 1
        assert watch.stop() == "1 of 1 processes confirmed off"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("mymaster", "nobody"), "know no such service: check its name"),
        (("pw@", "pw@127.0.0.1:1/mymaster?db=0#"), "can be reached: check their hosts and ports"),
    ],
)
def test_sentinels_that_do_not_help(
    quiet_sentinels: Watched, tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    """One sentence, with what to look at."""
    done = djscope("ps", "--redis", quiet_sentinels.url.replace(*change), directory=tmp_path)

    assert done.returncode == 3
    assert said in done.stderr
    assert "pw" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
