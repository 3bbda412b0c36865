"""A laptop without Redis: processes under DEBUG find the server that a viewer brought."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from djscope.feed.endpoint import announced
from djscope.feed.status import Link
from djscope_probes import endpoint
from tests.real.servers import PROJECTS, Quiet, quiet_environment
from tests.real.terminal import viewer as screen
from tests.real.tools import client_of, djscope, environment, started, wait_for, watching

pytestmark = pytest.mark.real
VIEWER = """\
from djscope.feed.embedded import start_embedded
from djscope.feed.endpoint import announced
with start_embedded() as server, announced(server.url):
    print(server.url, flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    return runtime


@contextmanager
def viewer(directory: Path) -> Iterator[tuple[str, int]]:
    """One with a server of its own; its URL and pid."""
    with started(sys.executable, "-c", VIEWER, env=quiet_environment(directory)) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process.pid


@contextmanager
def working(directory: Path, **more: str) -> Iterator[None]:
    """A process with a probe that was told no URL."""
    env = quiet_environment(directory, QUIET_APPS="djscope_probes", **more)
    with started(sys.executable, str(PROJECTS / "steady.py"), env=env):
        yield


def known(url: str) -> int:
    """How many processes have announced themselves there."""
    with client_of(url) as client:
        return int(client.zcard("{djscope}:" + Quiet.app + ":procs"))


def test_processes_meet_at_the_first_server_and_when_that_is_killed_at_the_next(
    tmp_path: Path,
) -> None:
    """What a killed viewer left is no longer believed, and removed by the next one."""
    with ExitStack() as stack:
        stack.enter_context(working(tmp_path, QUIET_DEBUG="1"))
        first, pid = stack.enter_context(viewer(tmp_path))
        wait_for(lambda: known(first), what="an announcement")
        second, _ = stack.enter_context(viewer(tmp_path))
        assert endpoint.read() == first

        os.kill(pid, 9)
        wait_for(lambda: known(second), 30, "a process at the second server")
        assert endpoint.read() == second
        with announced("redis://third"):
            assert len(endpoint.files()) == 2


def test_verbs_find_it_too(tmp_path: Path) -> None:
    with viewer(tmp_path) as (url, _), working(tmp_path, QUIET_DEBUG="1"):
        wait_for(lambda: known(url), what="an announcement")
        listed = djscope("ps", directory=tmp_path / "runtime")
        assert listed.returncode == 0, listed.stderr
        assert "steady" in listed.stdout


def test_a_viewer_that_lends_its_server_says_when_it_takes_it_away(tmp_path: Path) -> None:
    """The one that leaves names who has to attach again; that one knows why, and is alone."""
    with ExitStack() as stack:
        stack.enter_context(working(tmp_path, QUIET_DEBUG="1"))
        owner = stack.enter_context(screen("attach", env=environment(tmp_path / "runtime")))
        url = wait_for(endpoint.read, what="its server")
        guest = stack.enter_context(watching(url, Quiet.app))
        wait_for(lambda: guest.session.watching()[0] == 1, what="arming")
        wait_for(lambda: guest.status.others, what="seeing the owner")
        owner.shows("1 of 1 process")  # keys that come before it draws are lost
        owner.type("7")
        owner.shows("you, ")
        owner.type("q")

        assert owner.end() == 0
        owner.shows(" watched too and must attach again")
        assert "others still watch" not in owner.text
        said = "the viewer that brought this Redis has ended: attach again"
        wait_for(lambda: guest.status.problem == said, what="the loss")
        assert guest.status.link is Link.LOST
        assert guest.status.others == ()


def test_without_debug_no_process_looks_for_it(tmp_path: Path) -> None:
    """Others on a production host must not be able to collect by leaving a file."""
    with ExitStack() as stack:
        url, _ = stack.enter_context(viewer(tmp_path))
        stack.enter_context(working(tmp_path))
        stack.enter_context(working(tmp_path, QUIET_DEBUG="1"))
        wait_for(lambda: known(url), what="the process under DEBUG")
        assert known(url) == 1


def test_a_file_that_others_may_read_or_write_or_of_nobody_is_not_believed() -> None:
    with announced("redis://mine"):
        mine = Path(*endpoint.files())
        assert endpoint.read() == "redis://mine"
        assert mine.stat().st_mode & 0o777 == 0o600
        mine.chmod(0o640)
        assert endpoint.read() == ""
    assert endpoint.files() == []

    unheld = Path(endpoint.directory(), "endpoint-1.json")
    unheld.write_text('{"url": "redis://nobody"}')
    unheld.chmod(0o600)
    assert endpoint.read() == ""


@pytest.mark.parametrize("text", ["", "[]", '{"url"', '{"owner": 1}'])
def test_rubbish_in_it_is_none(text: str) -> None:
    with announced("redis://mine"):
        (mine,) = endpoint.files()
        Path(mine).write_text(text)
        assert endpoint.read() == ""


def test_a_runtime_directory_that_cannot_be_written_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As with `su`, which keeps the other user's variable: both sides go on to the same place."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "absent"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with announced("redis://mine"):
        assert endpoint.read() == "redis://mine"
        assert endpoint.directory() == str(tmp_path / f"djscope-{os.getuid()}")
