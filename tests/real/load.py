"""Load on a server or worker: units that are counted, units in the background, and word to each."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from tests.real.models import Host
from tests.real.servers import PROJECTS
from tests.real.tools import environment, get, wait_for

State = dict[str, Any]
PAUSE_S = 0.02


class Span(NamedTuple):
    """One unit of background load, by the machine's monotonic clock."""

    began: float
    ended: float


class Load(Protocol):
    """What a scene asks of a host, whatever it serves."""

    kind: str
    counted_name: str
    work_name: str
    failed: list[str]

    def counted(self, n: int, await_armed: str) -> None: ...
    def work(self) -> None: ...
    def spans(self) -> list[Span]: ...
    def ask(self, verb: str, at_once: int) -> list[State]: ...


def each(load: Load, verb: str, n: int) -> dict[int, State]:
    """Ask until `n` processes have answered; pid → its last state."""
    said: dict[int, State] = {}

    def all_have() -> bool:
        said.update({state["pid"]: state for state in load.ask(verb, 2 * n)})
        return len(said) >= n

    wait_for(all_have, 30, f"{verb} in {n} processes")
    return said


@contextmanager
def under_load(load: Load) -> Iterator[None]:
    """One unit of background load after the other, meanwhile."""
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            load.work()
            time.sleep(PAUSE_S)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class Requests:
    """Over HTTP; each has to be answered with 200."""

    kind = "request"
    counted_name, work_name = "counted/", "work/"

    def __init__(self, host: Host) -> None:
        self._url = host.url
        self._spans: list[Span] = []
        self.failed: list[str] = []

    def counted(self, n: int, await_armed: str) -> None:
        """`n` requests, two at a time."""
        path = f"/counted/?{await_armed}" if await_armed else "/counted/"
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: self._get(path), range(n)))

    def work(self) -> None:
        began = time.monotonic()
        self._get("/work/")
        self._spans.append(Span(began, time.monotonic()))

    def spans(self) -> list[Span]:
        return list(self._spans)

    def ask(self, verb: str, at_once: int) -> list[State]:
        with ThreadPoolExecutor(at_once) as pool:
            bodies = list(pool.map(lambda _: self._get(f"/each/{verb}/"), range(at_once)))
        return [json.loads(body) for body in bodies if body]

    def _get(self, path: str) -> bytes:
        try:
            status, body = get(self._url, path, 30)
        except OSError as error:
            self.failed.append(f"{path}: {error}")
            return b""
        if status != 200:
            self.failed.append(f"{path}: {status}")
            return b""
        return body


class Tasks:
    """Through the broker; what was done is in a log that the tasks write."""

    kind = "task"
    counted_name, work_name = "quiet.work.counted", "quiet.work.work"

    def __init__(self, host: Host, sender: Sender) -> None:
        self._directory = host.directory
        self._prefix = host.prefix
        self._sender = sender
        self._sent = {"counted": 0, "work": 0}
        self._asked = 0

    @property
    def failed(self) -> list[str]:
        """Tasks that were sent, and are not in the log a while later."""
        wait_for(lambda: len(self._done()) >= sum(self._sent.values()), 30, "all tasks")
        return []

    def counted(self, n: int, await_armed: str) -> None:
        """`n` tasks; returns when they are done."""
        for _ in range(n):
            self._send("counted", await_armed)
        self._await("counted")

    def work(self) -> None:
        """One at a time, or a slow worker would never get to the counted ones."""
        self._send("work")
        self._await("work")

    def _await(self, task: str) -> None:
        wait_for(lambda: self._of(task) >= self._sent[task], 40, f"{task} tasks")

    def spans(self) -> list[Span]:
        return [Span(float(b), float(e)) for what, b, e in self._done() if what == "work"]

    def ask(self, verb: str, at_once: int) -> list[State]:
        self._asked += 1
        paths = [self._directory / f"{verb}-{self._asked}-{i}" for i in range(at_once)]
        for path in paths:
            self._sender.send(self._prefix, "each", path.name, verb)
        wait_for(lambda: all(path.exists() for path in paths), 30, verb)
        return [json.loads(path.read_text()) for path in paths]

    def _send(self, task: str, *arguments: str) -> None:
        self._sent[task] += 1
        self._sender.send(self._prefix, task, "-", *filter(None, arguments))

    def _of(self, what: str) -> int:
        return sum(line[0] == what for line in self._done())

    def _done(self) -> list[list[str]]:
        log = self._directory / "done"
        return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


class Sender:
    """A process that orders tasks and has no Django."""

    def __init__(self, redis_url: str) -> None:
        environment_ = environment(PROJECTS, QUIET_BROKER=redis_url)
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, str(PROJECTS / "sender.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment_,
        )  # fmt: skip

    def send(self, *words: str) -> None:
        """Returns when the broker has it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(" ".join(words) + "\n")
            self._process.stdin.flush()
            assert self._process.stdout.readline() == "sent\n"

    def close(self) -> None:
        self._process.communicate(timeout=20)
