"""Servers that reload and scripts that replace themselves, while they are watched."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from djscope.feed.embedded import start_embedded
from tests.real.lives import armed, number
from tests.real.load import Requests, each, under_load
from tests.real.models import FORK_WARNING, GUNICORN, Host, Model
from tests.real.servers import PROJECTS, quiet_environment
from tests.real.tools import complaints, started, wait_for, watching

pytestmark = pytest.mark.real
COUNTED = 20
MODELS = [
    Model("gunicorn reloaded", f"{GUNICORN} -k gthread --threads 3", 2),
    Model("gunicorn preload reloaded", f"{GUNICORN} -k gthread --threads 3 --preload", 2),
]


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with start_embedded() as server:
        yield server.url


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_gunicorn_reloads_under_load(redis_url: str, model: Model) -> None:
    """HUP: the old workers end, new ones come, armed, and tell all they do; no request fails. USR1
    (logs opened anew) is not even noticed.
    """
    with Host(model, redis_url, "hup", installed=True) as host:
        host.launch()
        host.await_ready()
        load = Requests(host)
        with under_load(load), watching(redis_url, host.app) as watch:
            wait_for(lambda: armed(watch) == model.n, what="arming")
            old = set(each(load, "state", model.n))
            os.kill(host.children.pids["model"], signal.SIGUSR1)
            load.counted(COUNTED, "")
            # Who ends waits 0.3 s at most for its last records to be out.
            wait_for(lambda: number(watch, load, load.counted_name) == COUNTED, what="those before")
            os.kill(host.children.pids["model"], signal.SIGHUP)
            wait_for(
                lambda: not old & {process.pid for process in host.processes}, 40, "new workers"
            )
            wait_for(lambda: len(new(load, old)) == model.n, 40, "new workers that are armed")
            load.counted(COUNTED, "")
            wait_for(
                lambda: number(watch, load, load.counted_name) >= 2 * COUNTED, what="all requests"
            )

            assert number(watch, load, load.counted_name) == 2 * COUNTED
        assert load.failed == []
        host.shut_down()
        # gunicorn's arbiter has a thread of its own, and is warned without us, too.
        assert [each for each in host.complaints() if FORK_WARNING not in each.split("\n")[0]] == []


def new(load: Requests, old: set[int]) -> set[int]:
    """Workers that came since, and are armed."""
    states = load.ask("state", 4)
    return {state["pid"] for state in states if state["wrapped"]} - old


def test_a_script_that_replaces_itself(redis_url: str, tmp_path: Path) -> None:
    """The same pid, another program: the connection is not passed on, and the new program has a
    probe that is armed as the first one was.
    """
    env = quiet_environment(
        tmp_path, DJSCOPE_APP="exec", DJSCOPE_REDIS_URL=redis_url, QUIET_APPS="djscope_probes"
    )
    with (
        watching(redis_url, "exec") as watch,
        started(sys.executable, str(PROJECTS / "execer.py"), "2", env=env) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        for round_ in range(3):
            state = json.loads(process.stdout.readline())
            wait_for(lambda n=round_: len(watch.session.processes) > n, what="its announcement")
            wait_for(lambda: armed(watch) >= 1, what="arming")
            process.stdin.write("go on\n")
            process.stdin.flush()

            assert state["pid"] == process.pid
            assert state["inherited"] == 0
        _, err = process.communicate(timeout=20)

    assert (process.returncode, complaints(err)) == (0, [])
