"""Watched, a server ends as soon as it does unwatched."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from functools import partial

import pytest

from djscope.feed.embedded import EmbeddedServer, start_embedded
from tests.real.lives import leased
from tests.real.models import WEB, WORKERS, Host
from tests.real.tools import wait_for

pytestmark = pytest.mark.real
MODELS = {model.name: model for model in (*WEB, *WORKERS)}
# Servers look once a second whether they are to end: asked at these times after their start, some
# of them do so at once. The shortest shutdowns are compared, which other load disturbs least.
PHASES_S = (0.0, 0.25, 0.5, 0.75)
# Where other load disturbed even the shortest: again, at the same phases.
ROUNDS = 3
SETTLED_S = 2.0
# The last flush may take 0.3 s; it takes a few milliseconds.
LATER_S = 0.4


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with start_embedded() as server:
        yield server


def shutdown_s(name: str, url: str, armed: bool, phase_s: float) -> float:
    """Of one server of its own, at that phase of its second."""
    model = MODELS[name]
    with Host(model, url, f"end {armed}", installed=True) as host, ExitStack() as stack:
        host.launch()
        host.await_ready()
        ready = time.monotonic()
        wait_for(lambda: host.announced(model.n), what="announcement")
        stack.enter_context(leased(host) if armed else nullcontext())
        time.sleep(max(0.0, ready + SETTLED_S + phase_s - time.monotonic()))
        return host.shut_down()


@pytest.mark.parametrize("name", ["gunicorn sync", "uvicorn asyncio", "celery prefork"])
def test_a_shutdown_is_not_held_up(server: EmbeddedServer, name: str) -> None:
    """Off and armed side by side, asked at the same phase."""
    took: dict[bool, list[float]] = {False: [], True: []}
    with ThreadPoolExecutor(len(took)) as pool:
        for number, phase_s in enumerate(PHASES_S * ROUNDS):
            if number % len(PHASES_S) == 0 and not held_up(took):
                break
            ends = {
                armed: pool.submit(partial(shutdown_s, name, server.url, armed, phase_s))
                for armed in took
            }
            for armed, end in ends.items():
                took[armed].append(end.result())
    print(f"\n{name}: {took[True]} s armed, {took[False]} s off")

    assert not held_up(took)


def held_up(took: dict[bool, list[float]]) -> bool:
    """Whether the shortest shutdown of an armed server took longer; nothing is known of none."""
    return not took[True] or min(took[True]) >= min(took[False]) + LATER_S
