"""A viewer leaves: politely, or killed. The probes go off either way."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from djscope.watch import Watch
from djscope_probes.wire import LEASE_TTL_MS, Keys
from tests.real.servers import Quiet, Redis
from tests.real.tools import Levels, client_of, environment, started, wait_for, watching

pytestmark = pytest.mark.real
OFF_S = LEASE_TTL_MS / 1000 + 2


def test_kill_9_of_the_viewer_turns_all_probes_off(quiet: Quiet, tmp_path: Path) -> None:
    """Within the lease's time to live and two seconds, every process has its originals back."""
    command = [sys.executable, "-m", "djscope", "now", "--for", "60s", "--redis", quiet.redis_url]
    with (
        Levels(quiet.redis_url, quiet.app) as levels,
        started(*command, env=environment(tmp_path / "run")) as viewer,
    ):
        wait_for(lambda: levels.all_are("watch", quiet.n), what="arming")
        viewer.kill()
        killed = time.monotonic()
        wait_for(lambda: levels.all_are("off", quiet.n), OFF_S + 5, "disarming")
        took = time.monotonic() - killed

        assert took <= OFF_S
        for name, state in quiet.states().items():
            assert state["wrapped"] == state["receivers"] == [], name


NAME_SERVER_FAILS = """
import _socket, sys, time
find, dead = _socket.getaddrinfo, []
def lookup(host, *more):
    if dead:
        time.sleep(60)
    return find("127.0.0.1", *more)
_socket.getaddrinfo = lookup
import djscope_probes
assert djscope_probes.start(app="named")
print("started", flush=True)
sys.stdin.readline()
dead.append(True)
"""


def test_a_process_ends_while_its_name_server_does_not_answer(
    tmp_path: Path,
) -> None:
    """Nobody watches: it takes its announcement back without asking where Redis is."""
    with Redis() as redis, client_of(redis.url) as client:
        url = redis.url.replace("127.0.0.1", "redis.example")
        env = environment(tmp_path / "run", DJSCOPE_REDIS_URL=url)
        with started(sys.executable, "-c", NAME_SERVER_FAILS, env=env) as process:
            wait_for(lambda: client.zcard(Keys("named").procs) == 1, what="announcement")
            process.communicate("end\n", timeout=30)

        assert client.zcard(Keys("named").procs) == 0


def test_on_quit_the_viewer_says_what_was_confirmed(quiet: Quiet) -> None:
    """It waits for the probes' own word, which comes at once; no lease is left."""
    watch = Watch(quiet.redis_url, quiet.app)
    watch.start()
    wait_for(lambda: watch.session.watching()[0] == quiet.n, what="arming")

    began = time.monotonic()
    said = watch.stop()

    assert said == f"{quiet.n} of {quiet.n} processes confirmed off"
    assert time.monotonic() - began < OFF_S
    with client_of(quiet.redis_url) as client:
        assert client.exists(*Keys(quiet.app).leases) == 0
    for name, state in quiet.states().items():
        assert state["wrapped"] == state["receivers"] == [], name


def test_the_last_of_two_viewers_turns_it_off(quiet: Quiet) -> None:
    """The first to leave says who still watches, and the probes stay armed; each saw the other."""
    with (
        Levels(quiet.redis_url, quiet.app) as levels,
        watching(quiet.redis_url, quiet.app) as second,
    ):
        wait_for(lambda: levels.all_are("watch", quiet.n), what="arming")
        first = Watch(quiet.redis_url, quiet.app)
        first.start()
        wait_for(lambda: first.status.others and second.status.others, what="seeing each other")

        said = first.stop()

        assert said.startswith("others still watch: ")
        assert set(levels.read().values()) == {"watch"}
        assert second.stop() == f"{quiet.n} of {quiet.n} processes confirmed off"
        wait_for(lambda: levels.all_are("off", quiet.n), what="disarming")
