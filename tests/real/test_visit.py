"""A probe that is there already serves a viewer at another Redis, and goes home afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from djscope.feed.embedded import start_embedded
from djscope_probes import lifecycle
from tests.real.servers import PROJECTS
from tests.real.tools import client_of, environment, started, wait_for, watching

pytestmark = pytest.mark.real
PROCS = "{djscope}:visited:procs"


@contextmanager
def visitor(url: str, directory: Path) -> Iterator[subprocess.Popen[str]]:
    env = environment(directory, DJSCOPE_REDIS_URL=url)
    with started(sys.executable, str(PROJECTS / "visitor.py"), "visited", env=env) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        yield process


def say(process: subprocess.Popen[str], line: str) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_a_resident_probe_visits_until_the_lease_ends(tmp_path: Path) -> None:
    """One probe all the time: it leaves one list for the other, and comes back."""
    with (
        start_embedded() as home,
        start_embedded() as away,
        visitor(home.url, tmp_path) as process,
        client_of(home.url) as at_home,
        client_of(away.url) as at_away,
    ):
        wait_for(lambda: at_home.zcard(PROCS) == 1, what="announcement")
        assert say(process, f"join {away.url}") == "visiting|visited|"
        with watching(away.url, "visited") as watch:
            wait_for(lambda: watch.session.watching()[0] == 1, what="arming")
            assert at_away.zcard(PROCS) == 1
        wait_for(lambda: at_away.zcard(PROCS) == 0, what="leaving")
        with watching(home.url, "visited") as watch:
            wait_for(lambda: watch.session.watching()[0] == 1, what="coming home")


def test_a_visit_takes_no_trust_along(tmp_path: Path) -> None:
    """What viewers at a Redis on this machine may do is not for those at another one."""
    with (
        start_embedded() as home,
        start_embedded() as away,
        visitor(home.url, tmp_path) as process,
        client_of(home.url) as at_home,
        client_of(away.url) as at_away,
    ):
        (mine,) = wait_for(lambda: at_home.zrange(PROCS, 0, -1), what="announcement")
        # The same server by an address that is not one of this machine alone.
        elsewhere = away.url.replace("127.0.0.1", "0.0.0.0")
        assert say(process, f"join {elsewhere}") == "visiting|visited|"
        with watching(away.url, "visited") as watch:
            wait_for(lambda: watch.session.watching()[0] == 1, what="arming")
            (theirs,) = at_away.zrange(PROCS, 0, -1)
            at_home.delete(PROCS)
        wait_for(lambda: at_home.zrange(PROCS, 0, -1) == [mine], what="coming home")

    assert json.loads(mine)[11:] == ["deep", ["source"]]
    assert json.loads(theirs)[11:] == ["watch", []]


def test_a_parent_that_only_forks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread in it would be a danger to each child; the remedy is in the sentence."""
    monkeypatch.setattr(sys, "argv", ["/venv/bin/celery", "-A", "shop", "worker"])

    answer = lifecycle.join("redis://127.0.0.1:1/0", "shop")

    assert answer.outcome == "refused"
    assert answer.why == "that process only forks the ones that work: join those"
    assert lifecycle._running is None


def test_a_visit_to_nobody_ends(tmp_path: Path) -> None:
    """The viewer is gone, or its Redis: the probe is back at its own."""
    with start_embedded() as home, visitor(home.url, tmp_path) as process:
        with client_of(home.url) as at_home:
            wait_for(lambda: at_home.zcard(PROCS) == 1, what="announcement")
        assert say(process, "join redis://127.0.0.1:1/0") == "visiting|visited|"
        assert say(process, "join http://x").startswith("refused|visited|the Redis URL has to")
        with watching(home.url, "visited") as watch:
            wait_for(lambda: watch.session.watching()[0] == 1, what="coming home")


def test_a_probe_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    """Two that do not understand each other must not both wrap."""
    with start_embedded() as home, visitor(home.url, tmp_path) as process:
        assert say(process, "older") == "aged"
        answer = say(process, f"join {home.url}")

    assert answer.startswith("refused|visited|djscope-probes 0.0.1 runs there")
    assert "wire version 0, not 1" in answer
