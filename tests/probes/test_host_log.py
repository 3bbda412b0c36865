"""Lines for the host's log, of which each may block for as long as it likes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from djscope_probes import native
from djscope_probes.announcing import HostLog
from djscope_probes.guard import Guard


class Gate(logging.Handler):
    """Lets a line through when it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.at_it = threading.Event()
        self.opened = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.at_it.set()
        self.opened.wait(20)
        self.lines.append(record.getMessage())


@pytest.fixture
def gate() -> Iterator[Gate]:
    handler, logger = Gate(), logging.getLogger("djscope")
    logger.addHandler(handler)
    yield handler
    handler.opened.set()
    logger.removeHandler(handler)


def test_one_line_waits_behind_the_one_that_blocks(gate: Gate) -> None:
    """The latest; what cannot be said is dropped. Then the thread is gone."""
    before = set(threading.enumerate())
    log = HostLog(Guard("probe"))
    log.say("watched by one")
    assert gate.at_it.wait(20)
    log.say("no longer watched")
    log.say("watched by two")
    log.settle(0.01)
    assert gate.lines == []

    gate.opened.set()
    log.settle(20)
    log.say("no longer watched")
    log.settle(20)

    said = ["watched by one", "watched by two", "no longer watched"]
    assert gate.lines == [f"djscope: {line}" for line in said]
    assert set(threading.enumerate()) <= before


def test_without_a_thread_it_is_said_when_the_probe_ends(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interpreter that is taken down starts none any more."""
    gate.opened.set()
    log = HostLog(Guard("probe"))

    def refuse(_target: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(native, "start_thread", refuse)
    log.say("watched by one")
    log.say("no longer watched")
    log.settle(20)
    assert gate.lines == []
    log.rest()

    assert gate.lines == ["djscope: no longer watched"]


def test_a_handler_that_fails_is_counted_and_the_next_line_is_said(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be anybody's."""
    gate.opened.set()
    before = set(threading.enumerate())
    guard = Guard("probe")
    log = HostLog(guard)
    with monkeypatch.context() as patched:
        patched.setattr(Gate, "handle", lambda *_: 1 / 0)
        log.say("watched by one")
        log.settle(20)
    log.say("no longer watched")
    log.settle(20)

    assert (guard.failures, gate.lines) == (1, ["djscope: no longer watched"])
    assert set(threading.enumerate()) <= before
