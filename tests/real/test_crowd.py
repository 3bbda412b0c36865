"""Several viewers at once: who was watched already is well, and a ninth viewer is told so."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis

from djscope.feed.embedded import start_embedded
from djscope.feed.leases import Claim, FullError
from djscope.feed.live import LiveFeed
from djscope.feed.redis_link import connect
from djscope.feed.status import Link
from djscope.model.session import Session
from djscope.watch import Watch
from djscope_probes.wire import Keys
from tests.real.servers import bare
from tests.real.tools import djscope, wait_for, watching

pytestmark = pytest.mark.real
APP, SLOTS = "crowd", 8
KEYS = Keys(APP)
FULL = "8 viewers watch already, which is the most"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A Redis, and the pid of an idle process with a probe."""
    with (
        start_embedded() as running,
        bare(running.url, APP, tmp_path_factory.mktemp("run")) as process,
    ):
        yield running.url, process.pid


@contextmanager
def taken(url: str) -> Iterator[redis.Redis]:
    """All slots are other viewers', for a minute: they renew nothing."""
    client = connect(url)
    for slot in KEYS.leases:
        other = Claim(KEYS)
        client.set(slot, other._value, px=60_000)
    other.tell(client, "wake")
    try:
        yield client
    finally:
        with suppress(redis.ConnectionError):  # a test may have ended it
            client.delete(*KEYS.leases)
        client.close()


def test_doctor_beside_another_viewer_finds_idle_processes_well(
    server: tuple[str, int], tmp_path: Path
) -> None:
    """They report each 5 s and arm no second time: whenever one asks, all is well."""
    url, _ = server
    with watching(url, APP) as watch:
        wait_for(lambda: watch.session.watching()[0] == 1, what="arming")
        time.sleep(1.5)  # the report of its arming is over
        done = djscope("doctor", "--redis", url, directory=tmp_path / "run")

    assert "warn" not in done.stdout
    assert f"ok    app {APP}: 1 of 1 reported to those who watch in the last " in done.stdout


def test_a_ninth_viewer_is_told_so(server: tuple[str, int], tmp_path: Path) -> None:
    """One sentence with the remedy and the exit code for it, of every verb that watches."""
    url, _ = server
    run = partial(djscope, directory=tmp_path / "run")
    with taken(url):
        for verb in (["now", "--for", "5s"], ["snapshot", "--for", "5s"]):
            done = run(*verb, "--redis", url)

            assert done.returncode == 3
            assert done.stdout == ""
            assert done.stderr == f"djscope: {FULL}: close one and try again\n"


def test_doctor_tells_everything_else_as_well(server: tuple[str, int], tmp_path: Path) -> None:
    """That no slot is free blocks; who they are and how the processes fare is said."""
    url, _ = server
    with taken(url):
        done = djscope("doctor", "--redis", url, directory=tmp_path / "run")

    assert done.returncode == 3
    assert done.stderr == ""
    redis_answers, announced, full, others, reported = done.stdout.splitlines()
    assert redis_answers.startswith("ok    Redis answers at ")
    assert announced == f"ok    app {APP}: announced by 1 process"
    assert full == f"fail  app {APP}: {FULL}: close one and try again"
    assert others.startswith(f"ok    app {APP}: watched by ")
    assert others.count("@") == SLOTS
    assert reported.startswith(f"ok    app {APP}: 1 of 1 reported to those who watch in the last ")


def test_stacks_of_a_local_process_are_taken_from_outside(
    server: tuple[str, int], tmp_path: Path
) -> None:
    """py-spy needs no slot; a process elsewhere does."""
    url, pid = server
    run = partial(djscope, "stacks", directory=tmp_path / "run")
    here = os.uname().nodename
    with taken(url):
        done, elsewhere = run(str(pid), "--redis", url), run("elsewhere/12", "--redis", url)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{here}/{pid}: ")
    assert "taken by py-spy" in done.stdout.splitlines()[0]
    assert elsewhere.returncode == 3
    assert FULL in elsewhere.stderr


def test_a_ninth_viewer_whose_redis_goes_away_says_that() -> None:
    """Not any more that there were eight."""
    with start_embedded() as running, taken(running.url):
        watch = Watch(running.url, APP)
        watch.start()
        wait_for(lambda: watch.feed.fatal is not None, what="the ninth to be refused")
        running.close()
        wait_for(lambda: watch.status.link is Link.LOST, what="the loss")

        assert watch.feed.fatal is None
        assert "cannot be reached" in watch.stop()


def test_a_ninth_viewer_never_looks_as_if_redis_were_away(server: tuple[str, int]) -> None:
    """Not for a moment, at whichever of its tries one looks."""
    links: list[Link] = []

    class Noting(LiveFeed):
        def __setattr__(self, name: str, value: Any) -> None:
            if name == "status":
                links.append(value.link)
            super().__setattr__(name, value)

    url, _ = server
    with taken(url):
        feed = Noting(url, APP, Session())
        feed.start()
        wait_for(lambda: len(links) > 3, what="some tries")
        feed.stop()

    assert set(links) == {Link.CONNECTING}


def test_a_ninth_viewer_begins_when_a_slot_is_free(server: tuple[str, int]) -> None:
    """It says what it waits for, and then watches as if nothing had been."""
    url, _ = server
    with ExitStack() as stack:
        client = stack.enter_context(taken(url))
        watch = stack.enter_context(watching(url, APP))
        wait_for(lambda: watch.status.problem, what="the ninth to be refused")
        assert isinstance(watch.feed.fatal, FullError)
        assert watch.status.link is Link.CONNECTING
        assert watch.status.problem == (
            "8 viewers watch already, the most: this one begins when one of them ends"
        )

        client.delete(KEYS.leases[3])

        wait_for(lambda: watch.status.link is Link.LIVE, what="the free slot")
        wait_for(lambda: watch.session.watching()[0] == 1, what="reports")
        assert watch.feed.fatal is None
        assert list(watch.session.gaps) == []
