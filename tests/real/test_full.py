"""A Redis that is full, nearly so, or evicts: not djscope fills it, and what is lost is told."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import redis

from djscope.feed.status import Link
from djscope.model.processes import ProcessFact
from djscope.watch import Watch
from djscope_probes.wire import LEASE_TTL_MS, ROOM_BYTES, Keys
from tests.real.host import Host, armed, sees_visits
from tests.real.ladder import newest
from tests.real.nodes import Node, Nodes
from tests.real.servers import Quiet
from tests.real.tools import djscope, get, wait_for, watching

pytestmark = pytest.mark.real
KEYS = Keys(Host.app)
MB = 1_000_000
LIMIT = 40 * MB
PAGES, TASKS = 60, 30
OURS = (Keys.apps, KEYS.procs, KEYS.events, KEYS.defs, KEYS.bytes, KEYS.leases[0])


@pytest.fixture
def node() -> Iterator[Node]:
    """One that refuses writes when it is full."""
    with Nodes("full") as nodes:
        yield nodes.started(newest(), f"maxmemory {LIMIT}", "maxmemory-policy noeviction")


def used(client: redis.Redis) -> int:
    return int(client.info("memory")["used_memory"])


def fill(client: redis.Redis, left: int) -> None:
    """Others' data, until so many bytes are left."""
    while LIMIT - used(client) > left:
        client.rpush("filler", b"x" * 100_000)


def limit(node: Node, size: int) -> None:
    """Less than is there already: full to the brim."""
    node.ask("CONFIG", "SET", "maxmemory", size)


def the_process(watch: Watch) -> ProcessFact:
    with watch.lock:
        return next(iter(watch.session.processes.values()))


