"""psutil's figures, read by a thread of their own, at most once a second, while somebody looks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import psutil

from djscope.attach.local import local
from djscope.model.figures import UNKNOWN, Figures
from djscope.model.processes import ProcessFact

PERIOD_S = 1.0
# Nobody has asked about it for this long: it is off the screen.
FORGET_S = 10.0
OWN = "this viewer"

T = TypeVar("T")


@dataclass(slots=True)
class Handle:
    """A process, and the CPU seconds that it had used when it was last read."""

    process: psutil.Process
    cpu_s: float = 0.0
    at: float = 0.0


class LocalFigures:
    """`of` answers at once with what was read last; the first time with nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[str, tuple[float, ProcessFact]] = {}
        self._known: dict[str, Figures] = {}
        # The reading thread's own.
        self._handles: dict[str, Handle] = {}
        self._ending = threading.Event()
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None

    def of(self, process: ProcessFact) -> Figures:
        """What is known of `process`; asking is what has it read."""
        with self._lock:
            self._asked[process.id] = (time.monotonic(), process)
        return self._answer(process.id)

    def own(self) -> Figures:
        """The viewer's."""
        return self._answer(OWN)

    def close(self) -> None:
        """Read no more."""
        self._ending.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(timeout=2)

    def _answer(self, key: str) -> Figures:
        with self._lock:
            if self._thread is None and not self._ending.is_set():
                self._thread = threading.Thread(
                    target=self._run, name="djscope-figures", daemon=True
                )
                self._thread.start()
            self._wanted.set()
            return self._known.get(key, UNKNOWN)

    def _run(self) -> None:
        while not self._ending.is_set():
            self._wanted.wait()
            self._wanted.clear()
            self._read()
            self._ending.wait(PERIOD_S)

    def _read(self) -> None:
        since = time.monotonic() - FORGET_S
        with self._lock:
            self._asked = {key: one for key, one in self._asked.items() if one[0] > since}
            asked = [process for _, process in self._asked.values()]
        handles = {OWN: self._handles.get(OWN) or Handle(psutil.Process())}
        for each in asked:
            handle = self._handle(each)
            if handle is not None:
                handles[each.id] = handle
        self._handles = handles
        known = {key: read(handle, time.monotonic()) for key, handle in handles.items()}
        with self._lock:
            self._known = known

    def _handle(self, process: ProcessFact) -> Handle | None:
        """Kept from one time to the next: CPU is a difference."""
        known = self._handles.get(process.id)
        if known is not None and known.process.is_running():
            return known
        found = local(process)
        return Handle(found) if found is not None else None


def read(handle: Handle, now: float) -> Figures:
    """What it tells us; the rest is blank, as when it has gone or belongs to somebody else."""
    process = handle.process
    with process.oneshot():
        return Figures(
            cpu_share=_try(lambda: cpu_share(handle, now)),
            rss_bytes=_try(lambda: int(process.memory_info().rss)),
            threads=_try(process.num_threads),
            descriptors=_try(process.num_fds),
            created=_try(process.create_time),
        )


def cpu_share(handle: Handle, now: float) -> float | None:
    """Of a core, since the last time; the first time it is not known."""
    times = handle.process.cpu_times()
    used, passed = times.user + times.system, now - handle.at
    share = (used - handle.cpu_s) / passed if handle.at and passed > 0 else None
    handle.cpu_s, handle.at = used, now
    return share


def _try(figure: Callable[[], T]) -> T | None:
    try:
        return figure()
    except (psutil.Error, OSError, NotImplementedError):
        return None
