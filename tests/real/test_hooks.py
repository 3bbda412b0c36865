"""Hooks go in and out of built middleware chains two hundred times, under load, on real servers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from djscope.feed.embedded import EmbeddedServer, start_embedded
from tests.real.lives import changed
from tests.real.load import Requests, each, under_load
from tests.real.models import GUNICORN, UVICORN, Host, Model

pytestmark = pytest.mark.real
STORMS, LIMIT_S = 200, 90
MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "quiet.middleware.function",
    "django.middleware.common.CommonMiddleware",
    "quiet.middleware.Plain",
    "quiet.middleware.Hooks",
    "quiet.middleware.hybrid",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "quiet.middleware.Last",
)
# One process each, so that the storm and the load meet in it.
ONE = GUNICORN.replace("-w 2", "-w 1")
MODELS = [
    Model("gunicorn sync", ONE, 1),
    Model("gunicorn gthread", f"{ONE} -k gthread --threads 3", 1),
    Model("uvicorn asyncio", f"{UVICORN} --loop asyncio", 1),
    Model("uvicorn uvloop", f"{UVICORN} --loop uvloop", 1),
]


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with start_embedded() as server:
        yield server


def storm(host: Host) -> tuple[Requests, dict[str, Any]]:
    """What was asked meanwhile, and the state of the process afterwards."""
    host.await_ready()
    load, state = Requests(host), dict[str, Any]()
    with under_load(load):
        load.ask("storm", 1)
        deadline = time.monotonic() + LIMIT_S
        while state.get("storms", 0) < STORMS and time.monotonic() < deadline:
            load.counted(8, "")
            [state] = each(load, "state", 1).values()
    [state] = each(load, "state", 1).values()
    return load, state


def test_a_storm_of_hooks_fails_no_request(server: EmbeddedServer) -> None:
    """Each server answers every request with 200, spans were told in some arms, and afterwards each
    cell and each list of its chain holds what Django put there.
    """
    with ExitStack() as stack:
        hosts = [
            stack.enter_context(Host(model, server.url, "storm", installed=False))
            for model in MODELS
        ]
        for host in hosts:
            host.env["QUIET_MIDDLEWARE"] = " ".join(MIDDLEWARE)
            host.launch()
        with ThreadPoolExecutor(len(hosts)) as pool:
            outcomes = list(pool.map(storm, hosts))
        for host, (load, state) in zip(hosts, outcomes, strict=True):
            assert load.failed == [], host.model.name
            assert state["storms"] == STORMS, host.model.name
            assert changed(state) == [], host.model.name
            assert state["links"] == len(MIDDLEWARE) + 1, host.model.name
            assert state["spans"] > 0, host.model.name
            assert state["failures"] == [], host.model.name
            assert host.complaints() == [], host.model.name
