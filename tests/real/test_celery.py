"""A real Celery worker for one queue: its name, and what is found when all of its children hang."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery

from djscope.feed.embedded import start_embedded
from djscope.model.finding import Finding, Severity
from djscope.watch import Watch
from tests.real.models import CELERY, Host, Model
from tests.real.servers import PROJECTS, line_of, received
from tests.real.test_adoption import let_go, since
from tests.real.test_busy import busy
from tests.real.tools import wait_for, watching

pytestmark = pytest.mark.real
EMAILS = Model("celery emails", f"{CELERY} -P prefork -c 2 -Q emails", 2)
TASK, LINE = "quiet.work.hang", line_of(PROJECTS / "quiet" / "work.py", "hangs: task")
# Longer than all slots have to be taken, shorter than a queue may stand still.
ALL_HANDS_S = 6.0
WAITED_S = 1.5


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with start_embedded() as server, Host(EMAILS, server.url, "q", installed=True) as host:
        host.launch()
        host.await_ready()
        wait_for(lambda: host.announced(EMAILS.n), what="the announcements")
        yield host
        assert host.complaints() == []


@pytest.fixture
def order(host: Host) -> Iterator[Callable[[], Path]]:
    """Order a task that hangs at the file returned; whatever still hangs is let go in the end."""
    client = Celery(broker=host.redis_url, set_as_current=False)
    client.conf.update(
        task_ignore_result=True, broker_transport_options={"global_keyprefix": host.prefix}
    )
    gates: list[Path] = []

    def one() -> Path:
        gate = host.directory / f"gate{time.monotonic_ns()}"
        os.mkfifo(gate)
        client.send_task(TASK, [gate.name], queue="emails")
        gates.append(gate)
        return gate

    yield one
    for gate in gates:
        if gate.exists():
            wait_for(lambda gate=gate: since(gate), what="its begin")
            let_go(gate)
    client.close()


@pytest.fixture
def watch(host: Host) -> Iterator[Watch]:
    with watching(host.redis_url, host.app) as watch:
        wait_for(lambda: watch.session.watching()[0] == EMAILS.n, what="arming")
        yield watch


def test_a_task_tells_its_queue(watch: Watch, order: Callable[[], Path]) -> None:
    """While it runs, and of its route when it has ended."""
    gate = order()
    wait_for(lambda: since(gate), what="hanging")
    (running,) = wait_for(lambda: list(watch.session.running.values()), what="the task")
    assert running.queue == "emails"

    let_go(gate)
    wait_for(lambda: not watch.session.running, what="its end")
    with watch.lock:
        assert [stat.queue for stat in watch.session.routes.values()] == ["emails"]


def test_all_children_hang_and_others_wait(
    host: Host, watch: Watch, order: Callable[[], Path]
) -> None:
    """All hands at work are no finding; it is one once a task has waited in the worker."""
    gates = [order(), order()]
    for gate in gates:
        wait_for(lambda gate=gate: since(gate), what="hanging")
    began = time.monotonic()
    while time.monotonic() - began < ALL_HANDS_S:
        assert busy(watch) == []
        time.sleep(0.25)

    before = received(host.directory)
    gates.append(order())
    wait_for(lambda: received(host.directory) > before, what="its way to the worker")
    time.sleep(WAITED_S)
    let_go(gates[0])
    wait_for(lambda: since(gates[2]), what="the third")
    stand = f"2 of them in quiet/work.py:{LINE}"

    def found_there() -> list[Finding]:
        """Where the third stands may become known a moment later."""
        return [each for each in busy(watch) if stand in each.title]

    (found,) = wait_for(found_there, 30, "the finding")
    assert any(unit.wait_us >= 1e6 for unit in watch.session.running.values())

    assert found.title.startswith(f"2 of 2 celery workers busy, {stand}; mostly {TASK}")
    assert found.severity is Severity.WARNING
    assert found.where.line == LINE
    assert found.evidence["workers"] == EMAILS.n
    assert len(found.processes) == EMAILS.n
    assert "celery worker --concurrency N" in found.advice[-1].text

    let_go(gates[1])
    wait_for(lambda: not busy(watch), 30, "the end")
