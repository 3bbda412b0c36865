"""What is on the channel may be old, new, broken or hostile: named, counted, and everything else
goes on.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from djscope.feed.channel import Channel
from djscope.feed.embedded import start_embedded
from djscope.feed.status import Link
from djscope.model.findings import find
from djscope.watch import Watch
from djscope_probes import wire
from tests.real.servers import bare
from tests.real.tools import (
    Levels,
    client_of,
    djscope,
    environment,
    started,
    wait_for,
    wake,
    watching,
)

pytestmark = pytest.mark.real
APP = "bare"
KEYS = wire.Keys(APP)
ALIEN = "web-1/4711@1795348800"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with start_embedded() as server:
        yield server.url


@pytest.fixture
def client(url: str, tmp_path: Path) -> Iterator[redis.Redis]:
    """One process with a probe announced itself; what the test put beside it goes away."""
    with client_of(url) as client, bare(url, APP, tmp_path / "run"):
        wait_for(lambda: client.zcard(KEYS.procs) == 1, what="announcement")
        yield client
    with client_of(url) as client:
        client.flushall()


def publish(client: redis.Redis, *bodies: str | bytes) -> None:
    """Put frames on the channel, as a probe would."""
    for body in bodies:
        client.xadd(KEYS.events, {"f": body})


def frame(*events: Any, process: str = ALIEN, seq: int = 1, version: int = 1) -> str:
    return json.dumps([version, process, seq, 0, time.time(), list(events)])


def request(unit_id: str = "u1", **changes: Any) -> list[Any]:
    """A request that failed with status 500."""
    unit = wire.Unit(unit_id, 1, "ended", "n1", time.time(), 9000, 0, 0, 0, 0, [])
    shape = wire.RequestRecorded(unit._replace(**changes), "GET", "n2", 500, "wsgi")
    return ["request", *shape]


GARBAGE = {
    "no JSON": b"\xff\x00garbage",
    "not an array": b'{"wire": 1}',
    "empty array": b"[]",
    "nothing": b"",
    "too short": b"[1]",
    "wrong types": b'[1, "a/1@1", "first", 0, 0, []]',
    "version of text": b'["one"]',
    "too deep": b"[1," + b"[" * 20_000,
    "too long": b"[1," + b" " * 70_000 + b"]",
}


@pytest.fixture
def watch(url: str, client: redis.Redis) -> Iterator[Watch]:
    """A viewer that watches that one process."""
    with watching(url, APP) as watch:
        wait_for(lambda: watch.session.watching()[0] == 1, what="arming")
        yield watch


def recent(watch: Watch) -> set[str]:
    """The ids of units that ended."""
    with watch.lock:
        return {fact.unit.id for fact in watch.session.recent}


def test_garbage_is_counted_and_the_rest_goes_on(client: redis.Redis, watch: Watch) -> None:
    """A frame that is none costs nothing but itself; the viewer says how many there were."""
    publish(client, *GARBAGE.values(), frame(request("behind")))
    client.xadd(KEYS.events, {"other": "field"})

    wait_for(lambda: recent(watch) == {"behind"}, what="the frame behind it")
    said = f"{len(GARBAGE) + 1} frames and 0 events could not be read"
    wait_for(lambda: watch.status.problem == said, what=said)
    assert watch.status.link is Link.LIVE
    assert list(watch.session.gaps) == []


def test_other_versions_are_named(client: redis.Redis, watch: Watch) -> None:
    """An old and a new probe: which version they speak, and what to do; ours are still read."""
    publish(client, frame(version=0), frame(["future"], version=99), frame(request("ours")))

    wait_for(lambda: recent(watch) == {"ours"}, what="our frame")
    said = (
        "probes speak wire version 0, 99, this viewer reads 1:"
        " install the same djscope on both sides"
    )
    wait_for(lambda: watch.status.problem == said, what=said)
    assert watch.status.link is Link.LIVE


def test_events_that_cannot_be_read_do_not_cost_the_others(
    client: redis.Redis, watch: Watch
) -> None:
    """Of unknown kinds, with wrong types; a newer probe's additional fields are passed over."""
    newer = [*request("newer"), "a field of tomorrow", {"and": "another"}]
    publish(client, frame(["teleported", 1], 7, None, ["request"], newer, request("plain")))

    wait_for(lambda: recent(watch) == {"newer", "plain"}, what="the events beside them")
    said = "0 frames and 4 events could not be read"
    wait_for(lambda: watch.status.problem == said, what=said)


ODD = ["", "nonsense", "web/pid@now", "web/1@1e999", "web/1@nan", "a/b/c@d", "\x1b[2J/1@1"]


@pytest.mark.parametrize("process", ODD)
def test_a_process_of_any_name_is_shown(client: redis.Redis, watch: Watch, process: str) -> None:
    """What does not name a process as ours do is a name all the same."""
    publish(client, frame(request("strange"), process=process), frame(request("behind"), seq=2))

    wait_for(lambda: recent(watch) == {"strange", "behind"}, what="both")
    assert watch.status.link is Link.LIVE


def test_nothing_that_comes_after_the_viewer_is_missed(client: redis.Redis) -> None:
    """Not even what is published within the same millisecond, as a fast process does."""
    channel = Channel(client, KEYS)
    for number in range(1, 51):
        channel.seek(channel.now())
        publish(client, frame(seq=number))

        assert number in {delivery.seq for delivery in channel.read(500)}


HOSTILE = "\x1b[2J\x1b]0;pwned\x07[bold]evil[/bold]\u202e\r\nseen: nothing at all"


