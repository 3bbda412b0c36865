"""A real Redis, with and without processes that have a probe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from djscope.feed.embedded import start_embedded
from tests.real.servers import bare
from tests.real.tools import client_of, djscope, wait_for

Run = Callable[..., CompletedProcess[str]]

# How often something is asked for that a busy machine may make late.
TRIES = 5


def once_it_says(words: str, ask: Run) -> CompletedProcess[str]:
    """What a command said once it says that, else what it said last: how long it waits for probes
    is fixed, and one of them may have no CPU for that long.
    """
    for _ in range(TRIES):
        done = ask()
        if words in done.stdout + done.stderr:
            break
    return done


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`djscope` as a command, without a terminal, in a runtime directory of the test's own."""
    return partial(djscope, directory=tmp_path / "run")


@pytest.fixture(scope="session")
def empty_url() -> Iterator[str]:
    """Nobody has announced himself there."""
    with start_embedded() as server:
        yield server.url


@pytest.fixture(scope="session")
def busy_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two processes of one app are there."""
    with start_embedded() as server, client_of(server.url) as client:
        directory = tmp_path_factory.mktemp("run")
        with bare(server.url, "bare", directory), bare(server.url, "bare", directory):
            wait_for(lambda: client.zcard("{djscope}:bare:procs") == 2, what="announcement")
            yield server.url
