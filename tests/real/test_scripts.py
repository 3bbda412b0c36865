"""Processes that no server has started: management commands, scripts that fork by themselves."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from djscope.feed.embedded import start_embedded
from djscope.watch import Watch
from djscope_probes.wire import Keys
from tests.real.lives import STARTS, changed
from tests.real.servers import PROJECTS, quiet_environment
from tests.real.tools import Levels, client_of, complaints, started, wait_for, watching

pytestmark = pytest.mark.real
# An upper bound on a busy machine.
LATER_S = 3.0
RUNS = 2
UNITS = 5
ATTEMPTS = 3


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with start_embedded() as server:
        yield server.url


def settings(directory: Path, redis_url: str, app: str, *, installed: bool) -> dict[str, str]:
    """The environment of a process of the quiet project."""
    probe = {"DJSCOPE_REDIS_URL": redis_url, "QUIET_APPS": "djscope_probes"}
    env = quiet_environment(directory, DJSCOPE_APP=app, **(probe if installed else {}))
    return {**env, "QUIET_BROKER": redis_url}


def ask(process: subprocess.Popen[str], verb: str) -> dict[str, Any]:
    """Have it do something; its state afterwards."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{verb}\n")
    process.stdin.flush()
    state: dict[str, Any] = json.loads(process.stdout.readline())
    return state


def armed(watch: Watch) -> int:
    with watch.lock:
        return watch.session.watching()[0]


@contextmanager
def seen(redis_url: str, app: str) -> Iterator[Watch]:
    """A viewer, once a process is armed."""
    with watching(redis_url, app) as watch:
        wait_for(lambda: armed(watch) == 1, what="arming")
        yield watch


@pytest.mark.parametrize("start", STARTS)
def test_a_long_command_is_watched_and_left(redis_url: str, tmp_path: Path, start: str) -> None:
    """Armed, off, armed again, stopped, while it asks its database; it ends well, with nothing on
    stderr and every original back.
    """
    app = f"command-{start}"
    env = settings(tmp_path, redis_url, app, installed=start == "installed")
    with started(sys.executable, "-m", "django", "busy", env=env) as process:
        ask(process, "inject" if start == "late" else "state")
        with seen(redis_url, app) as watch:
            assert len(ask(process, "state")["wrapped"]) > 10
            assert watch.stop() == "1 of 1 processes confirmed off"
        assert changed(ask(process, "state")) == []
        with seen(redis_url, app) as watch:
            stopped = ask(process, "stop")
            wait_for(lambda: armed(watch) == 0, what="the last word")
            # What it says in the host's log is said in a thread, which may be held up.
            wait_for(lambda: ask(process, "state")["ours"] == 0, what="its threads' ends")
        out, err = process.communicate(timeout=20)

    assert changed(stopped) == []
    assert (process.returncode, out, complaints(err)) == (0, "ended well\n", [])


def test_a_command_that_begins_under_a_viewer_is_counted(redis_url: str, tmp_path: Path) -> None:
    """Its end is the process's: nobody would see another. Where its last words took too long to be
    waited for, that is said; not each time.
    """
    app = "command-counted"
    env = settings(tmp_path, redis_url, app, installed=True)
    with watching(redis_url, app) as watch:
        for _ in range(ATTEMPTS):
            with started(sys.executable, "-m", "django", "busy", env=env) as process:
                wait_for(lambda: armed(watch) == 1, what="arming")
                ask(process, "state")
                wait_for(lambda: list(watch.session.running), what="the command under way")
                process.communicate(timeout=20)
            wait_for(lambda: not watch.session.running, what="its end")
            if ended := [key for key, stat in watch.session.routes.items() if stat.n]:
                break
            assert any("fell silent" in gap.what for gap in watch.session.gaps)

        ((kind, name_id),) = ended
        assert (kind, watch.session.definitions.text(name_id)) == ("command", "busy")
        assert watch.session.routes[kind, name_id].queries > 0


@pytest.mark.parametrize("watched", [False, True])
def test_a_command_that_ends_at_once_is_not_held_up(
    redis_url: str, tmp_path: Path, watched: bool
) -> None:
    """Its probe may be about to connect, to arm, or to report: the process does not wait for it,
    says nothing more, and takes back its announcement or leaves it to go stale.
    """
    app = f"short-{watched}"
    took: dict[bool, list[float]] = {True: [], False: []}
    with Levels(redis_url, app) as levels, client_of(redis_url) as client:
        watch = Watch(redis_url, app)
        if watched:
            watch.start()
        for installed in [True, False] * RUNS:
            env = settings(tmp_path, redis_url, app, installed=installed)
            began = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-m", "django", "check"],
                env=env, capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            took[installed].append(time.monotonic() - began)

            assert (done.returncode, complaints(done.stderr)) == (0, [])
        if watched:
            watch.stop()
        levels.read()
        print(f"\nmanage.py check, watched {watched}: {took[True]} s with, {took[False]} without")

        assert min(took[True]) < min(took[False]) + LATER_S
        assert client.zcard(Keys(app).procs) <= RUNS


