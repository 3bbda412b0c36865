"""Nobody watches: nothing is wrapped, two keys are in Redis, next to nothing is sent."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from djscope_probes.wire import Keys
from tests.real.projects.targets import SIGNALS, TARGETS
from tests.real.servers import Quiet
from tests.real.tools import Levels, client_of, keys_of, wait_for, wake, watching

pytestmark = pytest.mark.real
KEYS = Keys(Quiet.app)
STANDING = {KEYS.apps, KEYS.procs}


@contextmanager
def monitored(url: str) -> Iterator[dict[str, list[list[str]]]]:
    """What each client says to Redis meanwhile: address → commands."""
    said: dict[str, list[list[str]]] = defaultdict(list)
    ready, over = threading.Event(), threading.Event()

    def listen() -> None:
        with client_of(url) as client, client.monitor() as monitor:
            ready.set()
            while not over.is_set():
                command = monitor.next_command()
                said[command["client_port"]].append(command["command"].split(" "))

    thread = threading.Thread(target=listen)
    thread.start()
    assert ready.wait(5)
    try:
        yield said
    finally:
        over.set()
        with client_of(url) as client:
            client.ping()
        thread.join(5)


def cycles(said: dict[str, list[list[str]]], n: int) -> list[list[list[str]]]:
    """The commands of each probe's last cycle, once `n` of them wait for control again."""
    waiting = [each for each in list(said.values()) if each[-1][0] == "XREAD"]
    earlier = [[i for i, one in enumerate(each[:-1], 1) if one[0] == "XREAD"] for each in waiting]
    last = [each[max(ends, default=0) :] for each, ends in zip(waiting, earlier, strict=True)]
    return last if len(last) == n else []


def test_nothing_is_wrapped_in_any_process(quiet: Quiet) -> None:
    """Every function is the very object that Django defined, no receiver of ours is connected,
    and Celery's child has one thread besides its main one.
    """
    states = quiet.states()

    for name, state in states.items():
        assert state["known"] == len(TARGETS), name
        assert state["wrapped"] == state["receivers"] == state["hooked"] == [], name
        assert state["counted"] == 0, name
    assert states["celery"]["threads"] == 1


def test_what_is_looked_at_is_all_that_there_is(quiet: Quiet) -> None:
    """Watched, a process has exactly as many wrappers and receivers as these tests know of; then
    nobody watches, and all of them are gone again.
    """
    with Levels(quiet.redis_url, quiet.app) as levels, watching(quiet.redis_url, quiet.app):
        wait_for(lambda: levels.all_are("watch", quiet.n), what="arming")
        armed = quiet.states()
    idle = quiet.states()

    for name, state in armed.items():
        assert len(state["wrapped"]) == len(TARGETS), name
        hooks = len(state["receivers"]) + len(state["hooked"])
        assert len(state["wrapped"]) + hooks == state["counted"], name
        assert len(state["receivers"]) == len(SIGNALS), name
    for name, state in idle.items():
        assert state["wrapped"] == state["receivers"] == state["hooked"] == [], name


def test_two_keys_stand_in_redis(quiet: Quiet) -> None:
    """A viewer came and left: whatever it caused has a time to live, and once that has run out
    only the two keys by which processes are found are there, however often probes refresh them.
    """
    with (
        client_of(quiet.redis_url) as client,
        Levels(quiet.redis_url, quiet.app) as levels,
    ):
        with watching(quiet.redis_url, quiet.app):
            wait_for(lambda: levels.all_are("watch", quiet.n), what="arming")
        wait_for(lambda: levels.all_are("off", quiet.n), what="disarming")
        left = keys_of(client)
        lasting = {key: client.pttl(key) for key in left}
        for key in left - STANDING:
            client.pexpire(key, 1)
        wake(client, KEYS)
        client.pexpire(KEYS.control, 1)
        wait_for(lambda: KEYS.control not in keys_of(client))

        assert left > STANDING
        assert all(milliseconds > 0 for milliseconds in lasting.values()), lasting
        assert keys_of(client) == STANDING
        assert all(client.pttl(key) > 60_000 for key in STANDING)


def test_an_idle_process_sends_at_most_twelve_commands_a_minute(quiet: Quiet) -> None:
    """One cycle: it is woken, asks what it needs, and waits again; as long as it waits for, and
    as many commands as that takes, make a minute.
    """
    with client_of(quiet.redis_url) as client, monitored(quiet.redis_url) as said:
        client.xadd(KEYS.control, {"m": "wake"})
        client.expire(KEYS.control, 120)
        probes = wait_for(lambda: cycles(said, quiet.n), what="a cycle of each process")

    for commands in probes:
        waits_ms = int(commands[-1][commands[-1].index("BLOCK") + 1])
        assert len(commands) * 60_000 / waits_ms <= 12, commands
