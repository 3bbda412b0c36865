"""A Cluster and a master under sentinels, on loopback, that can lose the node that has our keys."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import redis

from djscope.feed.embedded import free_port
from djscope.feed.status import Link
from djscope.watch import Watch
from tests.real.host import Host, armed, sees_visits
from tests.real.ladder import newest
from tests.real.nodes import Node, Nodes
from tests.real.suffering import Counts, counts, waited
from tests.real.tools import wait_for

SLOTS = 16_384
SERVICE = "mymaster"
# Who does not answer for so long is given up: soon where that is what is tested, and else not, or a
# machine that is busy for a second has a fail-over of its own.
SOON_MS, LATE_MS = 1000, 10_000
CLUSTER = (
    "cluster-enabled yes", f"cluster-node-timeout {SOON_MS}", "cluster-require-full-coverage no",
    "repl-diskless-sync-delay 0",
)  # fmt: skip
SENTINEL = (
    "sentinel monitor {service} 127.0.0.1 {port} 1",
    "sentinel auth-pass {service} pw",
    f"sentinel down-after-milliseconds {{service}} {LATE_MS}",
    "sentinel failover-timeout {service} 3000",
)
SECURED = ("requirepass pw", "masterauth pw", "repl-diskless-sync-delay 0")


class Cluster:
    """Three masters, and a replica of the one that has our keys."""

    def __init__(self, nodes: Nodes, *lines: str) -> None:
        self.nodes = [self._node(nodes, lines) for _ in range(4)]
        self._slot = int(str(self.nodes[0].ask("CLUSTER", "KEYSLOT", "{djscope}:apps")))
        self.owner, *_, self.replica = self.nodes
        self._meet()
        self._share_slots()
        self.replica.ask("CLUSTER", "REPLICATE", str(self.owner.ask("CLUSTER", "MYID")))
        wait_for(self._complete, 30, "the Cluster")
        self._give_up_after(LATE_MS)  # they meet the sooner the shorter that is

    def lose(self) -> None:
        """The node that has our keys fails."""
        self._give_up_after(SOON_MS)
        self.owner.kill()

    def _give_up_after(self, milliseconds: int) -> None:
        for node in self.nodes:
            node.ask("CONFIG", "SET", "cluster-node-timeout", milliseconds)

    def _node(self, nodes: Nodes, lines: tuple[str, ...]) -> Node:
        return nodes.started(newest(), *CLUSTER, *lines, f"cluster-port {free_port()}")

    def _meet(self) -> None:
        first = self.nodes[0]
        with first.client() as client:
            bus = client.config_get("cluster-port")["cluster-port"]
        for node in self.nodes[1:]:
            node.ask("CLUSTER", "MEET", "127.0.0.1", first.port, bus)
        wait_for(lambda: all(len(self._known(node)) == 4 for node in self.nodes), 30, "meeting")

    def _share_slots(self) -> None:
        """The first gets ours and its neighbours."""
        low, high = self._slot - self._slot % 100, self._slot - self._slot % 100 + 99
        first, second, third, _ = self.nodes
        first.ask("CLUSTER", "ADDSLOTSRANGE", low, high)
        second.ask("CLUSTER", "ADDSLOTSRANGE", 0, low - 1)
        third.ask("CLUSTER", "ADDSLOTSRANGE", high + 1, SLOTS - 1)

    def begin_to_move(self) -> None:
        """What a reshard does first: keys that are not there are answered with ASK from now on."""
        source, target = self.nodes[:2]
        target.ask(
            "CLUSTER", "SETSLOT", self._slot, "IMPORTING", str(source.ask("CLUSTER", "MYID"))
        )
        source.ask(
            "CLUSTER", "SETSLOT", self._slot, "MIGRATING", str(target.ask("CLUSTER", "MYID"))
        )

    def move(self) -> None:
        """From the first to the second, with all keys."""
        source, target = self.nodes[:2]
        while keys := source.ask("CLUSTER", "GETKEYSINSLOT", self._slot, 100):
            where = ("127.0.0.1", target.port, "", 0, 1000, "REPLACE", "KEYS")
            source.ask("MIGRATE", *where, *keys)  # type: ignore[misc]
        for node in self.nodes[:3]:
            node.ask("CLUSTER", "SETSLOT", self._slot, "NODE", str(target.ask("CLUSTER", "MYID")))

    def _known(self, node: Node) -> list[str]:
        return [line for line in text_of(node, "NODES").splitlines() if "handshake" not in line]

    def _complete(self) -> bool:
        """All slots served everywhere, and the replica in step."""
        return all(
            "cluster_state:ok" in (said := text_of(node, "INFO"))
            and f"cluster_slots_ok:{SLOTS}" in said
            for node in self.nodes
        ) and in_step(self.replica)


def text_of(node: Node, what: str) -> str:
    """CLUSTER NODES or INFO as the server writes it."""
    with node.client() as client:
        client.response_callbacks.clear()
        return str(client.execute_command(f"CLUSTER {what}"))


def in_step(replica: Node) -> bool:
    """It has all that its master has."""
    with replica.client() as client:
        return client.info("replication").get("master_link_status") == "up"


class Watched:
    """A master with a replica, behind a password, under two sentinels that `more` is said to."""

    def __init__(self, nodes: Nodes, *more: str) -> None:
        self.master = nodes.started(newest(), *SECURED)
        self.replica = nodes.started(newest(), *SECURED, f"replicaof 127.0.0.1 {self.master.port}")
        wait_for(lambda: in_step(self.replica), 30, "the replica")
        lines = [line.format(service=SERVICE, port=self.master.port) for line in SENTINEL]
        lines += more
        self.sentinels = [nodes.node(newest(), *lines).start("--sentinel") for _ in range(2)]
        wait_for(lambda: all(map(self._ready, self.sentinels)), 30, "the sentinels")
        hosts = ",".join(f"127.0.0.1:{port}" for port in (free_port(), *self._ports()))
        # Nobody listens at the first.
        self.url = f"redis+sentinel://:pw@{hosts}/{SERVICE}/0"

    def lose(self) -> None:
        """The master fails."""
        for sentinel in self.sentinels:
            sentinel.ask("SENTINEL", "SET", SERVICE, "down-after-milliseconds", SOON_MS // 2)
        self.master.kill()

    def _ports(self) -> list[int]:
        return [sentinel.port for sentinel in self.sentinels]

    def _ready(self, sentinel: Node) -> bool:
        """It knows the replica, and the other sentinel."""
        try:
            with sentinel.client() as client:
                known = client.sentinel_master(SERVICE)
        except redis.RedisError:
            return False
        return bool(known["num-slaves"] == 1 and known["num-other-sentinels"] == 1)


@dataclass(frozen=True)
class FailOver:
    """Seconds until both sides were back, the longest page view meanwhile, whether it and others
    waited for Redis, what was counted.
    """

    back_s: float
    longest_ms: float
    before_ms: float
    waited: bool
    counts: Counts


def fail_over(host: Host, watch: Watch, lose: Callable[[], None]) -> FailOver:
    """Lose the node that both sides are at, while pages are viewed; both come back."""
    wait_for(lambda: armed(watch), what="arming")
    assert sees_visits(host, watch)
    already = counts(watch)
    with host.under_load() as took:
        wait_for(lambda: len(took) > 50, what="load")
        before, first = max(took), len(took)
        began = time.monotonic()
        lose()
        wait_for(lambda: watch.status.link is Link.LOST, 30, "the loss")
        wait_for(lambda: watch.status.link is Link.LIVE, 60, "the link")
        wait_for(lambda: armed(watch), 60, "the probe")
        back = time.monotonic() - began
    assert sees_visits(host, watch)
    during = took[first:]
    return FailOver(back, max(during), before, waited(before, during), counts(watch) - already)
