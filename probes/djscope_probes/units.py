"""The unit under way: what its queries and times are booked on.

A request, a task, a management command; or what a thread does outside of those, see `ambient`.
"""

from __future__ import annotations

import time
import weakref
from _thread import get_ident
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from djscope_probes.clock import now_ns
from djscope_probes.groups import Evaluation, Group, Repeat
from djscope_probes.payloads import Payload
from djscope_probes.spans import Passes
from djscope_probes.stacks import site_of
from djscope_probes.wire import StackFrame

if TYPE_CHECKING:
    from djscope_probes.hops import Hops

# Tags of more evaluations than this are not remembered: their rows have no known origin.
MAX_EVALUATIONS = 5_000
MAX_GROUPS = 2_000


class Unit:
    """One piece of work. Times in nanoseconds of `now_ns`.

    Holds no request, instance, frame or exception: nothing of the host is kept alive.
    """

    __slots__ = (
        "__weakref__", "adopted", "asyncio_task", "began_ns", "cpu_ns", "deep", "ended_ns",
        "evaluations", "exact_start", "exception", "expected", "groups", "id", "name", "open",
        "operations", "outer", "overflow", "passes", "repeated", "repeats", "revision", "site",
        "skipped", "stack", "thread", "vanished",
    )  # fmt: skip
    kind = ""

    def __init__(self, name: str = "") -> None:
        self.id = ""
        self.name = name
        self.thread = get_ident()
        self.began_ns = now_ns()
        # Of this thread so far; at the end the difference. -1: shared with other work.
        self.cpu_ns = time.thread_time_ns()
        self.ended_ns = 0
        self.open = True
        self.vanished = False
        # The governor left it out: nothing is booked on it, nor elsewhere in its place.
        self.skipped = False
        # Somebody asked for the stack of each of its queries.
        self.deep = False
        # An eager task inside a request, say: the request goes on when the task is over.
        self.outer: Unit | None = None
        self.adopted = False
        self.exact_start = True
        self.revision = 0
        self.groups: dict[tuple[object, object], Group] = {}
        self.overflow: Group | None = None
        self.operations: list[tuple[Group, int, int]] = []
        self.evaluations: dict[int, Evaluation] = {}
        # Those that may have times to be booked.
        self.repeats: list[Repeat] = []
        # Those that are known by their text, and the latest of those known by a descriptor.
        self.expected: dict[str, Repeat] = {}
        self.repeated: Repeat | None = None
        self.exception = ""
        self.site: StackFrame | None = None
        self.stack: list[StackFrame] = []
        self.asyncio_task: weakref.ref[Any] | None = None
        # Of a request that was seen to go down its handler's chain.
        self.passes: Passes | None = None

    def settle(self) -> None:
        """Book what was noted in passing; before groups are looked at, by who records units."""
        for repeat in self.repeats:
            repeat.settle()

    @property
    def all_groups(self) -> list[Group]:
        """Also the one that the groups above the bound share."""
        return [*list(self.groups.values()), *([self.overflow] if self.overflow else ())]

    @property
    def noted(self) -> int:
        """Queries that are not booked yet."""
        return sum(len(repeat.took) for repeat in self.repeats)

    @property
    def queries(self) -> int:
        return self.noted + sum(group.n for group in self.all_groups)

    def fail(self, exception: type[BaseException] | None, stack: list[StackFrame]) -> None:
        """Note the type and place of an exception; its message stays where it is."""
        self.exception = exception.__name__ if exception is not None else "Exception"
        self.stack = stack
        self.site = site_of(stack)

    def close(self) -> None:
        """The unit ended here and now, in the thread that ran it."""
        self.ended_ns = now_ns()
        self.repeated = None
        if self.cpu_ns >= 0:
            same = self.thread == get_ident()
            self.cpu_ns = time.thread_time_ns() - self.cpu_ns if same else -1
        self.open = False


class RequestUnit(Unit):
    """A request; `protocol` is `wsgi` or `asgi`, `status` 0 until a response is there."""

    __slots__ = ("hops", "method", "payload", "protocol", "responded_ns", "status", "view")
    kind = "request"

    def __init__(self, protocol: str, method: str) -> None:
        super().__init__()
        self.protocol = protocol
        self.method = method
        self.view = ""
        self.status = 0
        self.responded_ns = 0
        # Made at the first one.
        self.hops: Hops | None = None
        self.payload: Payload | None = None
        if protocol == "asgi":
            self.cpu_ns = -1


class TaskUnit(Unit):
    """A run of a Celery task; `state` is Celery's, empty until it ended."""

    __slots__ = ("queue", "retries", "state", "task_id", "wait_us", "worker")
    kind = "task"

    def __init__(self, name: str, task_id: str) -> None:
        super().__init__(name)
        self.task_id = task_id
        self.state = ""
        self.retries = 0
        self.worker = ""
        self.queue = ""
        self.wait_us = -1


class CommandUnit(Unit):
    """A management command, by its name."""

    __slots__ = ()
    kind = "command"


class AmbientUnit(Unit):
    """What one thread does outside of all others, from its first query to a pause."""

    __slots__ = ("last_ns", "told")
    kind = "thread"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.cpu_ns = -1
        self.last_ns = self.began_ns
        # Queries that the latest revision counted: without new ones there is nothing to tell.
        self.told = 0


CURRENT: ContextVar[Unit | None] = ContextVar("djscope_unit", default=None)
# Work that was under way when the probe armed has no context of ours: thread → unit.
adopted: dict[int, Unit] = {}


def current() -> Unit | None:
    """The unit that the calling code works for."""
    unit = CURRENT.get()
    if adopted and (unit is None or not unit.open):
        # A unit of an earlier arm may still stand in the context of work that was adopted since.
        unit = adopted.get(get_ident())
    return unit if unit is not None and unit.open else None


def nowhere() -> Unit | None:
    """Nobody watches: work outside of units is not booked."""
    return None


def working() -> Unit | None:
    """The unit to book on: the current one, else the calling thread's ambient one."""
    unit = CURRENT.get()
    if unit is not None and unit.open:
        return unit
    if adopted:
        # Also where a unit that an earlier arm left out stands in the context.
        mine = adopted.get(get_ident())
        if mine is not None and (mine.open or mine.skipped):
            return mine if mine.open else None
    if unit is not None and unit.skipped:
        return None
    return _outside()


def book_outside(find: Callable[[], Unit | None]) -> None:
    """From now on `find` says what work outside of any unit is booked on."""
    global _outside
    _outside = find


_outside: Callable[[], Unit | None] = nowhere


def enter(unit: Unit) -> None:
    """Make `unit` the current one of this context, and of contexts copied from it."""
    unit.outer = current()
    CURRENT.set(unit)


def leave(unit: Unit) -> None:
    """`unit` is over in this context and thread."""
    if CURRENT.get() is unit:
        CURRENT.set(unit.outer)
    unit.outer = None
    if adopted.get(unit.thread) is unit:
        del adopted[unit.thread]
