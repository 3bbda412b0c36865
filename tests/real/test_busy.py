"""All workers busy, on a real server: found while it lasts, and not when one is free."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from djscope.model.finding import Finding
from djscope.model.findings import find
from djscope.watch import Watch
from tests.real.servers import PROJECTS, Quiet, line_of
from tests.real.test_adoption import let_go, since
from tests.real.tools import get, wait_for, watching

pytestmark = pytest.mark.real
SLOTS = 4  # one gunicorn worker with four threads
# Longer than all slots would have to be taken.
LONG_S = 6.0


@contextmanager
def hanging(quiet: Quiet, n: int) -> Iterator[list[Path]]:
    """So many requests at a FIFO each."""
    gates = [quiet.fifo() for _ in range(n)]
    clients = [
        threading.Thread(target=get, args=(quiet.wsgi_url, f"/hang/{gate.name}/", 120))
        for gate in gates
    ]
    for client in clients:
        client.start()
    try:
        for gate in gates:
            wait_for(lambda gate=gate: since(gate) is not None, what="hanging")
        yield gates
    finally:
        for gate in gates:
            if gate.exists():
                let_go(gate)
        for client in clients:
            client.join(10)


def busy(watch: Watch) -> list[Finding]:
    with watch.lock:
        found = find(watch.session, watch.now())
    return [each for each in found if each.kind == "workers_busy"]


def test_every_thread_of_the_only_worker_hangs(quiet: Quiet) -> None:
    """4 of 4, at that line, since then; it is over when one of them is free."""
    with watching(quiet.redis_url, quiet.app) as watch:
        wait_for(lambda: watch.session.watching()[0] == quiet.n, what="arming")
        with hanging(quiet, SLOTS) as gates:
            (found,) = wait_for(lambda: busy(watch), 30, "the finding")

            assert found.title.startswith("4 of 4 gunicorn workers busy")
            assert "mostly hang/" in found.title
            assert found.where.line == line_of(PROJECTS / "quiet" / "urls.py", "hangs: request")
            assert found.evidence["workers"] == SLOTS

            let_go(gates[0])
            wait_for(lambda: not busy(watch), 30, "the end")


def test_one_free_thread_is_enough(quiet: Quiet) -> None:
    """Three hang, for long; whoever comes is served."""
    with watching(quiet.redis_url, quiet.app) as watch, hanging(quiet, SLOTS - 1):
        wait_for(lambda: watch.session.watching()[0] == quiet.n, what="arming")
        began = time.monotonic()
        while time.monotonic() - began < LONG_S:
            assert busy(watch) == []
            time.sleep(0.25)
