"""Coming back after SIGSTOP, which nobody is told of before.

Textual 8 draws anew on SIGCONT, and takes the terminal as it finds it for what it was before: left
alone after SIGSTOP, that is its own raw mode, which then stays when the viewer has gone. It does so
in the signal's handler, and waits there for the lock of a queue that the interrupted code may hold:
here it is done between two steps of the loop.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from types import FrameType


def leave_before_return(
    drawing: Callable[[], bool], leave: Callable[[], None], repaint: Callable[[], object]
) -> None:
    """On SIGCONT, `leave` the terminal first where `drawing` and nobody left it before stopping;
    `repaint` then, as Textual paints what changed only, and the terminal is empty.

    Main thread only, in the loop, once the application has put its own handlers in place.
    """
    loop = asyncio.get_running_loop()
    stop, resume = signal.getsignal(signal.SIGTSTP), signal.getsignal(signal.SIGCONT)
    if not callable(stop) or not callable(resume):
        return  # no terminal, no handlers
    left = False

    def on_stop(number: int, frame: FrameType | None) -> None:
        nonlocal left
        left = True
        stop(number, frame)

    def on_continue(number: int, _frame: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(draw_anew, number)

    def draw_anew(number: int) -> None:
        nonlocal left
        if not left and drawing():
            leave()
        left = False
        resume(number, None)
        repaint()

    signal.signal(signal.SIGTSTP, on_stop)
    signal.signal(signal.SIGCONT, on_continue)
