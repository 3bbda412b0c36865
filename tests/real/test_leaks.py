"""The check that every test is under finds each kind of leak, and nothing where there is none."""

from __future__ import annotations

import _thread
import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.core.handlers import base
from django.core.signals import request_finished

from djscope_probes.patching import Patches
from tests.real.leaks import Traces, leaks_since, traces
from tests.real.projects.targets import TARGETS, found
from tests.real.tools import wait_for

SHORT_S = 0.1


@contextmanager
def patched() -> Iterator[None]:
    """One wrapper as the probe's are: with code of its own package."""
    patches = Patches()
    patches.wrap(base.BaseHandler, "get_response", lambda _original, _patch: Patches.restore)
    try:
        yield
    finally:
        patches.restore()


@contextmanager
def listening() -> Iterator[None]:
    patches = Patches()
    patches.listen(request_finished, print, "djscope_requests")
    try:
        yield
    finally:
        patches.restore()


@contextmanager
def threaded() -> Iterator[None]:
    over = threading.Event()
    thread = threading.Thread(target=over.wait, args=(20,))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def parented() -> Iterator[None]:
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        yield
        assert child.stdin is not None
        child.stdin.write(b"\n")


@contextmanager
def renamed() -> Iterator[None]:
    os.environ["DJSCOPE_LEAKED"] = "1"
    try:
        yield
    finally:
        del os.environ["DJSCOPE_LEAKED"]


def settled() -> Traces:
    """What there is, once threads that end when they are collected, as asgiref's do, have ended."""

    def unchanged() -> bool:
        gc.collect()
        n = _thread._count()
        time.sleep(0.02)
        return _thread._count() == n

    wait_for(unchanged, what="rest")
    return traces()


@pytest.mark.parametrize(
    ("leak", "said"),
    [
        (patched, "patch: BaseHandler.get_response"),
        (listening, "patch: request_finished djscope_requests"),
        (threaded, "threads: 1 more than before"),
        (parented, "child process: "),
        (renamed, "environment variable: DJSCOPE_LEAKED"),
    ],
)
def test_a_leak_is_found(leak: Callable[[], Iterator[None]], said: str) -> None:
    """Each kind is named while it lasts; once it is gone there is nothing to say."""
    before = settled()
    with leak():
        [found_one] = leaks_since(before, SHORT_S)
        assert found_one.startswith(said)

    assert leaks_since(before) == []


def test_what_is_on_its_way_out_gets_time() -> None:
    """A thread that ends by itself within the grace is none."""
    before = settled()
    over = threading.Event()
    thread = threading.Thread(target=over.wait, args=(20,))
    thread.start()
    assert traces().threads > before.threads

    timer = threading.Timer(SHORT_S, over.set)
    timer.start()
    assert leaks_since(before) == []
    timer.join()
    thread.join()


def test_what_was_there_before_is_not_counted() -> None:
    """A server that several tests share; that it ends in between is fine, too."""
    with threaded(), parented(), patched():
        before = settled()
        assert leaks_since(before, 0) == []
    assert leaks_since(before, 0) == []


def test_a_child_that_ended_is_none() -> None:
    """Not even while nobody has asked for its exit code."""
    before = settled()
    child = subprocess.Popen([sys.executable, "-c", ""])
    try:
        wait_for(lambda: traces().children == before.children, what="its end")
        assert child.returncode is None
        assert leaks_since(before, 0) == []
    finally:
        child.wait()


def test_the_known_targets_exist() -> None:
    """Loaded, each of them is there: Django has not renamed one."""
    assert len(found(load=True)) == len(TARGETS)