def test_text_of_a_process_cannot_steer_the_terminal(
    url: str, client: redis.Redis, tmp_path: Path
) -> None:
    """Control characters are shown as dots, markup as it stands, and a line stays a line."""
    names = {"n1": f"route{HOSTILE}", "n2": "view", "l1": [f"/app/{HOSTILE}.py", 7, "f", True]}
    command = ("-m", "djscope", "now", "--for", "3s", "--redis", url)
    with started(sys.executable, *command, env=environment(tmp_path / "run")) as viewer:
        wait_for(lambda: client.exists(KEYS.leases[0]), what="the viewer")
        client.hset(KEYS.defs, mapping={key: json.dumps(text) for key, text in names.items()})
        publish(client, frame(request(exception=HOSTILE, site_id="l1")))
        out, said = viewer.communicate(timeout=20)

    assert viewer.returncode == 0, said
    assert len(out.splitlines()) == 2
    assert "route·[2J·]0;pwned·[bold]evil[/bold]···seen: nothing" in out
    assert not set(out + said) & {"\x1b", "\x07", "\r", "\u202e"}


def test_announcements_that_are_none_are_passed_over(
    url: str, client: redis.Redis, tmp_path: Path
) -> None:
    """`ps` lists the processes that can be read, older and newer ones too, and says it plainly."""
    now = float(client.time()[0])
    older, newer = ["old", 1, 1, "python", APP], [*wire.Process("new", 2, 1, "x", APP), "extra"]
    strange = [["far", 3, 10**18, "y", APP], [HOSTILE, 4, -(10**18), HOSTILE, APP]]
    members = [b"\xff", "[]", "{}", *map(json.dumps, (older, newer, *strange))]
    client.zadd(KEYS.procs, dict.fromkeys(members, now))

    done = djscope("ps", "--redis", url, directory=tmp_path / "run")

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1 + 1 + 4
    assert "old/1" in done.stdout
    assert "new/2" in done.stdout
    assert "\x1b" not in done.stdout


def test_what_is_no_lease_watches_nothing(url: str, client: redis.Redis) -> None:
    """Garbage in the slots and on the control stream neither arms a process nor keeps it from
    arming when somebody really watches.
    """
    of_tomorrow = wire.dumps(wire.Lease("v", "w", "watch", 0, 99))
    garbage = ["", "no JSON", "{}", "[]", "null", '["v", "w", ["deep"]]', of_tomorrow]
    for key, value in zip(KEYS.leases[1:], garbage, strict=True):
        client.set(key, value, px=60_000)
    for words in (b"\xff", b"need", b"need \xff no such", b"wake", b"dance"):
        client.xadd(KEYS.control, {"m": words, b"\xfe": words})

    wake(client, KEYS)
    assert not client.exists(KEYS.events)
    with Levels(url, APP) as levels:
        with watching(url, APP):
            wait_for(lambda: levels.all_are("watch", 1), what="arming")
        wait_for(lambda: levels.all_are("off", 1), what="disarming")


def test_text_of_another_viewer_cannot_steer_the_terminal(
    url: str, client: redis.Redis, tmp_path: Path
) -> None:
    """Who else watches is told by `doctor` and at the end of `now`; it is text like any other."""
    lease = wire.dumps(wire.Lease("somebody", HOSTILE))
    client.set(KEYS.leases[3], lease, px=60_000)

    checked = djscope("doctor", "--redis", url, directory=tmp_path / "run")
    done = djscope("now", "--for", "1s", "--redis", url, directory=tmp_path / "run")

    assert "watched by ·[2J" in checked.stdout
    assert "others still watch: ·[2J" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    said = checked.stdout + checked.stderr + done.stdout + done.stderr
    assert not set(said) & {"\x1b", "\x07", "\r", "\u202e"}


def test_definitions_that_are_none_are_missing(client: redis.Redis, watch: Watch) -> None:
    """A name that cannot be read is shown as one that has not come yet; it may still come."""
    broken = {"n1": b"\xff", "l1": b'"a text"', "s1": b"[" * 20_000, "n2": b'"' + b"x" * 40_000}
    client.hset(KEYS.defs, mapping=broken)
    publish(client, frame(request("odd", site_id="l1", stack_id="s1", exception="E")))

    wait_for(lambda: recent(watch) == {"odd"}, what="the unit")
    definitions = watch.session.definitions
    assert [definitions.text("n1"), definitions.stack("s1")] == ["…", ()]
    client.hset(KEYS.defs, "n1", json.dumps("books/"))
    wait_for(lambda: definitions.text("n1") == "books/", what="the name")
    assert watch.status.link is Link.LIVE


def test_no_verdict_on_what_is_not_known_yet(client: redis.Redis, watch: Watch) -> None:
    """Queries may come before the texts, lines and relations they refer to: what looks like a loop
    until then is an N+1 once they are there, and never a finding without a place.
    """
    group = wire.Group(
        "q7", "l7", "", "get", "r7", "l8", 20, 20_000, 900, 0, 20, 20, [[10, 20]], 20, 20
    )
    publish(client, frame(request("early", name_id="n7", queries=20, groups=[group])))
    wait_for(lambda: recent(watch) == {"early"}, what="the unit")
    early = kinds(watch)
    values = {
        "n7": "books/", "q7": "SELECT 1", "l7": ["/a/views.py", 7, "f", True],
        "l8": ["/a/views.py", 8, "f", True], "r7": ["Book", "author", "author", "fk", "Book"],
    }  # fmt: skip
    client.hset(KEYS.defs, mapping={key: json.dumps(value) for key, value in values.items()})
    wait_for(lambda: watch.session.definitions.relation("r7"), what="the definitions")

    assert (early, kinds(watch)) == ([], ["n_plus_one"])


def kinds(watch: Watch) -> list[str]:
    """Of what is found, but for that the request failed."""
    with watch.lock:
        found = find(watch.session, watch.now())
    return [one.kind for one in found if one.kind != "request_failing"]
