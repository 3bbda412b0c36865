"""Coming back after SIGSTOP, which nobody is told of before.

Textual 8 draws anew on SIGCONT, and takes the terminal as it finds it for what it was before: left
alone after SIGSTOP, that is its own raw mode, which then stays when the viewer has gone.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType


def leave_before_return(drawing: Callable[[], bool], leave: Callable[[], None]) -> None:
    """On SIGCONT, `leave` the terminal first where `drawing` and nobody left it before stopping.

    Main thread only, once the application has put its own handlers in place.
    """
    stop, resume = signal.getsignal(signal.SIGTSTP), signal.getsignal(signal.SIGCONT)
    if not callable(stop) or not callable(resume):
        return  # no terminal, no handlers
    left = False

    def on_stop(number: int, frame: FrameType | None) -> None:
        nonlocal left
        left = True
        stop(number, frame)

    def on_continue(number: int, frame: FrameType | None) -> None:
        nonlocal left
        if not left and drawing():
            leave()
        left = False
        resume(number, frame)

    signal.signal(signal.SIGTSTP, on_stop)
    signal.signal(signal.SIGCONT, on_continue)
