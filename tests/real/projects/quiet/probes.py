"""Starts and stops the probe late, as an injector would: from a thread of no library's."""

from __future__ import annotations

import os
import time
from typing import Any

import djscope_probes
from djscope_probes import lifecycle, native, units
from djscope_probes.arming import Armament
from djscope_probes.instruments import requests
from quiet.state import state

ARMED_S = 10.0
# Long enough that several workers share what comes at once.
SHARED_S = 0.05
# What somebody set the wall clock to, in seconds from what it is.
CLOCKS = {"ahead": 3600.0, "behind": -3600.0, "right": 0.0}
clock = time.time


def inject() -> None:
    """Start this process's probe from a thread of the operating system's."""
    url, app = os.environ["QUIET_BROKER"], os.environ["DJSCOPE_APP"]
    native.start_thread(lambda: djscope_probes.start(url, app))


STORMS, LULL_S = 200, 0.006
_weather: dict[str, Any] = {"storms": 0, "spans": 0, "failures": []}


def storm() -> None:
    """Every hook in and out again, many times, as fast as requests come."""
    armament = Armament()
    for _ in range(STORMS):
        armament.arm()
        time.sleep(LULL_S)
        _weather["spans"] += sum(len(unit.passes or ()) for unit in list(armament.ledger.ended))
        armament.collect(0)
        armament.disarm()
        _weather["storms"] += 1
    _weather["failures"] = [i.guard.last for i in armament._instruments if i.guard.failures]
    _weather["failures"] += [label for i in armament._instruments for label in i.patches.lost]


FAILURES = 8


def fail() -> None:
    """A hook of the probe's raises some times, which is less often than ends it."""
    real, left = requests.name_request, list(range(FAILURES))

    def name_request(unit: Any, request: Any) -> None:
        if left:
            raise RuntimeError(left.pop())
        real(unit, request)

    requests.name_request = name_request


def do(verb: str) -> dict[str, Any]:
    """`state`, `inject`, `stop`, `storm`, `fail`, or a clock to set; this process's state then."""
    time.sleep(SHARED_S)
    if verb == "inject":
        inject()
    elif verb == "stop":
        djscope_probes.stop()
    elif verb == "storm":
        native.start_thread(storm)
    elif verb == "fail":
        fail()
    elif verb in CLOCKS:
        time.time = lambda: clock() + CLOCKS[verb]
    return {**state(), **_weather}


def await_armed(late: bool) -> None:
    """In a process that ends after a few units: wait until the probe knows of this very one."""
    if late and lifecycle._running is None:
        inject()
    deadline = time.monotonic() + ARMED_S
    while units.current() is None and time.monotonic() < deadline:
        time.sleep(0.005)
