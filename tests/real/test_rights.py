"""The users that `doctor --acl` prints suffice, and what is denied is named and not insisted on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from djscope.feed.rights import ROLES
from tests.real.host import Host, armed, sees_visits
from tests.real.ladder import FOUND, Rung
from tests.real.nodes import Node, Nodes
from tests.real.tools import djscope, wait_for, watching

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]
# redis-py says who it is, and takes a denial for an answer; Redis 6.2 logs no subcommands.
NOT_NEEDED = {"client|setinfo", "client"}


@pytest.fixture(params=dict.fromkeys([*FOUND[:1], *FOUND[-1:]]), ids=lambda rung: rung.name)
def node(request: pytest.FixtureRequest) -> Iterator[Node]:
    """The oldest server and the newest."""
    rung: Rung = request.param
    with Nodes("rights") as nodes:
        yield nodes.started(rung.binary())


def make_users(node: Node, directory: Path) -> tuple[str, str]:
    """What doctor prints, typed in as it stands; the URLs of probe and viewer."""
    printed = djscope("doctor", "--acl", directory=directory).stdout.splitlines()
    assert [line.split()[2] for line in printed] == ["djscope-probe", "djscope-viewer"]
    for line in printed:
        node.ask(*line.replace("PASSWORD", "pw").split())
    at = node.url.rpartition("@")[2]
    return f"redis://djscope-probe:pw@{at}/0", f"redis://djscope-viewer:pw@{at}/0"


def refusals(client: redis.Redis) -> set[str]:
    """What the server has denied since the last reset."""
    return {str(each["object"]) for each in client.acl_log()} - NOT_NEEDED


def test_the_printed_users_can_do_all_that_is_done(node: Node, tmp_path: Path) -> None:
    """Announce, arm, tell, ask for stacks, confirm, leave; nothing was denied on the way."""
    probe, viewer = make_users(node, tmp_path)
    with Host(probe) as host:
        with watching(viewer, Host.app) as watch:
            wait_for(lambda: armed(watch), what="arming")
            assert sees_visits(host, watch)
            assert watch.stop() == "1 of 1 processes confirmed off"
        examined = djscope("doctor", "--redis", viewer, directory=tmp_path)
    with node.client() as client:
        wait_for(lambda: client.zcard("{djscope}:quiet:procs") == 0, what="leaving")
        assert refusals(client) == set()

    assert examined.returncode == 0, examined.stdout


@pytest.mark.parametrize("role", ROLES)
def test_every_right_that_is_missing_is_named(node: Node, tmp_path: Path, role: str) -> None:
    """Each in turn, with the line that grants it; with all of them, all is well."""
    url = make_users(node, tmp_path)[role == "viewer"]
    for right in ("xadd", "info", "select", "zrangebyscore" if role == "viewer" else "hincrby"):
        node.ask("ACL", "SETUSER", f"djscope-{role}", f"-{right}")
        checks = rights_of(url, tmp_path)
        node.ask("ACL", "SETUSER", f"djscope-{role}", f"+{right}")

        assert [
            f"the Redis user djscope-{role} may not {right}, which a {role} needs",
            f"ACL SETUSER djscope-{role} ~{{djscope}}:* +{right}",
        ] in checks
    assert [f"the Redis user djscope-{role} has the rights of a {role}", ""] in rights_of(
        url, tmp_path
    )


def rights_of(url: str, directory: Path) -> list[list[str]]:
    """What and remedy of each check."""
    done = djscope("doctor", "--acl", "--json", "--redis", url, directory=directory)
    return [[each["what"], each["remedy"]] for each in json.loads(done.stdout)]


def test_a_viewer_that_lacks_a_right_is_told_by_doctor(node: Node, tmp_path: Path) -> None:
    """Without being asked for `--acl`: it blocks."""
    _, viewer = make_users(node, tmp_path)
    node.ask("ACL", "SETUSER", "djscope-viewer", "-xread", "-hmget")
    done = djscope("doctor", "--redis", viewer, directory=tmp_path)

    assert done.returncode == 3
    assert done.stdout.splitlines()[-1] == (
        "fail  the Redis user djscope-viewer may not hmget, xread, which a viewer needs:"
        " ACL SETUSER djscope-viewer ~{djscope}:* +hmget +xread"
    )


@pytest.mark.parametrize("rule", ["-zadd", "off", "resetpass"])
def test_a_probe_that_is_denied_does_not_insist(node: Node, tmp_path: Path, rule: str) -> None:
    """A right less, shut out, another password: a few attempts a minute, and the page is served.

    Let in again, it is there.
    """
    probe, _ = make_users(node, tmp_path)
    node.ask("ACL", "SETUSER", "djscope-probe", rule)
    node.ask("CONFIG", "RESETSTAT")
    with Host(probe) as host, node.client() as client:
        wait_for(lambda: refusals(client), what="the first refusal")
        for _ in range(100):
            host.visit()
        assert client.info("stats")["total_connections_received"] <= 10
        assert client.zcard("{djscope}:quiet:procs") == 0
        node.ask("ACL", "SETUSER", "djscope-probe", "on", ">pw", "+zadd")
        wait_for(lambda: client.zcard("{djscope}:quiet:procs"), 90, "coming in")