def forker(how: str, app: str, redis_url: str, directory: Path) -> tuple[dict[str, Any], ...]:
    """Run it under a viewer; what the child said, what the parent said, what was told."""
    env = settings(directory, redis_url, app, installed=True)
    env["PYTHONWARNINGS"] = "ignore::DeprecationWarning"
    command = (sys.executable, str(PROJECTS / "forker.py"), how)
    with started(*command, env=env) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with seen(redis_url, app) as watch:
            process.stdin.write("go\n")
            process.stdin.flush()
            if how.endswith("start"):
                wait_for(lambda: armed(watch) == 2, what="the child's arming")
                process.stdin.write("go\n")
                process.stdin.flush()
            child, parent = (json.loads(process.stdout.readline()) for _ in range(2))
            wait_for(lambda: told(watch, parent["pid"]) >= UNITS, what="the parent's units")
            if how == "fork start":
                wait_for(lambda: told(watch, child["pid"]) >= UNITS, what="the child's units")
            numbers = {who["who"]: told(watch, who["pid"]) for who in (child, parent)}
        _, err = process.communicate("end\n", timeout=20)

    assert process.returncode == 0
    assert complaints(err) == []
    return child, parent, numbers


def told(watch: Watch, pid: int) -> int:
    """How many requests of a process were told."""
    with watch.lock:
        return sum(
            fact.process.split("/")[1].startswith(f"{pid}@") for fact in watch.session.recent
        )


@pytest.mark.parametrize("how", ["fork", "multiprocessing"])
def test_a_child_that_a_script_forks_has_no_probe(redis_url: str, tmp_path: Path, how: str) -> None:
    """It inherits not the thread, and lets go of the wrappers: its requests are answered as ever,
    every original is back, and it is not told. The parent is, as before.
    """
    child, parent, numbers = forker(how, f"forked-{how}", redis_url, tmp_path)

    assert child["statuses"] == parent["statuses"] == [200] * UNITS
    assert (changed(child), child["ours"]) == ([], 0)
    assert len(parent["wrapped"]) > 10
    assert numbers == {"child": 0, "parent": UNITS}


@pytest.mark.parametrize("how", ["fork", "pool"])
@pytest.mark.parametrize("start", [*STARTS, "run"])
def test_a_child_of_a_watched_command_has_every_original_back(
    redis_url: str, tmp_path: Path, how: str, start: str
) -> None:
    """At once: the command goes on in it as far as we know, so that no first unit would tell."""
    app = f"crew-{how}-{start}"
    env = settings(tmp_path, redis_url, app, installed=start == "installed")
    env["PYTHONWARNINGS"] = "ignore::DeprecationWarning"
    run = (sys.executable, "-m", "djscope", "run", "--redis", redis_url, "--app", app, "--")
    command = (sys.executable, str(PROJECTS / "crew.py"), how, start)
    with started(*(run if start == "run" else ()), *command, env=env) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with seen(redis_url, app):
            process.stdin.write("go\n")
            process.stdin.flush()
            *children, parent = (json.loads(process.stdout.readline()) for _ in range(3))
        _, err = process.communicate("end\n", timeout=20)

    assert [changed(state) for state in children] == [[], []]
    assert [state["ours"] for state in children] == [0, 0]
    assert len(parent["wrapped"]) > 10
    assert (process.returncode, complaints(err)) == (0, [])


def test_a_forked_child_that_starts_a_probe_is_told(redis_url: str, tmp_path: Path) -> None:
    """What README says to do: its units are its own, each once."""
    child, parent, numbers = forker("fork start", "forked-start", redis_url, tmp_path)

    assert child["statuses"] == parent["statuses"] == [200] * UNITS
    assert numbers == {"child": UNITS, "parent": UNITS}


def test_a_spawned_child_has_a_probe_of_its_own(redis_url: str, tmp_path: Path) -> None:
    """A new interpreter that sets Django up is a process like any other."""
    child, parent, _ = forker("spawn", "spawned", redis_url, tmp_path)

    assert child["statuses"] == parent["statuses"] == [200] * UNITS
    assert child["ours"] >= 1  # the probe's, and for a moment who says in its log who watches
