"""Parents of real workers, which have no probe: found beside those that do, and looked into."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psutil
import pytest

from djscope.attach.unprobed import unprobed
from djscope.commands.reach import Reach
from djscope.feed.embedded import start_embedded
from djscope.model.processes import ProcessFact
from djscope.model.stacks import PY_SPY
from djscope.watch import Watch
from tests.real.models import WEB, WORKERS, Host, Model
from tests.real.tools import wait_for, watching

pytestmark = pytest.mark.real
MODELS = {each.name: each for each in (*WEB, *WORKERS)}
FORKING = [MODELS["gunicorn sync"], MODELS["celery prefork"]]


@pytest.fixture(scope="module", params=FORKING, ids=lambda model: model.name)
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    model: Model = request.param
    with start_embedded() as server, Host(model, server.url, "forks", installed=True) as host:
        host.launch()
        host.await_ready()
        wait_for(lambda: host.announced(model.n), what="the announcements")
        yield host


def beside(reach: Reach, watch: Watch, pid: int) -> ProcessFact | None:
    """What the Processes pane lists of that process."""
    with watch.lock:
        found = reach.unprobed(watch.session.processes.values())
    return next((each for each in found if each.pid == pid), None)


def test_a_parent_is_listed_and_py_spy_looks_into_it(host: Host) -> None:
    """With its children's names; they have a probe and are not listed a second time."""
    root = host.children.pids["model"]
    with watching(host.redis_url, host.app) as watch:
        wait_for(lambda: watch.session.watching()[0] == host.model.n, what="arming")
        reach = Reach(watch)
        parent = wait_for(lambda: beside(reach, watch, root), what="the parent")
        children = psutil.Process(root).children()

        assert parent.kind == host.model.name.partition(" ")[0]
        assert not parent.probed
        assert set(parent.forks) <= {f"{os.uname().nodename}/{each.pid}" for each in children}
        assert len(parent.forks) == host.model.n
        for each in watch.session.processes.values():
            assert beside(reach, watch, each.pid) is None
        assert beside(reach, watch, os.getpid()) is None

        taking = reach.stacks(parent)
        wait_for(taking.poll, 20, "its stacks")
        reach.close()

    assert taking.problem == ""
    assert taking.taken is not None
    assert taking.taken.by == PY_SPY
    assert "MainThread" in {each.name for each in taking.taken.threads}


def test_without_a_probe_each_of_them_is_listed(host: Host) -> None:
    """As far as this viewer knows of none."""
    pids = {each.pid for each in unprobed({})}

    assert {host.children.pids["model"], *(each.pid for each in host.processes)} <= pids


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_other_users_processes_are_not_listed(host: Host) -> None:
    """They are not this user's to look into."""
    os.seteuid(65534)
    try:
        found = unprobed({})
    finally:
        os.seteuid(0)

    assert host.children.pids["model"] not in {each.pid for each in found}
