"""Figures of processes on this machine: of whom there are any, and when they are read."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from pathlib import Path

import pytest

from djscope.attach.figures import LocalFigures
from djscope.attach.local import local
from djscope.model.processes import ProcessFact
from tests.real.tools import HERE, wait_for

pytestmark = pytest.mark.real


def fact_of(pid: int, started: float, host: str = HERE) -> ProcessFact:
    return ProcessFact(f"{host}/{pid}@{int(started)}", host, pid, started, "python")


def test_figures_of_a_local_process(sleeper: tuple[int, Path]) -> None:
    """Memory, threads, descriptors, age; CPU from the second reading on."""
    pid, _ = sleeper
    figures, fact = LocalFigures(), fact_of(pid, time.time())
    try:
        assert figures.of(fact).rss_bytes is None  # the first time nothing has been read

        wait_for(lambda: figures.of(fact).cpu_share is not None, what="two readings")
        known = figures.of(fact)

        assert known.threads == 2
        assert (known.rss_bytes or 0) > 1_000_000
        assert (known.descriptors or 0) >= 3
        assert 0 <= (known.cpu_share or 0) < 1
        assert abs((known.created or 0) - time.time()) < 600
        assert (figures.own().rss_bytes or 0) > 1_000_000
    finally:
        figures.close()


def test_others_have_no_figures(sleeper: tuple[int, Path]) -> None:
    """Another host, a pid that was used before, a process that has gone."""
    pid, _ = sleeper
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    others = [
        fact_of(pid, time.time(), "another-host"),
        fact_of(pid, time.time() - 90_000),
        fact_of(gone.pid, time.time()),
        fact_of(0, 0.0),
    ]

    assert [local(each) for each in others] == [None] * 4


def test_a_process_that_goes_leaves_blanks() -> None:
    """No error, and no figures of whoever has its pid next."""
    figures = LocalFigures()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        fact = fact_of(process.pid, time.time())
        try:
            wait_for(lambda: figures.of(fact).rss_bytes, what="figures")
            process.kill()
            process.wait()
            wait_for(lambda: figures.of(fact).rss_bytes is None, what="blanks")
        finally:
            figures.close()


def test_nobody_looks_nothing_is_read(sleeper: tuple[int, Path]) -> None:
    """Not asked, it sleeps; asked often, it reads once a second."""
    pid, _ = sleeper
    figures, fact, read = LocalFigures(), fact_of(pid, time.time()), []
    take = figures._read
    figures._read = lambda: (read.append(time.monotonic()), take())[1]  # type: ignore[method-assign,func-returns-value]
    try:
        wait_for(lambda: figures.of(fact) and len(read) >= 3, what="three readings")

        assert all(later - sooner >= 0.9 for sooner, later in itertools.pairwise(read))

        wait_for(lambda: time.monotonic() - read[-1] > 1.5, what="rest")
    finally:
        figures.close()
