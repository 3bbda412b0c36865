"""The host decides how much is collected, and reads in its own log who watches."""

from __future__ import annotations

import getpass
import socket
import sys
import time
from pathlib import Path

import pytest

from djscope.feed.embedded import start_embedded
from djscope.watch import Watch
from tests.real.servers import PROJECTS, Quiet, received
from tests.real.test_adoption import let_go, since
from tests.real.tools import Levels, client_of, djscope, environment, started, wait_for, watching

pytestmark = pytest.mark.real
# So long a second task waits for the first.
HELD_S = 1.2
ME = f"{getpass.getuser()}@{socket.gethostname()}"


def stderr_of(url: str, directory: Path, **rules: str) -> tuple[list[str], str, int]:
    """What a process logs while one viewer comes and goes; its highest level; how many armed."""
    env = environment(directory, DJSCOPE_REDIS_URL=url, **rules)
    with started(sys.executable, str(PROJECTS / "bare.py"), "ruled", env=env) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        with watching(url, "ruled") as watch:
            wait_for(lambda: watch.session.processes, what="announcement")
            if rules.get("DJSCOPE_MAX_LEVEL") != "off":
                wait_for(lambda: watch.session.watching()[0] == 1, what="arming")
            else:
                wait_for(lambda: watch.now() - watch.status.since > 2, what="two seconds")
            armed = watch.session.watching()[0]
            ((announced, _),) = watch.feed._channel.processes(watch.now())
        _, log = process.communicate(timeout=10)
    return log.splitlines(), announced.max_level, armed


def test_arming_and_disarming_log_one_line_each(tmp_path: Path) -> None:
    """With who it is: no configuration needed."""
    with start_embedded() as server:
        log, level, armed = stderr_of(server.url, tmp_path)

    assert log == [f"djscope: watched by {ME}", "djscope: no longer watched"]
    assert (level, armed) == ("watch", 1)


def test_a_host_that_forbids_it_is_not_watched(tmp_path: Path) -> None:
    """It is listed all the same, with the reason."""
    with start_embedded() as server:
        log, level, armed = stderr_of(server.url, tmp_path, DJSCOPE_MAX_LEVEL="off")

    assert (log, level, armed) == ([], "off", 0)


def test_doctor_says_that_the_host_forbids_it(tmp_path: Path) -> None:
    """Instead of that a process does not answer."""
    env = environment(tmp_path, DJSCOPE_MAX_LEVEL="off")
    with start_embedded() as server, client_of(server.url) as client:
        env["DJSCOPE_REDIS_URL"] = server.url
        with started(sys.executable, str(PROJECTS / "bare.py"), "ruled", env=env):
            wait_for(lambda: client.zcard("{djscope}:ruled:procs"), what="announcement")
            done = djscope("doctor", "--redis", server.url, directory=tmp_path)

    assert done.returncode == 3
    assert "fail  app ruled: 1 of 1 processes let nobody watch (MAX_LEVEL off)" in done.stdout
    assert "DJSCOPE_MAX_LEVEL=watch" in done.stdout
    assert "answered a lease" not in done.stdout


def test_processes_say_how_much_they_can_do_at_once(quiet: Quiet) -> None:
    """gthread with four threads, one prefork child, and an event loop, which has no bound."""
    with (
        Levels(quiet.redis_url, quiet.app) as levels,
        watching(quiet.redis_url, quiet.app) as watch,
    ):
        wait_for(lambda: levels.all_are("watch", quiet.n), what="arming")
        wait_for(lambda: levels.said.keys() <= kinds(watch).keys(), what="their names")
        known = kinds(watch)
        found = {known[key]: report.concurrency for key, report in levels.said.items()}

    assert found == {"gunicorn": 4, "celery": 1, "uvicorn": 0}


def kinds(watch: Watch) -> dict[str, str]:
    """Of the processes whose announcement was read."""
    with watch.lock:
        return {key: each.kind for key, each in watch.session.processes.items() if each.kind}


def test_a_task_says_how_long_it_waited(quiet: Quiet) -> None:
    """The worker had it, and its one child was busy."""
    gate = quiet.fifo()
    with watching(quiet.redis_url, quiet.app) as watch:
        wait_for(lambda: watch.session.watching()[0] == quiet.n, what="arming")
        ordered = time.monotonic()
        quiet.order_at("hang", gate)
        wait_for(lambda: since(gate), what="hanging")
        at_once = time.monotonic() - ordered
        before, ordered = received(quiet.directory), time.monotonic()
        said = quiet.order("report_state")
        wait_for(lambda: received(quiet.directory) > before, what="its way to the worker")
        time.sleep(HELD_S)
        let_go(gate)
        wait_for(said.exists, what="the second task")
        in_all = time.monotonic() - ordered
        recent = watch.session.recent
        ended = wait_for(lambda: [f for f in list(recent) if f.kind == "task"][1:], what="tasks")
        waits = [fact.wait_us / 1e6 for fact in recent if fact.kind == "task"]

    assert ended
    assert 0 <= waits[0] < at_once
    assert 1 < waits[1] < in_all
