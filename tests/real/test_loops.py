"""Blocked event loops of real servers: uvicorn on asyncio and uvloop."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from djscope.feed.embedded import start_embedded
from djscope.model.finding import Finding
from djscope.model.findings import find
from djscope.model.loops import BlockStat
from djscope.watch import Watch
from tests.real.models import WEB, Host
from tests.real.proxy import Proxy
from tests.real.servers import PROJECTS, Quiet, line_of
from tests.real.tools import get, wait_for, watching

pytestmark = pytest.mark.real
URLS = PROJECTS / "quiet" / "urls.py"
LINE = line_of(URLS, "blocks: loop")
# With a stall or two still less than a probe waits for a reply.
DELAY_S = 0.3


class Served:
    """uvicorn, and the wire between its probe and Redis."""

    def __init__(self, host: Host, proxy: Proxy, viewers_url: str) -> None:
        self.host = host
        self.proxy = proxy
        self.viewers_url = viewers_url

    @property
    def state(self) -> dict[str, list[str]]:
        state: dict[str, list[str]] = json.loads(get(self.host.url, "/state/")[1])
        return state


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    model = next(each for each in WEB if each.name == f"uvicorn {request.param}")
    with start_embedded() as server:
        port = urlsplit(server.url).port
        assert port is not None
        with Proxy(port) as proxy:
            url = server.url.replace(f":{port}", f":{proxy.port}")
            with Host(model, url, "loops", installed=True) as host:
                host.launch()
                host.await_ready()
                wait_for(lambda: host.announced(1), what="the announcement")
                yield Served(host, proxy, server.url)
                assert host.complaints() == []


def blocks(watch: Watch, route: str) -> list[BlockStat]:
    with watch.lock:
        texts, stats = watch.session.definitions, watch.session.loops.blocks.values()
        known = [stat for stat in stats if texts.complete(stat.stack_id, stat.name_id)]
        return [stat for stat in known if texts.text(stat.name_id) == route]


def findings(watch: Watch) -> list[Finding]:
    with watch.lock:
        found = find(watch.session, watch.now())
    return [each for each in found if (each.kind, each.unit) == ("loop_blocked", "block/")]


def lasts(watch: Watch) -> bool:
    """A loop is watched once it has been there for a second."""
    with watch.lock:
        return bool(watch.session.loops.loops)


def test_the_line_that_blocks_is_told_with_the_route(served: Served) -> None:
    """And nothing but the line: what is around it was never slow."""
    with watching(served.viewers_url, served.host.app) as watch:
        wait_for(lambda: lasts(watch), what="a loop's first report")
        for _ in range(3):
            assert get(served.host.url, "/block/")[1] == b"blocked"
        found, *others = wait_for(lambda: findings(watch), what="the finding")
        (loop,) = watch.session.loops.loops.values()
        stat = next(each for each in blocks(watch, "block/") if each.stack_id == found.stack_id)

        assert (found.where.file, found.where.line) == (str(URLS), LINE)
        assert found.where.function == "sleep"
        assert others == []
        assert stat.cause == "io"
        assert stat.unit
        assert loop.kind == served.host.model.name.rpartition(" ")[2]
        assert loop.beats > 0


def test_nothing_is_left_when_nobody_watches(served: Served) -> None:
    """Not the thread, not the callback of garbage collections."""
    wait_for(lambda: served.state["ours"] == 1, what="rest after the last test")
    with watching(served.viewers_url, served.host.app) as watch:
        wait_for(lambda: lasts(watch), what="a loop's first report")
        armed = served.state

    assert armed["ours"] == 2
    assert [each for each in armed["receivers"] if "gc.callbacks" in each]
    wait_for(lambda: served.state["ours"] == 1, what="the end of the thread")
    assert served.state["receivers"] == []


def test_a_slow_redis_slows_no_loop(served: Served) -> None:
    """Replies take long; requests do not, and what blocked is told when it can be."""
    with watching(served.viewers_url, served.host.app) as watch:
        wait_for(lambda: lasts(watch), what="a loop's first report")
        served.proxy.delay_s = DELAY_S
        try:
            assert get(served.host.url, "/block/")[1] == b"blocked"
            took = []
            for _ in range(10):
                began = time.monotonic()
                assert get(served.host.url, "/")[0] == 200
                took.append(time.monotonic() - began)
        finally:
            served.proxy.delay_s = 0.0
        wait_for(lambda: blocks(watch, "block/"), 40, "the block")

    assert sorted(took)[len(took) // 2] < DELAY_S


def test_a_process_without_a_loop_gets_no_thread(quiet: Quiet) -> None:
    """gunicorn's and Celery's."""
    with watching(quiet.redis_url, quiet.app) as watch:
        wait_for(lambda: watch.session.watching()[0] == quiet.n, what="arming")
        wait_for(lambda: lasts(watch), what="a loop's first report")
        states = quiet.states()

    assert {name: state["ours"] for name, state in states.items()} == {
        "gunicorn": 1, "uvicorn": 2, "celery": 1,
    }  # fmt: skip
