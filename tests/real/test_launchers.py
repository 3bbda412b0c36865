"""Servers that are started otherwise than by their command: whoever forks, it is the workers that
have a probe, and not their parent.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from djscope.feed.embedded import EmbeddedServer, start_embedded
from tests.real.models import FORK_WARNING, GUNICORN, UWSGI, Host, Model, missing
from tests.real.servers import PROJECTS
from tests.real.test_scripts import settings
from tests.real.tools import djscope, started, wait_for

pytestmark = pytest.mark.real
LAUNCHERS = PROJECTS / "launchers"
CONF = f"{GUNICORN} --config {LAUNCHERS / 'gunicorn_conf.py'}"
DECORATED = UWSGI.replace("{app}", "decorated")
MODELS = [
    Model("gunicorn conf", CONF, 2),
    Model("gunicorn conf preload", f"{CONF} --preload", 2),
    Model("gunicorn script", f"{sys.executable} {LAUNCHERS / 'standalone.py'} {{port}}", 2),
    Model("celery script", f"{sys.executable} {LAUNCHERS / 'worker.py'}", 2),
    Model("uwsgi decorated", f"{DECORATED} --enable-threads --pythonpath {LAUNCHERS}", 2),
]


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with start_embedded() as server:
        yield server


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_workers_are_announced_and_their_parent_is_not(
    model: Model, server: EmbeddedServer
) -> None:
    """Although Django was set up in the parent: it has no thread of ours when it forks, and takes
    its announcement back; a worker that comes later has a probe as well; all end without a word.
    """
    if missing(model):
        pytest.skip(missing(model))
    with Host(model, server.url, "launched", installed=True) as host:
        host.launch()
        host.await_ready()
        wait_for(lambda: len(announced(host)) == model.n, 40, "the announcements of all")
        first = announced(host)
        os.kill(min(first), signal.SIGKILL)
        wait_for(lambda: announced(host) - first, 40, "the announcement of another")

        assert host.children.pids["model"] not in host.listed
        if "decorated" in model.name:
            called = (host.directory / "postfork").read_text
            wait_for(
                lambda: called().count("called") >= model.n + 1, what="the last one's own hook"
            )
            assert called().count("called") == model.n + 1
        host.shut_down()
        assert [line for line in host.complaints() if FORK_WARNING not in line] == []


def announced(host: Host) -> set[int]:
    """Of the children that it has now."""
    return host.listed & {each.pid for each in host.processes[1:]}


def test_doctor_names_a_process_that_forks_others(server: EmbeddedServer, tmp_path: Path) -> None:
    """No server's, so that nobody knows whether they are to be watched; no thread but the parent's
    is ours.
    """
    env = settings(tmp_path, server.url, "forks", installed=True)
    env["PYTHONWARNINGS"] = "ignore::DeprecationWarning"
    with started(
        sys.executable, str(PROJECTS / "crew.py"), "pool", "installed", env=env
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        said = [process.stdout.readline() for _ in range(4)]
        done = djscope(
            "doctor", "--redis", server.url, "--app", "forks", directory=tmp_path / "run"
        )
        process.communicate("end\n", timeout=20)

    assert [json.loads(line)["ours"] for line in said[1:]] == [0, 0, 1]
    assert (
        f"warn  app forks: {os.uname().nodename}/{process.pid} is watched, and not 2 processes that"
        " it forked: call djscope_probes.start() in each of them, after the fork\n"
    ) in done.stdout
    assert done.returncode == 0
