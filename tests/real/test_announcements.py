"""Who stands in the list of processes: those that live, however many there were."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator

import psutil
import pytest

from djscope.feed.embedded import EmbeddedServer, start_embedded
from djscope.watch import Watch
from tests.real.lives import armed
from tests.real.load import Sender, Tasks
from tests.real.models import FORK_WARNING, WEB, WORKERS, Host
from tests.real.tools import djscope, wait_for

pytestmark = pytest.mark.real
CHILDREN = 12
MODELS = {model.name: model for model in (*WEB, *WORKERS)}


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with start_embedded() as server:
        yield server


@pytest.fixture(scope="module")
def sender(server: EmbeddedServer) -> Iterator[Sender]:
    sender = Sender(server.url)
    yield sender
    sender.close()


def test_a_child_that_ends_takes_itself_out(server: EmbeddedServer, sender: Sender) -> None:
    """Nobody watches, and each task has a child of its own: the list is of those that live, and so
    is what `djscope ps` shows.
    """
    with Host(MODELS["celery recycled"], server.url, "children", installed=True) as host:
        host.launch()
        host.await_ready()
        wait_for(lambda: host.announced(host.model.n), what="idle children")
        Tasks(host, sender).counted(CHILDREN, "")
        wait_for(lambda: all(map(psutil.pid_exists, host.listed)), what="leaving")
        wait_for(lambda: len(host.listed) == host.model.n, what="the last children")
        before, shown, after = wait_for(lambda: shown_between(host), 60, "two equal looks")

        assert before == shown == after


def shown_between(host: Host) -> tuple[set[int], set[int], set[int]] | None:
    """Who is listed, whom `djscope ps` shows, and who is listed then: None where one came or left
    meanwhile, as the child does that had the last task.
    """
    before = host.listed
    done = djscope(
        "ps", "--json", "--redis", host.redis_url, "--app", host.app, directory=host.directory
    )
    after = host.listed
    shown = {each["pid"] for each in json.loads(done.stdout)}
    return (before, shown, after) if before == after else None


@pytest.mark.parametrize("name", ["gunicorn preload", "uvicorn asyncio 2", "celery prefork"])
def test_workers_of_a_command_that_djscope_runs_are_announced(
    server: EmbeddedServer, name: str
) -> None:
    """With nothing to do, and their parent is not; they arm, and turn off."""
    with Host(MODELS[name], server.url, "run", installed=False) as host:
        host.before = (
            *(sys.executable, "-m", "djscope", "run"),
            *("--redis", server.url, "--app", host.app, "--"),
        )
        host.launch()
        host.await_ready()
        wait_for(lambda: host.announced(host.model.n), what="idle workers")
        workers = {each.pid for each in host.processes[1:]}
        watch = Watch(server.url, host.app)
        watch.start()
        try:
            wait_for(lambda: armed(watch) == host.model.n, what="arming")
        finally:
            said = watch.stop()

        assert host.listed <= workers
        assert said == "2 of 2 processes confirmed off"
        host.shut_down()
        assert [line for line in host.complaints() if FORK_WARNING not in line] == []


def test_who_was_killed_is_not_waited_for(server: EmbeddedServer) -> None:
    """A viewer that leaves sees on this machine that such a worker has ended, and says so."""
    with Host(MODELS["gunicorn sync"], server.url, "killed", installed=True) as host:
        host.launch()
        host.await_ready()
        watch = Watch(server.url, host.app)
        watch.start()
        try:
            wait_for(lambda: armed(watch) == host.model.n, what="arming")
            os.kill(min(host.listed), signal.SIGKILL)
            wait_for(lambda: armed(watch) == host.model.n + 1, what="another's arming")
        finally:
            said = watch.stop()

    assert said == "2 of 3 processes confirmed off; the others have ended"
