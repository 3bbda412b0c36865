"""Starts and stops the probe late, as an injector would: from a thread of no library's."""

from __future__ import annotations

import os
import time
from typing import Any

import djscope_probes
from djscope_probes import lifecycle, native, units
from quiet.state import state

ARMED_S = 10.0
# Long enough that several workers share what comes at once.
SHARED_S = 0.05
# What somebody set the wall clock to, in seconds from what it is.
CLOCKS = {"ahead": 3600.0, "behind": -3600.0}
clock = time.time


def inject() -> None:
    """Start this process's probe from a thread of the operating system's."""
    url, app = os.environ["QUIET_BROKER"], os.environ["DJSCOPE_APP"]
    native.start_thread(lambda: djscope_probes.start(url, app))


def do(verb: str) -> dict[str, Any]:
    """`state`, `inject`, `stop`, or a clock to set; returns this process's state afterwards."""
    time.sleep(SHARED_S)
    if verb == "inject":
        inject()
    elif verb == "stop":
        djscope_probes.stop()
    elif verb in CLOCKS:
        time.time = lambda: clock() + CLOCKS[verb]
    return state()


def await_armed(late: bool) -> None:
    """In a process that ends after a few units: wait until the probe knows of this very one."""
    if late and lifecycle._running is None:
        inject()
    deadline = time.monotonic() + ARMED_S
    while units.current() is None and time.monotonic() < deadline:
        time.sleep(0.005)
