"""Coming back after SIGSTOP: what the signal interrupts may hold a lock that drawing needs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import pytest

from djscope.ui.suspension import leave_before_return


@pytest.fixture
def done() -> Iterator[list[str]]:
    """What was done, with an application's own handlers in place."""
    done: list[str] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    signal.signal(signal.SIGTSTP, lambda *_: done.append("stopped"))
    signal.signal(signal.SIGCONT, lambda *_: done.append("drawn"))
    yield done
    for number, handler in before.items():
        signal.signal(number, handler)


async def go_on(done: list[str], *numbers: signal.Signals) -> list[str]:
    """What was done as soon as the signals were there."""
    leave_before_return(lambda: True, lambda: done.append("left"), lambda: done.append("painted"))
    for number in numbers:
        signal.raise_signal(number)
    at_once = list(done)
    await asyncio.sleep(0)
    return at_once


def test_the_terminal_is_drawn_between_two_steps(done: list[str]) -> None:
    """Not in the handler: it would wait for ever for a lock of the code that it interrupted."""
    assert asyncio.run(go_on(done, signal.SIGCONT)) == []
    assert done == ["left", "drawn", "painted"]


def test_a_terminal_that_was_left_before_stopping_is_not_left_again(done: list[str]) -> None:
    """Ctrl-Z."""
    assert asyncio.run(go_on(done, signal.SIGTSTP, signal.SIGCONT)) == ["stopped"]
    assert done == ["stopped", "drawn", "painted"]


def test_a_viewer_that_has_ended_draws_nothing(done: list[str]) -> None:
    """Its handlers stay."""
    asyncio.run(go_on(done))
    signal.raise_signal(signal.SIGCONT)

    assert done == []
