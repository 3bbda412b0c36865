"""Servers that fork their workers, on whatever Python and Django these tests run: announced, told,
off, ended. What else is asked of them is in `tests/real`, where newer ones are needed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from djscope.children import Children, run_directory
from djscope.feed.channel import Channel
from djscope.feed.embedded import EmbeddedServer, free_port, start_embedded
from djscope.feed.leases import Claim
from djscope.feed.redis_link import connect
from djscope.feed.shapes import ProbeReported, RequestRecorded, TaskRecorded
from djscope_probes.wire import Keys

PROJECTS = Path(__file__).resolve().parents[1] / "real" / "projects"
N = 2
COMMANDS = {
    "gunicorn": "-m gunicorn -w 2 --preload --bind 127.0.0.1:{port}"
    " django.core.wsgi:get_wsgi_application()",
    "celery": "-m celery --app quiet.worker worker --without-gossip --without-mingle"
    " --loglevel warning -P prefork -c 2",
}


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with start_embedded() as server:
        yield server


class Model:
    """A server of the quiet project, the viewer's claim on it, and what its probes said."""

    def __init__(self, name: str, url: str, directory: Path) -> None:
        self.keys, self._url, self._port = Keys(name), url, free_port()
        self.client = connect(url)
        self._channel = Channel(self.client, self.keys)
        self.claim = Claim(self.keys)
        self.levels: dict[str, str] = {}
        # Of each unit that ended.
        self.queries: list[int] = []
        self.env = {
            **{key: value for key, value in os.environ.items() if not key.startswith("DJSCOPE")},
            "PYTHONPATH": os.pathsep.join([str(PROJECTS), *filter(None, sys.path)]),
            "DJANGO_SETTINGS_MODULE": "quiet.settings", "DJSCOPE_APP": name,
            "DJSCOPE_REDIS_URL": url, "QUIET_APPS": "djscope_probes", "QUIET_BROKER": url,
            "QUIET_DIR": str(directory), "QUIET_PREFIX": f"{name}:",
        }  # fmt: skip
        self.children = Children(run_directory("model"))
        command = COMMANDS[name].format(port=self._port).split()
        self.children.start("model", [sys.executable, *command], env=self.env)

    def work(self) -> None:
        """One unit with one query."""
        if self.keys.procs.endswith("gunicorn:procs"):
            connection = HTTPConnection("127.0.0.1", self._port, timeout=15)
            connection.request("GET", "/work/")
            assert connection.getresponse().status == 200
            connection.close()
            return
        subprocess.run(
            [sys.executable, str(PROJECTS / "sender.py")], input="celery: work -\n",
            env=self.env, text=True, capture_output=True, check=True, timeout=60,
        )  # fmt: skip

    def told(self) -> bool:
        """Whether more was told since the last time; a claim is to be renewed meanwhile."""
        for delivery in self._channel.read(100):
            for event in delivery.events:
                if isinstance(event, ProbeReported):
                    self.levels[delivery.process] = event.level
                elif isinstance(event, (RequestRecorded, TaskRecorded)):
                    self.queries += [event.unit.queries] * (event.unit.state != "running")
        return bool(self.queries)


def wait_for(check: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 40
    while not check():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.mark.parametrize("name", COMMANDS)
def test_workers_are_announced_told_and_let_go(
    server: EmbeddedServer, tmp_path: Path, name: str
) -> None:
    """Both workers arm, a unit's queries are told, nobody watches and both are off, TERM ends all;
    nothing was said on the way.
    """
    model = Model(name, server.url, tmp_path)
    try:
        wait_for(lambda: model.client.zcard(model.keys.procs) == N, "announcements")

        def armed() -> bool:
            model.claim.renew(model.client)
            model.told()
            return list(model.levels.values()) == ["watch"] * N

        wait_for(armed, "arming")
        model.work()
        wait_for(lambda: model.claim.renew(model.client) and model.told(), "the unit")
        model.claim.release(model.client)
        wait_for(lambda: model.told() and set(model.levels.values()) == {"off"}, "off")
        root = psutil.Process(model.children.pids["model"])
        family = [root, *root.children()]
        os.kill(root.pid, signal.SIGTERM)
        _, alive = psutil.wait_procs(family[1:], 30)
        wait_for(lambda: not model.children.alive("model"), "the end")
        said = model.children.log("model").read_text()
    finally:
        model.children.close()
        model.client.close()

    assert model.queries == [1]
    assert alive == []
    assert "Traceback" not in said
    assert "multi-threaded" not in said
