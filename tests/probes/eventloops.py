"""Event loops in threads of their own, the instrument that watches them, and what blocks them."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from queue import Queue
from typing import Any, NamedTuple

from djscope_probes.clock import now_ns
from djscope_probes.definitions import Definitions
from djscope_probes.instruments.loops import LoopsInstrument
from djscope_probes.ledger import Ledger
from djscope_probes.vigil import Vigil

SECONDS = 30.0
# On a machine that is busy one block may not be seen at all, and its cause may stay unclear.
TRIES = 10
Loop = asyncio.AbstractEventLoop
Run = Callable[[Coroutine[Any, Any, None]], None]


class Told(NamedTuple):
    """A block as it travels, with its stack as (line, function) of the project's frames."""

    loop: str
    stack: list[tuple[int, str]]
    cause: str
    n: int
    total_us: int
    max_us: int
    cpu_us: int
    gc_us: int
    unit: str
    name: str
    task: str


class Watched:
    """The instrument as the probe's thread uses it, and all that it told."""

    def __init__(self) -> None:
        self.instrument = LoopsInstrument()
        self.ledger = Ledger()
        self.defs = Definitions()
        self.reports: list[list[Any]] = []
        self.blocks: list[Told] = []

    def arm(self, loops: int = 1) -> None:
        """Returns when so many loops are watched, and their hearts beat."""
        self.instrument.arm(self.ledger)
        self.find(loops)

    def find(self, loops: int) -> None:
        def beats() -> bool:
            self.instrument._found_ns = 0
            self.collect()
            hearts = [vigil.heart for vigil in self.instrument._vigils.values()]
            return len(hearts) == loops and all(heart._clock is not None for heart in hearts)

        until(beats, "a heartbeat")

    def collect(self) -> None:
        for event in self.instrument.collect(now_ns(), self.defs):
            _, name, _, _, _, _, blocks = report = json.loads(event)
            self.reports.append(report)
            self.blocks += [self._told(name, block) for block in blocks]

    def _told(self, loop: str, block: list[Any]) -> Told:
        stack = json.loads(self.defs.unsent.get(block[0], "[]"))
        name = json.loads(self.defs.unsent.get(block[8], '""'))
        own = [(line, function.rpartition(".")[2]) for _, line, function, app, _ in stack if app]
        return Told(loop, own, *block[1:8], name, block[9])

    def wait(self, check: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
        """Collect until that is so."""

        def collected() -> bool:
            self.collect()
            return check()

        until(collected, what, seconds)

    def see(self, block: Callable[[], object]) -> Told:
        """The first block that is told of, of as many as it takes."""
        for _ in range(TRIES):
            block()
            with suppress(AssertionError):
                self.wait(lambda: bool(self.blocks), "a block", SECONDS / TRIES)
                return self.blocks[0]
        raise AssertionError("no block was told of")

    def all_told(self) -> None:
        """All loops report once more, of two beats that came after this where they run."""
        vigils = list(self.instrument._vigils.values())
        for _ in range(2):
            due = [vigil.heart.due_ns for vigil in vigils]
            until(lambda due=due: all(map(beaten, vigils, due)), "a heartbeat")  # type: ignore[misc]
        before = len(self.reports)
        self.instrument.hurry()
        self.wait(lambda: len(self.reports) >= before + len(vigils), "a report")

    def held_up(self, seconds: float) -> None:
        """Returns when the only loop has been at one step for so long, by what is known of it."""
        (vigil,) = self.instrument._vigils.values()

        def lasts() -> bool:
            step = vigil._step
            if step is None or step.stack is None:
                return False
            return now_ns() - step.since_ns - step.excused_ns >= seconds * 1e9

        until(lasts, "a step that lasts")

    @property
    def latest_us(self) -> int:
        """How late the latest beat was that was told of."""
        self.instrument.hurry()
        return max((late for _, _, _, _, late, _, _ in self.reports), default=0)

    @property
    def beats(self) -> int:
        """How many beats were told of."""
        self.instrument.hurry()
        return sum(beats for _, _, _, beats, _, _, _ in self.reports)

    def disarm(self) -> None:
        self.instrument.patches.restore()
        assert self.instrument.guard.failures == 0, self.instrument.guard.last


def beaten(vigil: Vigil, due_ns: int) -> bool:
    """Whether a beat that came after the one that was due then was looked at, or none can come."""
    loop, heart = vigil.heart.loop(), vigil.heart
    return loop is None or not loop.is_running() or (heart.due_ns > due_ns and not heart.beats)


def until(check: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"{what} did not come about"
        time.sleep(0.005)


@contextmanager
def looping(run: Run) -> Iterator[Loop]:
    """A loop that runs in a thread of its own until the end of the block."""
    loops: Queue[Loop] = Queue()
    over: Queue[asyncio.Event] = Queue()

    async def main() -> None:
        end = asyncio.Event()
        over.put(end)
        loops.put(asyncio.get_running_loop())
        await end.wait()

    thread = threading.Thread(target=lambda: run(main()))
    thread.start()
    loop = loops.get(timeout=SECONDS)
    end = over.get(timeout=SECONDS)
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(SECONDS)


def work(loop: Loop, block: Callable[[], object]) -> None:
    """A task of the loop calls it; returns when that is over."""

    async def task() -> None:
        block()

    asyncio.run_coroutine_threadsafe(task(), loop).result(SECONDS)


def sleeps(seconds: float = 0.4) -> None:
    time.sleep(seconds)


def computes() -> int:
    number, until_ns = 1, time.perf_counter_ns() + 400_000_000
    while time.perf_counter_ns() < until_ns:
        number = (number * 31 + 7) % 1_000_003
    return number


def sums() -> int:
    """One call in C that does not let go of the interpreter."""
    began = time.thread_time()
    sum(range(1_000_000))
    took = time.thread_time() - began
    return sum(range(int(1_000_000 * 0.4 / took)))


def collects() -> None:
    """Garbage, for long, in old objects that refer to themselves."""
    heap = []
    for _ in range(200_000):
        one: list[Any] = []
        one.append(one)
        heap.append(one)
    until_ns = time.perf_counter_ns() + 400_000_000
    while time.perf_counter_ns() < until_ns:
        gc.collect()
    heap.clear()
