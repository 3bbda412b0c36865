"""`python -m tests.benchmarks.loops [SECONDS]`: what watching an event loop costs.

For asyncio and uvloop, unwatched and watched: CPU (user and system) of the process while the loop
is idle, and CPU of the loop's thread per iteration; beside it asyncio's own debug mode.
"""

from __future__ import annotations

import asyncio
import importlib
import resource
import subprocess
import sys
import threading
import time

from djscope_probes.clock import now_ns
from djscope_probes.definitions import Definitions
from djscope_probes.instruments.loops import LoopsInstrument
from djscope_probes.ledger import Ledger

SECONDS = 20.0
ITERATIONS = 60_000
TURNS = 6
MODES = ("unwatched", "watched", "debug")


def main(seconds: float) -> None:
    for kind in ("asyncio", "uvloop"):
        for mode in MODES:
            command = [sys.executable, "-m", "tests.benchmarks.loops", str(seconds), kind, mode]
            subprocess.run(command, check=True)


def watch() -> LoopsInstrument:
    """As the probe's thread does it."""
    instrument, ledger = LoopsInstrument(), Ledger()
    instrument.arm(ledger)

    def look() -> None:
        now = now_ns()
        for later in (0, 2):
            instrument.collect(now + later * 10**9, Definitions())

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert instrument.patches.count == 1
    return instrument


async def measured(kind: str, mode: str, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    loop.set_debug(mode == "debug")
    # As in a server: another thread, a timer far away.
    idle = threading.Event()
    other = threading.Thread(target=idle.wait)
    other.start()
    timer = loop.call_later(3600, print)
    instrument = watch() if mode == "watched" else None
    await asyncio.sleep(0.5)
    before, began = cpu(), time.perf_counter()
    await asyncio.sleep(seconds)
    share = (cpu() - before) / (time.perf_counter() - began)
    await iterations()
    each = min([await iterations() for _ in range(TURNS)])
    print(f"{kind:8} {mode:10} idle {share:.3%} of a core, {each:.3f} µs per iteration", flush=True)
    timer.cancel()
    idle.set()
    if instrument is not None:
        instrument.patches.restore()


async def iterations() -> float:
    began = time.thread_time()
    for _ in range(ITERATIONS):
        await asyncio.sleep(0)
    return (time.thread_time() - began) / ITERATIONS * 1e6


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    if len(sys.argv) > 2:
        kind = sys.argv[2]
        importlib.import_module(kind).run(measured(kind, sys.argv[3], float(sys.argv[1])))
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