def test_celery_lives_on_the_same_nearly_full_server(node: Node) -> None:
    """Tasks are ordered and done while djscope watches; it takes no part of what is left, says so,
    and tells how much it dropped.
    """
    with Quiet(node.url) as quiet, node.client() as client:
        quiet.start()
        fill(client, ROOM_BYTES // 2)
        before = used(client)
        with watching(node.url, quiet.app) as watch:
            wait_for(lambda: armed(watch, quiet.n), what="arming")
            done = [quiet.order("report_state") for _ in range(TASKS)]
            for _ in range(PAGES):
                assert get(quiet.wsgi_url, "/loop/")[0] == 200
            wait_for(lambda: all(each.exists() for each in done), 30, "the tasks")
            wait_for(lambda: dropped(watch) >= PAGES, what="the count")
            taken = used(client) - before
            print(f"{taken:+} bytes, {dropped(watch)} events dropped and counted")
            assert not watch.session.recent
            examined = djscope("doctor", "--redis", node.url, directory=quiet.directory / "run")
            assert watch.stop() == "3 of 3 processes confirmed off"

        assert taken < MB, f"{taken} bytes more than before"
        assert "warn  Redis is nearly full" in examined.stdout


def dropped(watch: Watch) -> int:
    with watch.lock:
        return sum(each.dropped for each in watch.session.processes.values())


def test_full_to_the_brim_while_attached(node: Node) -> None:
    """The lease lives on, pages are served, what is dropped is counted; with room again, all is
    told again.
    """
    with Host(node.url) as host, watching(node.url, host.app) as watch, node.client() as client:
        wait_for(lambda: armed(watch), what="arming")
        assert sees_visits(host, watch)
        limit(node, 1)
        since = watch.now()
        while watch.now() < since + LEASE_TTL_MS / 1000 + 1:
            host.visit()
            assert client.exists(*KEYS.leases) == 1
        assert watch.status.link is Link.LIVE
        limit(node, LIMIT)
        wait_for(lambda: the_process(watch).dropped > 0, what="the count")
        wait_for(lambda: host.visit() and watch.session.last_at > watch.now() - 1, what="frames")

        assert sees_visits(host, watch)
        assert any("dropped" in gap.what for gap in watch.session.gaps)
        assert watch.stop() == "1 of 1 processes confirmed off"


def test_nothing_can_be_watched_on_a_full_server(node: Node) -> None:
    """A viewer that comes then is told so, and that it is for the server to have room."""
    with Host(node.url) as host:
        limit(node, 1)
        done = djscope(
            "now", "--for", "1s", "--redis", node.url, "--app", host.app,
            directory=host.directory / "run",
        )  # fmt: skip

    assert done.returncode == 3
    assert "is full and takes no writes: give it room" in done.stderr


def test_nobody_can_announce_himself_on_a_full_server(node: Node, tmp_path: Path) -> None:
    """Then nobody is there, and the reason is told instead of how to install the probe."""
    limit(node, 1)
    done = djscope("now", "--for", "1s", "--redis", node.url, directory=tmp_path)

    assert done.returncode == 3
    assert "it is full and takes no writes: give it room" in done.stderr


@pytest.mark.parametrize("key", [KEYS.events, KEYS.defs, KEYS.bytes, KEYS.leases[0], KEYS.procs])
def test_a_key_that_is_evicted_is_made_again(evicting: tuple[Host, Watch, Node], key: str) -> None:
    """Whichever it is: nothing fails, and the viewer sees what comes next."""
    host, watch, node = evicting
    assert sees_visits(host, watch)
    node.ask("DEL", key)

    wait_for(lambda: armed(watch), what="arming")
    assert sees_visits(host, watch)
    assert watch.status.link is Link.LIVE
    assert watch.status.problem == ""


def test_a_server_that_evicts_all_the_time(evicting: tuple[Host, Watch, Node]) -> None:
    """Any key at random, some of ours among them; after that, all is as before."""
    host, watch, node = evicting
    number = count()
    with node.client() as client:
        client.config_set("maxmemory-policy", "allkeys-random")
        while client.info("stats")["evicted_keys"] < 20_000:
            client.mset({f"other:{next(number)}": "x" * 2000 for _ in range(200)})
    wait_for(lambda: armed(watch), 30, "arming")

    assert sees_visits(host, watch)
    assert watch.status.link is Link.LIVE


def test_a_server_that_evicts_what_is_not_used(evicting: tuple[Host, Watch, Node]) -> None:
    """It chooses the least recently used: of ours what nobody has asked for in a while goes, and
    what is in use stays or comes back.
    """
    host, watch, node = evicting
    number, gone = count(), set[str]()
    with node.client() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")

        def crowd_out() -> bool:
            client.mset({f"more:{next(number)}": "x" * 2000 for _ in range(200)})
            gone.update(key for key in OURS if not client.exists(key))
            return Keys.apps in gone and next(number) > 50_000

        wait_for(crowd_out, 60, "the eviction of ours")
        print(f"evicted of ours: {', '.join(sorted(gone))}")
        wait_for(lambda: armed(watch), 30, "arming")
        assert sees_visits(host, watch)
        assert watch.status.link is Link.LIVE
        assert watch.status.problem == ""
        # Watched, it announces itself each half minute, and its app each other time; off, whenever
        # somebody wakes it.
        watch.stop()

        def announced() -> bool:
            client.xadd(KEYS.control, {"m": "wake"}, maxlen=100)
            return bool(client.exists(Keys.apps, KEYS.procs) == 2)

        wait_for(announced, what="another announcement")


@pytest.fixture(scope="module")
def cached() -> Iterator[tuple[Host, Node]]:
    """A server that is a cache, and a process."""
    with Nodes("cache") as nodes:
        node = nodes.started(newest(), "maxmemory 20mb", "maxmemory-policy allkeys-lru")
        with Host(node.url) as host:
            yield host, node


@pytest.fixture
def evicting(cached: tuple[Host, Node]) -> Iterator[tuple[Host, Watch, Node]]:
    """With a viewer."""
    host, node = cached
    with watching(node.url, host.app) as watch:
        wait_for(lambda: armed(watch), 30, "arming")
        yield host, watch, node
