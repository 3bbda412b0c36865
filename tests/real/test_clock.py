"""A host's clock is set forward and back while it is watched: nothing lasts an hour by it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import pytest

from djscope.feed.embedded import start_embedded
from djscope.model.findings import find
from djscope.watch import Watch
from djscope_probes.address import parse
from djscope_probes.control import Control
from djscope_probes.resp import Connection
from djscope_probes.wire import Keys, Process
from tests.real.load import Requests
from tests.real.models import GUNICORN, Host, Model
from tests.real.tools import client_of, get, wait_for, wake, watching

pytestmark = pytest.mark.real
MODEL = Model("gunicorn", GUNICORN.replace("-w 2", "-w 1 -k gthread --threads 4"), 1)
MINUTE = 60.0


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with start_embedded() as server, Host(MODEL, server.url, "clock", installed=True) as host:
        host.launch()
        host.await_ready()
        wait_for(lambda: host.announced(1), what="announcement")
        yield host


def ages(watch: Watch) -> list[float]:
    """Seconds since each unit began and since the process armed, as the viewer reckons."""
    with watch.lock:
        now, session = watch.now(), watch.session
        units = [*session.recent, *session.running.values()]
        began = [now - unit.started for unit in units] + [unit.age_s(now) for unit in units]
        return began + [now - process.armed_at for process in session.processes.values()]


@pytest.mark.parametrize("verb", ["ahead", "behind"])
def test_a_clock_that_is_set_shifts_nothing(host: Host, verb: str) -> None:
    """A request is under way meanwhile: it, those before and those after began when they did, and
    lasted as long as they did; nobody is stuck for an hour, nothing began in the future, the lease
    holds, and the process announces itself by Redis's clock.
    """
    load = Requests(host)
    gate = host.directory / f"gate-{verb}"
    os.mkfifo(gate)
    hanging = threading.Thread(target=get, args=(host.url, f"/hang/{gate.name}/", 60))
    with watching(host.redis_url, host.app) as watch:
        wait_for(lambda: watch.session.watching()[0] == 1, what="arming")
        hanging.start()
        wait_for(lambda: watch.session.running, what="the request that hangs")
        load.counted(3, "")
        load.ask(verb, 1)
        load.counted(3, "")
        told = [fact.unit.revision for fact in watch.session.running.values()]
        wait_for(lambda: [f.unit.revision for f in watch.session.running.values()] > told)
        wait_for(lambda: len(watch.session.recent) >= 7, what="the requests")
        wait_for(lambda: watch.session.processes[next(iter(watch.session.processes))].reported_at)
        under_way = ages(watch)
        gate.write_text("done")
        hanging.join(20)
        wait_for(lambda: not watch.session.running, what="the end of the request")
        kinds = {finding.kind for finding in find(watch.session, watch.now())}
        lasted = [fact.unit.wall_us / 1e6 for fact in watch.session.recent]

        assert watch.session.watching()[0] == 1
        assert watch.stop() == "1 of 1 processes confirmed off"
    with client_of(host.redis_url) as client:
        wake(client, Keys(host.app))
        [(_, announced)] = client.zrange(Keys(host.app).procs, 0, -1, withscores=True)
        redis_now = client.time()[0]

    assert load.failed == []
    assert all(-1 < age < MINUTE for age in under_way + ages(watch)), under_way
    assert all(0 <= seconds < MINUTE for seconds in lasted)
    assert "request_stuck" not in kinds
    assert abs(announced - redis_now) < MINUTE


def test_after_a_sleep_the_process_asks_redis_for_the_time(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A monotonic clock may stand still while a machine sleeps: what the process is announced by
    is asked for anew, so that it does not look as if it had been gone for long.
    """
    keys, real = Keys("asleep"), time.monotonic
    connection = Connection(parse(host.redis_url))
    control = Control(connection, keys, Process("host", 1, 1, "python", "asleep"))
    control.synchronise()
    with monkeypatch.context() as asleep, client_of(host.redis_url) as client:
        asleep.setattr(time, "monotonic", lambda: real() - 3600)
        control.refresh()
        [(_, announced)] = client.zrange(keys.procs, 0, -1, withscores=True)
        redis_now = client.time()[0]
        asleep.undo()
    control.leave()
    connection.close()

    assert abs(announced - redis_now) < MINUTE
