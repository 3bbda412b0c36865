"""Where every thread and asyncio task of a process stands, as it was at one moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec import Struct

from djscope.feed.shapes import StacksTaken
from djscope.model.definitions import Definitions, Stack
from djscope.model.findings.standing import app_place
from djscope.model.processes import ProcessFact
from djscope.model.units import UnitFact
from djscope.model.wording import seconds, unit_name

PROBE, PY_SPY = "its probe", "py-spy"


@dataclass(frozen=True, slots=True)
class ThreadFact:
    """`kind` is `thread` or `task` (asyncio's); `unit` is an id, `work` says what it works for.

    `state` is known from outside only: `on CPU`, `holds the GIL`, or empty while it waits.
    """

    kind: str
    name: str
    stack: Stack
    unit: str = ""
    work: str = ""
    age_s: float = 0.0
    native_id: int = 0
    own: bool = False
    state: str = ""

    @property
    def rank(self) -> tuple[bool, bool, float, bool, bool, str]:
        """What was asked about first, then the oldest work, then the application's code."""
        return (
            not self.own, not self.unit, -self.age_s, not self.state,
            app_place(self.stack) is None, self.name,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """`by` says who looked: the process's own probe, or py-spy from outside."""

    process: str
    by: str
    at: float
    threads: tuple[ThreadFact, ...]
    left_out: int = 0


def from_probe(
    answer: StacksTaken,
    process: ProcessFact,
    running: Iterable[UnitFact],
    defs: Definitions,
    unit: str = "",
) -> Taken:
    """The probe's answer; `unit` is the one that somebody asked about."""
    units = {fact.unit.id: fact for fact in running if fact.process == process.id}
    threads = []
    for each in answer.threads:
        fact = units.get(each.unit)
        threads.append(
            ThreadFact(
                each.kind, each.name, defs.stack(each.stack_id), each.unit,
                unit_name(fact.kind, defs.text(fact.unit.name_id)) if fact else "",
                fact.age_s(answer.taken_at) if fact else 0.0,
                each.native_id, bool(unit) and each.unit == unit,
            )
        )  # fmt: skip
    return Taken(process.name, PROBE, answer.taken_at, in_order(threads), answer.left_out)


def in_order(threads: Iterable[ThreadFact]) -> tuple[ThreadFact, ...]:
    """Worst first."""
    return tuple(sorted(threads, key=lambda thread: thread.rank))


def complete(answer: StacksTaken, defs: Definitions) -> bool:
    """Whether all its stacks are known: they travel apart."""
    return defs.complete(*(thread.stack_id for thread in answer.threads))


def lines(taken: Taken) -> Iterable[str]:
    """Plain text: a thread, then its frames, innermost first; ours are marked."""
    head = f"{taken.process}: {counted(taken)}, taken by {taken.by}"
    yield head
    for thread in taken.threads:
        yield ""
        yield headline(thread)
        for place in thread.stack:
            yield f"{'>' if place.app else ' '} {place.file}:{place.line} in {place.function}"
    if taken.left_out:
        yield ""
        yield f"{taken.left_out} more did not fit"


def counted(taken: Taken) -> str:
    """`3 threads, 2 asyncio tasks`."""
    tasks = sum(thread.kind == "task" for thread in taken.threads)
    threads = len(taken.threads) - tasks
    parts = [(threads, "thread"), (tasks, "asyncio task")]
    return ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in parts if n) or "no thread"


def headline(thread: ThreadFact) -> str:
    """`thread MainThread (4711): books/ for 12 s`."""
    kind = "asyncio task" if thread.kind == "task" else thread.kind
    native = f" ({thread.native_id})" if thread.native_id else ""
    work = f": {thread.work} for {seconds(thread.age_s)}" if thread.work else ""
    state = f", {thread.state}" if thread.state else ""
    return f"{kind} {thread.name}{native}{work}{state}{', asked about' if thread.own else ''}"


class FrameOut(Struct):
    file: str
    line: int
    function: str
    app: bool


class ThreadOut(Struct):
    kind: str
    name: str
    native_id: int | None
    unit: str
    work: str
    state: str
    age_s: float | None
    stack: list[FrameOut]


class StacksOut(Struct):
    """The JSON of stacks: an interface. Threads worst first, frames innermost first."""

    schema: str
    process: str
    by: str
    taken_at: float
    left_out: int
    threads: list[ThreadOut]


def as_json(taken: Taken) -> StacksOut:
    """In the shapes of its JSON."""
    threads = [
        ThreadOut(
            each.kind, each.name, each.native_id or None, each.unit, each.work,
            each.state,
            round(each.age_s, 3) if each.work else None,
            [FrameOut(p.file, p.line, p.function, p.app) for p in each.stack],
        )
        for each in taken.threads
    ]  # fmt: skip
    return StacksOut(
        "djscope/stacks/1", taken.process, taken.by, round(taken.at, 3), taken.left_out, threads
    )
