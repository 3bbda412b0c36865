"""Redis goes away and comes back, or freezes: the shop never notices, the viewer says so."""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from demo.runner import Shop
from djscope.children import run_directory
from djscope.feed.status import Link
from djscope.watch import Watch
from tests.real.servers import Redis
from tests.real.tools import client_of, get, keys_of, wait_for

pytestmark = pytest.mark.real
WSGI = ("/", "/book/7/", "/n_plus_one/", "/healthy/cached/")
ASGI = ("/", "/healthy/async_list/")
ROUNDS = 15
MANY = 5_000
# A page that waited for a Redis that does not answer would take a second more.
ADDED_MS = 250
LONGEST_MS = 500
# A busy machine lets a page wait as well, but not each time.
ATTEMPTS = 3
PROCESSES = 5  # two gunicorn workers, uvicorn, two children of Celery


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with Redis() as server:
        yield server


@pytest.fixture(scope="module")
def shop(redis: Redis) -> Iterator[Shop]:
    with Shop(redis.url, run_directory("shop"), traffic=False) as running:
        running.start(lambda _step: None)
        yield running


@pytest.fixture
def watch(redis: Redis, shop: Shop) -> Iterator[Watch]:
    """A viewer that sees all processes of the shop."""
    viewer = Watch(redis.url, "shop")
    viewer.start()
    try:
        wait_for(lambda: viewer.session.watching()[0] == PROCESSES, what="arming")
        yield viewer
    finally:
        viewer.stop()


def visit(shop: Shop) -> list[float]:
    """Milliseconds of each of some page views; each has to be answered with 200."""
    took = []
    pages = [(shop.wsgi_url, path) for path in WSGI] + [(shop.asgi_url, path) for path in ASGI]
    for url, path in pages * ROUNDS:
        began = time.monotonic()
        assert get(url, path)[0] == 200, path
        took.append((time.monotonic() - began) * 1000)
    return took


def per_page(times: list[float]) -> list[float]:
    """The median of each page."""
    pages = len(WSGI) + len(ASGI)
    return [statistics.median(times[page::pages]) for page in range(pages)]


def lost(watch: Watch) -> str:
    """What the viewer says, once the link is lost."""
    status = watch.status
    return status.problem if status.link is Link.LOST else ""


def reporting(watch: Watch, since: float) -> int:
    """How many processes said since then that they are armed."""
    with watch.lock:
        known = list(watch.session.processes.values())
    return sum(each.reported_at > since and each.level == "watch" for each in known)


def outage(shop: Shop, watch: Watch, away: Callable[[], None], back: Callable[[], None]) -> str:
    """What holds however Redis went away; returns what the viewer said meanwhile."""
    for left in reversed(range(ATTEMPTS)):
        sentence, added, longest = lived_through(shop, watch, away, back)
        if max(added) < ADDED_MS and longest < LONGEST_MS:
            break
        assert left, (added, longest)

    assert any("Redis was away for" in gap.what for gap in watch.session.gaps)
    assert "secret" not in sentence
    assert len(sentence.splitlines()) == 1
    return sentence


def lived_through(
    shop: Shop, watch: Watch, away: Callable[[], None], back: Callable[[], None]
) -> tuple[str, list[float], float]:
    """What the viewer said while Redis was away; milliseconds that each page took longer, as a
    rule, and by which the longest exceeded the longest before.
    """
    before = visit(shop)
    away()
    try:
        during = visit(shop)
        while not lost(watch) and len(during) < MANY:
            during += visit(shop)
        sentence = wait_for(lambda: lost(watch), what="the sentence")
        seen = watch.session.last_at
        assert watch.session.routes  # what was collected stays
    finally:
        back()
    added = [now - then for now, then in zip(per_page(during), per_page(before), strict=True)]
    wait_for(lambda: watch.status.link is Link.LIVE, what="the link")
    wait_for(lambda: reporting(watch, seen) == PROCESSES, what="every probe")
    wait_for(lambda: watch.status.problem == "", what="nothing to complain of")
    return sentence, added, max(during) - max(before)


def test_redis_stopped_and_started_again(redis: Redis, shop: Shop, watch: Watch) -> None:
    """The shop answers as before; the viewer says that Redis is away, comes back by itself to the
    empty server, shows the gap and then new units, with their names.
    """
    sentence = outage(shop, watch, redis.stop, redis.start)

    assert sentence == (
        f"redis://127.0.0.1:{redis.port}/0 cannot be reached:"
        " is it running, and are host and port right?"
    )
    wait_for(lambda: get(shop.wsgi_url, "/book/7/") and newest(watch) == "book/<int:pk>/")


def test_redis_frozen_for_a_while(redis: Redis, shop: Shop, watch: Watch) -> None:
    """It takes connections and answers nothing: the same, and a sentence of its own."""
    freeze = partial(os.kill, redis.pid, signal.SIGSTOP)
    thaw = partial(os.kill, redis.pid, signal.SIGCONT)

    sentence = outage(shop, watch, freeze, thaw)

    assert sentence == (
        f"redis://127.0.0.1:{redis.port}/0 does not answer:"
        " is it overloaded, stopped or firewalled?"
    )


def test_a_viewer_quits_while_redis_is_away(redis: Redis, shop: Shop) -> None:
    """It does not hang, and says what it could not confirm; the probes go off by themselves."""
    watch = Watch(redis.url, "shop")
    watch.start()
    wait_for(lambda: watch.session.watching()[0] == PROCESSES, what="arming")
    redis.stop()
    try:
        wait_for(lambda: lost(watch), what="the loss")
        began = time.monotonic()
        said = watch.stop()

        assert time.monotonic() - began < 5
        assert said.startswith("not confirmed (redis://127.0.0.1:")
        assert said.endswith("; probes turn off by themselves")
    finally:
        redis.start()
    with client_of(redis.url) as client:
        wait_for(lambda: client.zcard("{djscope}:shop:procs") == PROCESSES, what="coming back")
        assert "{djscope}:shop:events" not in keys_of(client)


def newest(watch: Watch) -> str:
    """The route of the unit that ended last."""
    with watch.lock:
        recent = watch.session.recent
        return watch.session.definitions.text(recent[-1].unit.name_id) if recent else ""
