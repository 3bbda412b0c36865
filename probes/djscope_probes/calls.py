"""Which call of a test is at work: a query's unit is found from the lines of test code beneath.

A test that calls an application function from three lines makes three units, so that what it
repeats itself is not held against the application. What the test does by itself, and what serves to
arrange it, has a unit that nobody is told of: its rows still have to be known.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from collections.abc import Callable
from itertools import islice
from types import CodeType, FrameType
from typing import NamedTuple

from djscope_probes.groups import Evaluation
from djscope_probes.guard import Guard
from djscope_probes.instruments.callers import Caller, caller
from djscope_probes.ledger import Ledger
from djscope_probes.stacks import is_app
from djscope_probes.units import MAX_EVALUATIONS, Unit

# (file, function) → "test", "arranging" (set-up, factories), "repeating" (what calls a test's
# functions again and again), or "" for everything else.
Role = Callable[[str, str], str]
MAX_CALLS = 1_000
_STEPS = ("test", "repeating")
# (file, line, column) of the expression under way; column -1 where it is not known (Python 3.10).
Lines = list[tuple[str, int, int]]
# A frame's code and its instruction; of a coroutine that is awaited elsewhere its file and line.
Step = tuple[CodeType, int] | tuple[str, int]


class Way(NamedTuple):
    """The way from a test to where we are: `steps` through test code, innermost first.

    `own`: the innermost application line is the test's. `arranging`: it leads through set-up.
    """

    steps: list[Step]
    own: bool
    arranging: bool

    @property
    def lines(self) -> Lines:
        return [place_of(*step) for step in self.steps]


def place_of(code: CodeType | str, at: int) -> tuple[str, int, int]:
    """Where an instruction (or a line) stands in its file."""
    if isinstance(code, str):
        return code, at, -1
    if not hasattr(code, "co_positions"):
        return code.co_filename, code.co_firstlineno, -1
    line, _, column, _ = next(islice(code.co_positions(), at // 2, None))
    return code.co_filename, line or code.co_firstlineno, -1 if column is None else column


class CallUnit(Unit):
    """One call from a test's line into the application."""

    __slots__ = ()
    kind = "call"


class Rows(dict[int, Evaluation]):
    """Evaluations of one call; those of rows that the test loaded itself are known, too."""

    def __init__(self, test: dict[int, Evaluation]) -> None:
        super().__init__()
        self._test = test

    def get(self, tag: int, default: Evaluation | None = None) -> Evaluation | None:  # type: ignore[override]
        return super().get(tag) or self._test.get(tag, default)

    def __contains__(self, tag: object) -> bool:
        return super().__contains__(tag) or tag in self._test


class Calls:
    """Of one test. Queries of threads that the test did not start, or did without saying so, are
    nobody's.
    """

    def __init__(self, role: Role) -> None:
        self.lines: dict[str, Lines] = {}
        self.guard = Guard("calls")
        self._role = role
        self._roles: dict[int, tuple[CodeType, str]] = {}
        self._aside = CallUnit("direct call")
        self._units: dict[tuple[tuple[int | str, int], ...], CallUnit] = {}
        self._thread = get_ident()
        self._ledger = Ledger()
        self._begin = self._ledger.begin

    def begin(self, ledger: Ledger) -> None:
        """From now on units of `ledger` are this test's."""
        self._ledger, self._begin = ledger, ledger.begin
        ledger.begin = self._begun  # type: ignore[method-assign]

    def take(self) -> list[Unit]:
        """The units so far that count, each with queries; calls under way go on as others."""
        ledger = self._ledger
        for call in self._units.values():
            ledger.end(call)
        self._units.clear()
        units = [unit for unit in ledger.ended if unit.id in self.lines]
        for unit in units:
            ledger.ended.remove(unit)
        return [unit for unit in units if unit.groups]

    def end(self) -> list[Unit]:
        """The same at the test's end: what streams on, say, is over now."""
        ledger = self._ledger
        ledger.begin = self._begin  # type: ignore[method-assign]
        for unit in list(ledger.running.values()):
            if unit.id in self.lines:
                ledger.end(unit)
        return self.take()

    def unit(self) -> Unit | None:
        """The unit to book on, where there is no request, task or command."""
        try:
            return self._unit(sys._getframe(1))
        except Exception:
            self.guard.failed()
            return None

    def _unit(self, frame: FrameType) -> Unit | None:
        way = self.way(frame)
        if not way.steps and get_ident() != self._thread:
            return None
        if way.own or way.arranging or not way.steps:
            return self._aside
        # A test's code outlives the test: its id stands for it.
        key = tuple(
            (id(code), at) if isinstance(code, CodeType) else (code, at) for code, at in way.steps
        )
        unit = self._units.get(key)
        if unit is None:
            if len(self._units) >= MAX_CALLS:
                return self._aside
            unit = self._units[key] = CallUnit("direct call")
            unit.evaluations = Rows(self._aside.evaluations)
            self._ledger.adopt(unit)
            self.lines[unit.id] = way.lines
        return unit

    def _begun(self, unit: Unit) -> None:
        """A request, task or command begins."""
        self._begin(unit)
        way = self.way(sys._getframe(1))
        if not way.arranging and unit.id:
            self.lines[unit.id] = way.lines

    def way(self, frame: FrameType | None) -> Way:
        """By the stack; by the awaiting coroutine's where an executor thread has no line."""
        steps: list[Step] = []
        own = arranging = found = False
        while frame is not None:
            code = frame.f_code
            role = self._role_of(code)
            arranging = arranging or role == "arranging"
            if not found and is_app(code):
                found, own = True, role == "test"
            if role in _STEPS:
                steps.append((code, frame.f_lasti))
            frame = frame.f_back
        awaiting = caller()
        return Way(steps, own, arranging) if found or awaiting is None else self._awaited(awaiting)

    def _awaited(self, awaiting: Caller) -> Way:
        roles = [(each, self._role(each.file, each.function)) for each in awaiting.stack]
        own = next((role == "test" for each, role in roles if each.app), False)
        steps: list[Step] = [(each.file, each.line) for each, role in roles if role in _STEPS]
        return Way(steps, own, any(role == "arranging" for _, role in roles))

    def _role_of(self, code: CodeType) -> str:
        known = self._roles.get(id(code))
        if known is None:
            if len(self._roles) >= MAX_EVALUATIONS:
                self._roles.clear()
            name = getattr(code, "co_qualname", code.co_name)
            known = self._roles[id(code)] = (code, self._role(code.co_filename, name))
        return known[1]
