"""Stacks of real processes: by the probe, by py-spy where it is silent, or a sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from djscope.attach import pyspy
from djscope.attach.pyspy import dump
from djscope.attach.taking import Taking
from djscope.errors import NothingSeenError
from djscope.feed.embedded import start_embedded
from djscope.model.processes import ProcessFact
from djscope.model.stacks import PROBE, PY_SPY, Taken
from djscope.watch import Watch
from tests.real.servers import bare
from tests.real.tools import HERE, environment, wait_for, watching

pytestmark = pytest.mark.real
AS_NOBODY = """
import os, sys
from djscope.attach.pyspy import dump
from djscope.errors import DjscopeError

pid = int(sys.argv[1])
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
try:
    dump(pid, f"x/{pid}")
except DjscopeError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with start_embedded() as server:
        yield server.url


def watched(watch: Watch) -> ProcessFact:
    """The one process there, armed."""
    wait_for(lambda: watch.session.watching()[0] == 1, what="arming")
    with watch.lock:
        (process,) = (each for each in watch.session.processes.values() if each.armed)
    return process


def finished(taking: Taking) -> Taking:
    wait_for(taking.poll, 20, "an answer")
    return taking


def taken_by(watch: Watch, fact: ProcessFact) -> str:
    """Who answers now."""
    taken = finished(Taking(watch, fact)).taken
    return taken.by if taken is not None else ""


def sees_threads(taken: Taken | None) -> bool:
    return taken is not None and "MainThread" in {thread.name for thread in taken.threads}


def test_a_process_with_a_probe_answers_itself(redis_url: str, tmp_path: Path) -> None:
    """With the texts of its stacks."""
    with bare(redis_url, "taken", tmp_path) as process, watching(redis_url, "taken") as watch:
        taking = finished(Taking(watch, watched(watch)))

        assert taking.problem == ""
        assert taking.taken is not None
        assert taking.taken.by == PROBE
        assert taking.taken.process == f"{HERE}/{process.pid}"
        assert sees_threads(taking.taken)
        assert all(thread.stack for thread in taking.taken.threads)


def test_a_stopped_process_is_looked_at_from_outside(redis_url: str, tmp_path: Path) -> None:
    """Its probe is silent, py-spy sees it, and that is said; it goes on afterwards."""
    with bare(redis_url, "stopped", tmp_path) as process, watching(redis_url, "stopped") as watch:
        fact = watched(watch)
        os.kill(process.pid, signal.SIGSTOP)
        try:
            taking = finished(Taking(watch, fact))
        finally:
            os.kill(process.pid, signal.SIGCONT)

        assert taking.problem == ""
        assert taking.taken is not None
        assert taking.taken.by == f"{PY_SPY}; the process is stopped (SIGSTOP)"
        assert sees_threads(taking.taken)

        # Its probe may have to find back to Redis first, and hears no question that was put before.
        wait_for(lambda: taken_by(watch, fact) == PROBE, 60, "an answer of its own")


def test_a_remote_process_that_is_silent_is_said_to_be(redis_url: str, tmp_path: Path) -> None:
    """Nothing here can look into it."""
    with bare(redis_url, "remote", tmp_path) as process, watching(redis_url, "remote") as watch:
        fact = watched(watch)
        fact.host = "another-host"
        os.kill(process.pid, signal.SIGSTOP)
        try:
            taking = finished(Taking(watch, fact))
        finally:
            os.kill(process.pid, signal.SIGCONT)

    assert taking.taken is None
    assert taking.problem == (
        f"the probe of another-host/{process.pid} does not answer,"
        " and the process is not on this machine"
    )


def test_a_process_that_was_just_killed_is_said_to_have_ended(
    redis_url: str, tmp_path: Path
) -> None:
    """It is still announced, and nothing has its pid."""
    with bare(redis_url, "killed", tmp_path) as process, watching(redis_url, "killed") as watch:
        fact = watched(watch)
        process.kill()
        process.wait()
        taking = finished(Taking(watch, fact))

    assert taking.taken is None
    assert taking.problem == (
        f"the probe of {HERE}/{process.pid} does not answer,"
        " and the process has ended (none on this machine has its pid)"
    )


def test_py_spy_sees_lines_and_tells_ours(sleeper: tuple[int, Path]) -> None:
    """Innermost first; the interpreter's own files are libraries."""
    pid, file = sleeper
    taken = dump(pid, f"{HERE}/{pid}")
    (worker,) = (thread for thread in taken.threads if thread.name == "worker")

    assert taken.by == PY_SPY
    assert (worker.stack[0].file, worker.stack[0].function) == (str(file), "work")
    assert worker.stack[0].app
    assert not any(place.app for place in worker.stack if place.file.endswith("threading.py"))
    assert worker.native_id > 0


def test_the_thread_that_was_meant_is_marked(sleeper: tuple[int, Path]) -> None:
    """By where its unit was last seen."""
    pid, _ = sleeper
    place = next(t.stack[0] for t in dump(pid, "x").threads if t.name == "worker")

    assert [t.name for t in dump(pid, "x", place).threads if t.own] == ["worker"]


def test_a_process_that_has_ended_is_said_to_have() -> None:
    """Its pid is nobody's any more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()

    with pytest.raises(NothingSeenError, match="there is no process"):
        dump(gone.pid, f"{HERE}/{gone.pid}")


def test_what_is_no_python_is_one_sentence() -> None:
    """No traceback of py-spy's."""
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            with pytest.raises(NothingSeenError) as caught:
                dump(process.pid, f"{HERE}/{process.pid}")
        finally:
            process.kill()

    assert len(str(caught.value).splitlines()) == 1
    assert f"{HERE}/{process.pid}" in str(caught.value)
    assert "backtrace" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody without the right")
def test_without_the_right_the_remedy_is_named(sleeper: tuple[int, Path], tmp_path: Path) -> None:
    """Somebody else's process: as him, wherever we are; no capability would help."""
    pid, _ = sleeper
    env = environment(tmp_path / "run")
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(pid)],
        capture_output=True, text=True, env=env, check=True,
    )  # fmt: skip
    if "cannot be started" in done.stdout:
        pytest.skip("nobody may not execute py-spy where it is installed")

    assert done.stdout == (
        f"py-spy may not look into x/{pid}: start djscope as root, whose process it is,"
        " or with sudo\n"
    )


@pytest.mark.parametrize(
    ("scope", "words"), [("1", "ptrace_scope=0"), ("0", "the user of that process")]
)
def test_the_remedy_fits_the_machine(
    scope: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Yama's setting, a container, a Mac: each has its own."""
    (tmp_path / "scope").write_text(f"{scope}\n")
    monkeypatch.setattr(pyspy, "_YAMA", tmp_path / "scope")
    monkeypatch.setattr(pyspy.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(pyspy.Path, "exists", lambda path: False)
    assert words in pyspy.remedy()
    assert "start djscope as ann, " in pyspy.remedy("ann")

    monkeypatch.setattr(pyspy.os, "geteuid", lambda: 0)
    assert "SYS_PTRACE" in pyspy.remedy()
