"""`djscope stacks`: by the probe, by py-spy, as text and JSON, or one sentence."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.commands.conftest import Run, once_it_says
from tests.real.tools import environment, started

pytestmark = pytest.mark.real
HERE = os.uname().nodename
KEYS = ["schema", "process", "by", "taken_at", "left_out", "threads"]


@pytest.fixture
def unprobed(tmp_path: Path) -> Iterator[int]:
    """A Python process that nobody prepared."""
    code = "print('started', flush=True); import sys; sys.stdin.read()"
    with started(sys.executable, "-c", code, env=environment(tmp_path / "run")) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        yield process.pid


@pytest.fixture
def probed(run: Run, busy_url: str) -> str:
    """One of two, as `djscope ps` lists it."""
    return str(json.loads(run("ps", "--json", "--redis", busy_url).stdout)[0]["process"])


def test_a_probe_answers(run: Run, busy_url: str, probed: str) -> None:
    """Threads, then their frames, innermost first; the project's own are marked."""
    ask = partial(run, "stacks", probed, "--redis", busy_url)
    done = once_it_says(", taken by its probe", ask)
    head, blank, thread, *frames = done.stdout.splitlines()

    assert done.returncode == 0
    assert done.stderr == ""
    assert head.startswith(f"{probed}: ")
    assert head.endswith(", taken by its probe")
    assert blank == ""
    assert thread.startswith("thread MainThread (")
    assert any(frame.startswith("> ") and "bare.py:" in frame for frame in frames)


def test_as_json(run: Run, busy_url: str, probed: str) -> None:
    """The documented keys; a bare pid means this machine's."""
    pid = probed.rpartition("/")[2]
    ask = partial(run, "stacks", pid, "--json", "--redis", busy_url)
    done = once_it_says('"its probe"', ask)
    taken = json.loads(done.stdout)

    assert list(taken) == KEYS
    assert (taken["schema"], taken["process"]) == ("djscope/stacks/1", probed)
    assert taken["by"] == "its probe"
    assert taken["threads"][0]["stack"]


def test_a_process_without_a_probe_is_looked_at_from_outside(
    run: Run, busy_url: str, unprobed: int
) -> None:
    """With a Redis or without one."""
    with_redis = run("stacks", str(unprobed), "--redis", busy_url)
    without = run("stacks", f"{HERE}/{unprobed}")

    for done in (with_redis, without):
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0] == f"{HERE}/{unprobed}: 1 thread, taken by py-spy"


def test_a_silent_probe_does_not_keep_anybody_waiting(run: Run, busy_url: str, probed: str) -> None:
    """The stacks are printed although the process is stopped, and that is said."""
    pid = int(probed.rpartition("/")[2])
    os.kill(pid, signal.SIGSTOP)
    try:
        done = run("stacks", probed, "--redis", busy_url)
    finally:
        os.kill(pid, signal.SIGCONT)

    assert done.returncode == 0, done.stderr
    assert "taken by py-spy; the process is stopped (SIGSTOP)" in done.stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("process", "code", "words"),
    [
        ("many", 2, "'many' is no process: give host/pid as in `djscope ps`, or a pid"),
        ("host/", 2, "'host/' is no process"),
        ("0", 2, "'0' is no process"),
        ("elsewhere/12", 3, "no process elsewhere/12 has a probe: `djscope ps` lists those"),
        ("999999999", 3, f"there is no process {HERE}/999999999, or no more"),
    ],
)
def test_what_cannot_be_looked_at(
    run: Run, busy_url: str, process: str, code: int, words: str
) -> None:
    """Cause and remedy."""
    done = run("stacks", process, "--redis", busy_url)

    assert done.returncode == code
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr


def test_another_host_needs_a_redis(run: Run) -> None:
    """Only its probe could answer."""
    done = run("stacks", "elsewhere/12")

    assert done.returncode == 2
    assert "give --redis URL" in done.stderr
