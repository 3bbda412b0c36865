"""What a server says when it will not: a sentence for people; when it will, all is as before."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from djscope.feed.status import Link
from djscope.watch import Watch
from djscope_probes.wire import LEASE_TTL_MS
from tests.real.host import Host, armed, sees_visits
from tests.real.ladder import newest
from tests.real.nodes import Node, Nodes
from tests.real.tools import djscope, wait_for, watching

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
# A probe leaves a server that has no connection left alone for a minute.
BACK_S = 120
KEYS = 20_000
# Microseconds for each key; meanwhile it looks now and then who asks.
LOADING = ("--key-load-delay", "5000", "--loading-process-events-interval-bytes", "1024")


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    with Nodes("refusals") as running:
        yield running


@pytest.fixture
def node(nodes: Nodes) -> Node:
    return nodes.started(newest())


@pytest.fixture
def host(node: Node) -> Iterator[Host]:
    with Host(node.url) as running:
        yield running


@pytest.fixture
def watch(node: Node, host: Host) -> Iterator[Watch]:
    """A viewer that sees the host."""
    with watching(node.url, host.app) as running:
        wait_for(lambda: armed(running), what="arming")
        assert sees_visits(host, running)
        yield running


def listed(node: Node, directory: Path) -> str:
    """The one sentence that `ps` says."""
    done = djscope("ps", "--redis", node.url, directory=directory)
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


def told(watch: Watch, words: str) -> None:
    """The viewer says so."""

    def said() -> bool:
        status = watch.status
        return words in status.problem and status.link is Link.LOST

    wait_for(said, 30, words)


def all_is_as_before(host: Host, watch: Watch) -> None:
    """Both are back, and the absence is told once."""
    wait_for(lambda: watch.status.link is Link.LIVE, 30, "the link")
    since = watch.now()
    wait_for(lambda: reported(watch) > since and armed(watch), BACK_S, "the probe")
    assert sees_visits(host, watch)
    assert watch.status.problem == ""
    assert len([gap for gap in watch.session.gaps if "Redis was away" in gap.what]) == 1


def reported(watch: Watch) -> float:
    with watch.lock:
        return max(each.reported_at for each in watch.session.processes.values())


def test_no_connection_is_left(node: Node, host: Host, watch: Watch, tmp_path: Path) -> None:
    """`maxclients` is reached, by others."""
    with node.client() as admin:
        admin.config_set("maxclients", 1)
        admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        told(watch, "has no connection left: raise maxclients, or close clients")
        assert "has no connection left: raise maxclients" in listed(node, tmp_path)
        assert host.visit()
        admin.config_set("maxclients", 1000)

    all_is_as_before(host, watch)


def test_a_server_that_loads_its_data(node: Node, host: Host, watch: Watch, tmp_path: Path) -> None:
    """As after a restart with much in it; here it takes as long as we look at it."""
    with node.client() as client:
        client.mset({f"key:{number}": number for number in range(KEYS)})
        client.save()
    node.stop()
    node.start(*LOADING)
    told(watch, "is starting and loads its data: it will be there soon")
    assert "is starting and loads its data" in listed(node, tmp_path)
    assert host.visit()
    node.ask("CONFIG", "SET", "key-load-delay", 0)

    all_is_as_before(host, watch)


def test_too_few_replicas(node: Node, host: Host, watch: Watch, tmp_path: Path) -> None:
    """Longer than a lease lives: NOREPLICAS to every write."""
    node.ask("CONFIG", "SET", "min-replicas-to-write", 1)
    told(watch, "takes no writes while it has too few replicas: look after those")
    assert "takes no writes while it has too few replicas" in listed(node, tmp_path)
    since = watch.now()
    while watch.now() < since + LEASE_TTL_MS / 1000 + 2:
        host.visit()
    assert not watch.session.gaps
    node.ask("CONFIG", "SET", "min-replicas-to-write", 0)

    all_is_as_before(host, watch)


def test_a_disk_that_takes_nothing(
    nodes: Nodes, node: Node, host: Host, watch: Watch, tmp_path: Path
) -> None:
    """MISCONF to every write, since the last save failed."""
    shutil.rmtree(nodes.directory / node.name)
    with node.client() as admin:
        admin.config_set("save", "3600 1")
        admin.bgsave()
        wait_for(lambda: admin.info("persistence")["rdb_last_bgsave_status"] == "err", what="it")
        told(watch, "takes no writes since it cannot save to disk: its log says why")
        assert "takes no writes since it cannot save to disk" in listed(node, tmp_path)
        assert host.visit()
        admin.config_set("save", "")

    all_is_as_before(host, watch)


def test_a_command_is_renamed(nodes: Nodes, tmp_path: Path) -> None:
    """What is unknown is named, with what to do; the server without that line is found."""
    node = nodes.node(newest(), 'rename-command EXPIRE ""').start()
    wait_for(node.answers, what="the server")
    with Host(node.url) as host, watching(node.url, host.app) as watch:
        told(watch, "does not know a command that djscope needs (unknown command 'EXPIRE')")
        assert "take its rename-command out of the server's configuration" in listed(node, tmp_path)
        node.stop()
        node.lines = ()
        node.start()
        wait_for(lambda: armed(watch), 60, "arming")

        assert sees_visits(host, watch)
        assert watch.status.problem == ""


@pytest.mark.parametrize("command", ["TIME", "HINCRBY", "SET"])
def test_doctor_names_what_a_server_does_not_know(
    nodes: Nodes, tmp_path: Path, command: str
) -> None:
    """A viewer's or a probe's, whichever asks."""
    node = nodes.node(newest(), f'rename-command {command} ""').start()
    wait_for(node.answers, what="the server")
    done = djscope("doctor", "--redis", node.url, directory=tmp_path)

    assert done.returncode == 3
    assert f"fail  the server does not know {command.lower()}, which djscope needs" in done.stdout
    assert "take its rename-command out of the server's configuration" in done.stdout
    assert "ACL SETUSER" not in done.stdout
