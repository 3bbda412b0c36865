"""Processes that must not outlive us: real ones, ended in every way that there is."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from djscope import children
from djscope.children import ChildError, Children, run_directory, runtime_directory, sweep
from tests.real.tools import wait_for

TRIES = 5
STUBBORN = (
    "trap '' TERM HUP INT; sleep 60 & echo $! > part; mv part grandchild; echo up;"
    " while :; do sleep 1; done"
)
OWNER = """\
import sys, time
from pathlib import Path
from djscope.children import Children, run_directory
owned = Children(run_directory("test"))
owned.start("sh", ["/bin/sh", "-c", sys.argv[1]])
print(owned.directory, owned._keeper.pid, owned.pids["sh"], flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runtime directory of the test's own."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "djscope"


@pytest.fixture
def owner() -> Iterator[tuple[subprocess.Popen[str], Path, int, int]]:
    """Another process that owns a stubborn child: (process, directory, keeper, child)."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, STUBBORN], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    directory, keeper, child = process.stdout.readline().split()
    wait_for((Path(directory) / "grandchild").exists)
    yield process, Path(directory), int(keeper), int(child)
    process.kill()
    process.communicate()


def gone(*pids: int) -> bool:
    """Ended, be it as a zombie that a lazy init has not reaped yet."""
    return not any(alive(pid) for pid in pids)


def alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_close_ends_the_whole_group_and_removes_the_directory() -> None:
    """A child that ignores TERM, and its own child, are gone soon; closing twice is fine."""
    owned = Children(run_directory("test"))
    pid = owned.start("sh", ["/bin/sh", "-c", STUBBORN])
    wait_for((owned.directory / "grandchild").exists)
    wait_for(lambda: owned.tail("sh") == "up")
    grandchild = int((owned.directory / "grandchild").read_text())

    owned.close()
    owned.close()

    assert gone(pid, grandchild)
    assert not owned.directory.exists()


def test_a_polite_child_is_not_killed(runtime: Path) -> None:
    """TERM first: it has time to tidy up, outside the directory that goes away. (If it gets the CPU
    in that time: on a busy machine one of several does.)
    """
    script = "trap 'echo bye > ../said; exit' TERM; touch up; while :; do sleep 0.05; done"
    said = runtime / "said"
    for _ in range(TRIES):
        with Children(run_directory("test")) as owned:
            owned.start("sh", ["/bin/sh", "-c", script])
            wait_for((owned.directory / "up").exists)
        if said.exists():
            break

    assert said.read_text() == "bye\n"


def test_kill_9_of_the_owner_ends_everything(
    owner: tuple[subprocess.Popen[str], Path, int, int],
) -> None:
    """Soon, directory included."""
    process, directory, keeper, child = owner
    grandchild = int((directory / "grandchild").read_text())
    process.kill()
    process.wait()

    wait_for(lambda: gone(keeper, child, grandchild) and not directory.exists())


def test_the_next_start_sweeps_what_a_killed_keeper_left(
    owner: tuple[subprocess.Popen[str], Path, int, int], runtime: Path
) -> None:
    """Both killed: child and directory stay until the next start, which ends them."""
    process, directory, keeper, child = owner
    grandchild = int((directory / "grandchild").read_text())
    os.kill(keeper, 9)
    process.kill()
    process.wait()
    wait_for(lambda: gone(keeper))
    assert not gone(child)

    fresh = run_directory("test")

    wait_for(lambda: gone(child, grandchild))
    assert list(runtime.iterdir()) == [fresh]


def test_sweeping_spares_the_living(owner: tuple[subprocess.Popen[str], Path, int, int]) -> None:
    """A directory whose keeper lives is none of our business."""
    _, directory, keeper, child = owner

    sweep(directory.parent)

    assert directory.exists()
    assert psutil.pid_exists(keeper)
    assert psutil.pid_exists(child)


def test_sweeping_never_kills_a_stranger(runtime: Path) -> None:
    """A recorded pid that now belongs to a younger process is left alone."""
    stranger = subprocess.Popen(["/bin/sleep", "60"], start_new_session=True)
    stale = run_directory("test")
    born = psutil.Process(stranger.pid).create_time()
    (stale / children.RECORD).write_text(json.dumps({stranger.pid: born - 3600}))

    sweep(runtime)

    assert stranger.poll() is None
    assert not stale.exists()
    stranger.kill()
    stranger.wait()


def test_a_missing_program_is_one_sentence() -> None:
    """The keeper reports it; it does not die of it."""
    with Children(run_directory("test")) as owned:
        with pytest.raises(ChildError, match=r"^tool could not be started: .*No such file"):
            owned.start("tool", ["/no/such/tool"])
        owned.start("true", ["/bin/true"])
        wait_for(lambda: not owned.alive("true"))


def test_a_killed_keeper_is_one_sentence() -> None:
    """Starting through a keeper that is gone names the reason."""
    with Children(run_directory("test")) as owned:
        os.kill(owned._keeper.pid, 9)
        with pytest.raises(ChildError, match="its keeper process is gone"):
            owned.start("true", ["/bin/true"])


def test_everything_is_private(runtime: Path) -> None:
    """Directories 0700, logs 0600."""
    with Children(run_directory("test")) as owned:
        owned.start("sh", ["/bin/sh", "-c", "echo up"])
        wait_for(lambda: owned.tail("sh") == "up")

        assert runtime.stat().st_mode & 0o777 == 0o700
        assert owned.directory.stat().st_mode & 0o777 == 0o700
        assert owned.log("sh").stat().st_mode & 0o777 == 0o600


def test_somebody_elses_runtime_directory_is_refused(runtime: Path) -> None:
    """What others could write to is not used."""
    runtime.mkdir(mode=0o777)
    runtime.chmod(0o777)

    with pytest.raises(ChildError, match="not a private directory of yours"):
        runtime_directory()


def test_without_a_session_directory_the_temporary_one_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under su, in a container, on macOS."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "missing"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert runtime_directory() == tmp_path / f"djscope-{os.getuid()}"
