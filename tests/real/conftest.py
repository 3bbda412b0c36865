"""What several files of tests share; they leave servers as they found them: unwatched."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from djscope.feed.embedded import start_embedded
from tests.real.servers import Quiet
from tests.real.tools import environment, started

SLEEPER = """
import sys, threading, time

def work():
    time.sleep(600)  # here

threading.Thread(target=work, name="worker", daemon=True).start()
print("started", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="session")
def quiet() -> Iterator[Quiet]:
    """The quiet project, watched by nobody."""
    with start_embedded() as server, Quiet(server.url) as running:
        running.start()
        yield running


@pytest.fixture(scope="module")
def sleeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A process without a probe, and its file."""
    directory = tmp_path_factory.mktemp("sleeper")
    file = directory / "sleeper.py"
    file.write_text(SLEEPER)
    with started(sys.executable, str(file), env=environment(directory / "run")) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        yield process.pid, file
