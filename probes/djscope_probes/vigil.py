"""Watching over one event loop: is a beat overdue, since when has it been at the same step, and
where does that stand?

All of it in the thread that looks: each 50 ms, while a beat is overdue each 25 ms. What the whole
process lost (stopped, starved of CPU) is no fault of the loop's: then that thread was late itself,
and the loop's had no CPU either. A call in C that does not let go of the interpreter makes it late
as well, and that takes CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from djscope_probes import native
from djscope_probes.blocks import Held, Lateness, cause_of
from djscope_probes.frames import current_frames
from djscope_probes.heartbeat import Beat, Heartbeat
from djscope_probes.pauses import Pauses
from djscope_probes.steps import is_same, mark_of, stack_of_step, task_at_work, unit_of
from djscope_probes.told import told_thread
from djscope_probes.units import Unit
from djscope_probes.wire import StackFrame

LOOK_NS = 50_000_000
# While a beat is overdue; also how late a beat or a look may be without meaning anything.
CLOSE_NS = 25_000_000
# A beat that is late by this much tells of a block, if it was at one step for the most part of it.
LATE_NS = 100_000_000
SEEN_NS = 50_000_000
# Of fewer looks it may be chance what the thread was at.
FEW = 4
# A block under way is told once it lasts this long.
LASTS_NS = 1_000_000_000
# A stack is taken at 0.1, 0.2, 0.4 s …, and then each so often.
SELDOM_NS = 10_000_000_000
NAME_CHARS = 60

Running = Callable[[], Iterable[Unit]]


class Step:
    """One step of the loop that is not over yet. `since_ns` is of the whole, `seen_ns` of looks."""

    __slots__ = (
        "best_ns", "cpu_ns", "excused_ns", "gc_ns", "last", "last_ns", "looks", "mark", "ran",
        "seen_ns", "since_ns", "stack", "task", "told", "unit",
    )  # fmt: skip

    def __init__(self, mark: object, since_ns: int, seen_ns: int, cpu_ns: int, gc_ns: int) -> None:
        self.mark = mark
        self.since_ns, self.seen_ns = since_ns, seen_ns
        self.cpu_ns, self.gc_ns = cpu_ns, gc_ns
        self.excused_ns = 0
        # Looks, and how many of them met it computing.
        self.looks = self.ran = 0
        # Of the stacks taken the one that stood longest, and the latest, until the next is taken.
        self.stack: tuple[StackFrame, ...] | None = None
        self.best_ns = 0
        self.last: tuple[StackFrame, ...] = ()
        self.last_ns = 0
        self.unit: Unit | None = None
        self.task = ""
        # What was told of it while it was under way.
        self.told: Held | None = None

    def standing(self, now: int, stack: tuple[StackFrame, ...]) -> None:
        """`stack` was taken now; the one before has stood until now."""
        self._weigh(now)
        self.last, self.last_ns = stack, now

    def _weigh(self, now: int) -> None:
        if self.told is not None:
            return
        if self.stack is None or (self.last_ns and now - self.last_ns > self.best_ns):
            self.stack, self.best_ns = self.last, now - self.last_ns if self.last_ns else 0

    def held(self, now: int, cpu_ns: int, gc_ns: int) -> Held:
        """All of it so far, as one block."""
        self._weigh(now)
        took = now - self.since_ns - self.excused_ns
        cpu = max(cpu_ns - self.cpu_ns, 0) if cpu_ns >= 0 and self.cpu_ns >= 0 else -1
        gc = gc_ns - self.gc_ns
        seen = max(now - self.seen_ns - self.excused_ns, 1)
        cause = cause_of(min(seen, took), cpu, gc, self.ran / max(self.looks, FEW))
        return Held(self.stack or (), 1, took, took, cpu, gc, cause, self.unit, self.task)

    def untold(self, held: Held) -> Held:
        """What of it has not been told yet."""
        told = self.told
        if told is None:
            return held
        return held._replace(
            n=0,
            took_ns=max(held.took_ns - told.took_ns, 0),
            cpu_ns=held.cpu_ns - told.cpu_ns if held.cpu_ns >= 0 and told.cpu_ns >= 0 else -1,
            gc_ns=held.gc_ns - told.gc_ns,
        )


def lost(took_ns: int, cpu_ns: int) -> int:
    """How much of a time in which nobody looked the loop lost as well: that which it had no CPU
    for. Others did not get at the interpreter where it had most of it.
    """
    return 0 if cpu_ns * 2 >= took_ns else took_ns - max(cpu_ns, 0)


class Vigil:
    """One per loop. `look` is called by the thread that looks, `take` by the one that tells."""

    def __init__(self, heart: Heartbeat, pauses: Pauses, running: Running, name: str) -> None:
        self.heart = heart
        self.name = name
        self._pauses = pauses
        self._running = running
        self._turn = native.lock()
        self._lateness = Lateness()
        self._step: Step | None = None
        # Since the last beat: time that nobody had, and whether the loop did not run at all.
        self._excused_ns = 0
        self._paused = self._looked = False
        # Readings at the last beat, and at the last look since.
        self._beat_cpu_ns = self._seen_cpu_ns = self._seen_gc_ns = 0

    @property
    def over(self) -> bool:
        """The loop is closed or gone."""
        loop = self.heart.loop()
        return loop is None or loop.is_closed()

    @property
    def blocked(self) -> bool:
        """There is a block to tell of."""
        return self._lateness.blocked

    def take(self, now: int) -> Lateness:
        """What was counted since the last call; of a block that lasts, what was added to it."""
        with self._turn:
            step = self._step
            if step is not None and step.stack is not None and now - step.since_ns >= LASTS_NS:
                self._tell(step, now, self.heart.cpu_ns())
            taken, self._lateness = self._lateness, Lateness()
            return taken

    def look(self, now: int, expected: int) -> bool:
        """`expected`: when this look should have been. Says whether a beat is overdue."""
        with self._turn:
            heart = self.heart
            while heart.beats:
                self._beat(heart.beats.popleft(), now, expected)
            overdue = now - heart.due_ns > CLOSE_NS
            if overdue:
                self._overdue(now, expected)
            return overdue

    def _beat(self, beat: Beat, now: int, expected: int) -> None:
        """A beat came: whatever held it is over."""
        late = beat.at_ns - beat.due_ns
        kept = min(beat.at_ns, now) - max(expected, beat.due_ns)
        if kept > CLOSE_NS:
            self._excuse(kept)
        cpu = max(beat.cpu_ns - self._beat_cpu_ns, 0) if self._beat_cpu_ns else 0
        self._excuse(min(lost(late, cpu) - self._excused_ns, 0))
        if not self._paused:
            net = max(late - self._excused_ns, 0)
            self._lateness.beat(net)
            if not self._close(beat.at_ns, beat.cpu_ns) and net >= LATE_NS and kept > CLOSE_NS:
                gc = self._pauses.of(self.heart.thread) - self._seen_gc_ns
                self._lateness.block(Held((), 1, net, net, cpu, gc, cause_of(net, cpu, gc)))
        self._excused_ns, self._paused, self._looked = 0, False, False
        self._beat_cpu_ns = self._seen_cpu_ns = beat.cpu_ns
        self._seen_gc_ns = self._pauses.of(self.heart.thread)

    def _overdue(self, now: int, expected: int) -> None:
        """No beat yet: what is it at?"""
        loop = self.heart.loop()
        if loop is None or not loop.is_running():
            self._close(now, self.heart.cpu_ns())
            self._paused = True
            return
        cpu = self.heart.cpu_ns()
        kept = now - max(expected, self.heart.due_ns)
        had = cpu - self._seen_cpu_ns
        busy = kept > CLOSE_NS and (had >= LATE_NS or had * 2 >= kept)
        if kept > CLOSE_NS:
            self._excuse(lost(kept, had))
        task = task_at_work(loop)
        top = self._top() if task is None else None
        mark = mark_of(task, top, cpu)
        step = self._step
        if step is None or not is_same(step.mark, task, mark):
            self._close(now, cpu)
            step = self._begin(mark, expected if busy else now, cpu, busy)
        if step is not None and self._is_long(step, now) and self._is_time(step, now):
            self._sample(step, now, task, top or self._top())
        if step is not None:
            step.looks += 1
            step.ran += self.heart.runs()
        self._seen_cpu_ns, self._seen_gc_ns = cpu, self._pauses.of(self.heart.thread)

    def _begin(self, mark: object | None, seen: int, cpu: int, busy: bool) -> Step | None:
        """Another step; one that is met at the first look counts since the beat was due."""
        first, self._looked = not self._looked, True
        if mark is None:
            return None
        since = self.heart.due_ns if first else seen
        gc = self._seen_gc_ns if busy else self._pauses.of(self.heart.thread)
        step = self._step = Step(mark, since, seen, self._seen_cpu_ns if busy else cpu, gc)
        step.excused_ns = self._excused_ns if first else 0
        return step

    def _excuse(self, ns: int) -> None:
        self._excused_ns += ns
        if self._step is not None:
            self._step.excused_ns = max(self._step.excused_ns + ns, 0)

    def _is_long(self, step: Step, now: int) -> bool:
        late = now - self.heart.due_ns - self._excused_ns
        return late >= LATE_NS and now - step.seen_ns - step.excused_ns >= SEEN_NS

    def _is_time(self, step: Step, now: int) -> bool:
        if step.stack is None:
            return True
        before = step.last_ns - step.since_ns
        return now - step.last_ns >= min(before, SELDOM_NS)

    def _top(self) -> FrameType | None:
        return current_frames().get(self.heart.thread)

    def _sample(self, step: Step, now: int, task: Any, top: FrameType | None) -> None:
        stack = stack_of_step(task, top)
        if not stack:
            return
        step.standing(now, tuple(stack))
        if step.unit is None:
            step.unit = unit_of(task, self._running())
        if not step.task and task is not None:
            step.task = told_thread(str(task.get_name()))[:NAME_CHARS]

    def _close(self, now: int, cpu: int) -> bool:
        """The step under way is over; whether it was a block."""
        step, self._step = self._step, None
        if step is None or step.stack is None:
            return False
        self._tell(step, now, cpu)
        return True

    def _tell(self, step: Step, now: int, cpu: int) -> None:
        held = step.held(now, cpu, self._pauses.of(self.heart.thread))
        self._lateness.block(step.untold(held))
        step.told = held
