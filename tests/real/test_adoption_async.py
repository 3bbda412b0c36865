"""The viewer comes when async requests wait already: they are shown, and so is what they do."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from djscope.feed.embedded import start_embedded
from djscope.model.units import UnitFact
from djscope.watch import Watch
from tests.real.models import WEB, Host
from tests.real.servers import PROJECTS, line_of
from tests.real.test_adoption import adopted, gone, let_go, since
from tests.real.tools import get, wait_for, watching

pytestmark = pytest.mark.real
URLS = PROJECTS / "quiet" / "urls.py"


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    """uvicorn on either loop: uvloop's tasks are asyncio's, its loop has no frames."""
    model = next(each for each in WEB if each.name == f"uvicorn {request.param}")
    with start_embedded() as server, Host(model, server.url, "adopted", installed=True) as host:
        host.launch()
        host.await_ready()
        wait_for(lambda: host.announced(1), what="announcement")
        yield host


@contextmanager
def asked(url: str, path: str, gate: Path) -> Iterator[list[tuple[int, bytes]]]:
    """A request that hangs in the ASGI server; its answer is in the list when it has ended."""
    answers: list[tuple[int, bytes]] = []
    client = threading.Thread(target=lambda: answers.append(get(url, f"/{path}/{gate.name}/", 60)))
    client.start()
    try:
        wait_for(lambda: since(gate) is not None, what="hanging")
        yield answers
    finally:
        if gate.exists():
            gate.unlink() if path == "wait" else let_go(gate)
        client.join(10)


def fifo(host: Host) -> Path:
    """Something to hang at."""
    gate = host.directory / f"gate{time.monotonic_ns()}"
    os.mkfifo(gate)
    return gate


def lines(watch: Watch, fact: UnitFact) -> list[tuple[str, int]]:
    """Where the unit stood when last told of, if it was in the application: one line, the first."""
    with watch.lock:
        unit = watch.session.running.get(fact.key, fact).unit
        stack = watch.session.definitions.stack(unit.now_id)
    return [(place.file, place.line) for place in stack if place.app][:1]


def test_a_coroutine_that_waits_is_adopted_with_what_it_does_next(host: Host) -> None:
    """Its line, and the queries that it makes afterwards in an executor's thread are its own."""
    gate = host.directory / "gate-async"
    gate.touch()
    with asked(host.url, "wait", gate) as answers, watching(host.redis_url, host.app) as watch:
        fact = wait_for(lambda: adopted(watch, "request"), what="the request")
        at = str(URLS), line_of(URLS, "waits: request")
        # Twenty times a second it looks whether it may go on: that is another line.
        wait_for(lambda: at in lines(watch, fact), what="its line")

        assert watch.session.definitions.text(fact.unit.name_id) == "wait/<name>/"
        assert fact.protocol == "asgi"
        assert not fact.unit.exact_start

        gate.unlink()
        last = wait_for(lambda: gone(watch, fact), what="its end")
    assert answers == [(200, b"waited")]
    assert (last.unit.state, last.unit.queries) == ("vanished", 12)
    assert not last.failed


def test_a_sync_view_under_asgi_is_adopted_in_its_executor_thread(host: Host) -> None:
    """The stack goes on from the coroutine into the thread."""
    gate = fifo(host)
    with asked(host.url, "hang", gate) as answers, watching(host.redis_url, host.app) as watch:
        fact = wait_for(lambda: adopted(watch, "request"), what="the request")
        stack = watch.session.definitions.stack(fact.unit.now_id)
        functions = [place.function.rpartition(".")[2] for place in stack]
        first = next(place for place in stack if place.app)

        assert (first.file, first.line) == (str(URLS), line_of(URLS, "hangs: request"))
        assert functions.index("hang") < functions.index("get_response_async")
        let_go(gate)
        wait_for(lambda: gone(watch, fact), what="its end")
    assert answers == [(200, b"done")]


def test_a_sync_view_that_hangs_while_watched_shows_its_own_line(host: Host) -> None:
    """Not asgiref's, which waits for it."""
    gate = fifo(host)
    with watching(host.redis_url, host.app) as watch:
        wait_for(lambda: watch.session.watching()[0] == 1, what="arming")
        with asked(host.url, "hang", gate):
            running = watch.session.running
            fact = wait_for(lambda: next(iter(running.values()), None), what="the request")
            at = str(URLS), line_of(URLS, "hangs: request")
            wait_for(lambda: at in lines(watch, fact), what="its line")

            assert not fact.unit.adopted
