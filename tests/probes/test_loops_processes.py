"""Processes whose event loops are watched: stopped by the system, and forked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAD = """
import _thread, asyncio, os, sys, time
from tests.probes.eventloops import Watched, looping, sleeps, until, work
watched = Watched()
with looping(asyncio.run) as loop:
    watched.arm()
"""
STOPPED = """
    print("ready", flush=True)
    sys.stdin.readline()
    watched.wait(lambda: watched.beats > 5, "beats")
    watched.all_told()
    print(watched.blocks, flush=True)
    print(watched.see(lambda: work(loop, sleeps)).stack[0][1], flush=True)
    watched.disarm()
"""
FORKED = """
    callbacks, threads = len(__import__("gc").callbacks), _thread._count()
    child = os.fork()
    if not child:
        began = time.monotonic()
        watched.instrument.patches.restore()
        quick = time.monotonic() - began < 5
        left = len(__import__("gc").callbacks) - callbacks
        print("child", len(sys._current_frames()), quick, left, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    told = watched.see(lambda: work(loop, sleeps))
    print("parent", _thread._count() >= threads, told.stack[0][1], flush=True)
    watched.disarm()
"""


def started(script: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", HEAD + script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )


def test_a_process_that_was_stopped_was_not_blocked() -> None:
    """Nobody's line is to blame for SIGSTOP or a suspended machine; what comes after is seen."""
    with started(STOPPED) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(process.pid, signal.SIGCONT)
        print(file=process.stdin, flush=True)

        assert process.stdout.readline() == "[]\n"
        assert process.stdout.readline() == "sleeps\n"
        assert process.wait(30) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system: run it on another")
def test_a_forked_child_is_not_watched_and_its_parent_still_is() -> None:
    """No thread goes along; taking out what did waits for nobody; the parent notices nothing."""
    with started(FORKED) as process:
        said, complaints = process.communicate(timeout=60)

    assert said.splitlines() == ["child 1 True -1", "parent True sleeps"]
    assert complaints == ""
    assert process.returncode == 0
