"""A probe without Redis: what code does within a block, told to whoever holds the recording.

Instruments are in for as long as any recording runs in this process.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from djscope_probes.arming import Armament
from djscope_probes.calls import Calls, Lines, Role
from djscope_probes.instruments.testclient import TestClientInstrument
from djscope_probes.probe import this_process
from djscope_probes.records import record
from djscope_probes.settings import Rules
from djscope_probes.units import MAX_GROUPS, CommandUnit, Unit, book_outside, enter, nowhere
from djscope_probes.wire import Process

_armament: Armament | None = None
_client = TestClientInstrument()
_running = 0


class Told(NamedTuple):
    """Events as JSON, and the definitions that they use, by id.

    `calls`: of each event the places in test code, innermost first, that led to it; empty where
    nobody asked.
    """

    process: Process
    events: list[str]
    definitions: dict[str, str]
    calls: Sequence[Lines] = ()


class Recording:
    """`begin` and `end` belong to one thread and context; recordings may nest: what ended in the
    inner one is the outer one's, too.
    """

    def __init__(self, name: str) -> None:
        self._unit = CommandUnit(name)
        self._process = recorder()
        self._told: set[str] = set()

    def begin(self) -> None:
        ledger = armed().ledger
        # Not `begin`: for a `CallRecording` around it the block is no work of its own.
        ledger.adopt(self._unit)
        enter(self._unit)

    def told(self) -> Told:
        """What was recorded so far; units that ended are told once."""
        armament = _armament
        assert armament is not None
        return tell(armament, self._process, [*self._ended(armament), self._unit])

    def end(self) -> Told:
        """The rest; the originals are back when the last recording ends."""
        armament = _armament
        assert armament is not None
        # A response that nobody read to its end is over now; the block's unit is the last.
        for unit in reversed(list(armament.ledger.running.values())):
            if self._has(unit):
                armament.ledger.end(unit)
        try:
            return self.told()
        finally:
            release(armament)

    def _ended(self, armament: Armament) -> list[Unit]:
        """Tasks and requests in the block have units of their own, and so have inner blocks."""
        ended, own = armament.ledger.ended, self._unit
        found = [u for u in ended if self._has(u) and u.id not in self._told]
        if _running > 1:
            self._told.update(unit.id for unit in found)
            return [unit for unit in found if unit is not own]
        for unit in found:
            ended.remove(unit)
        return [unit for unit in found if unit is not own]

    def _has(self, unit: Unit) -> bool:
        return unit.thread == self._unit.thread and unit.began_ns >= self._unit.began_ns


class CallRecording:
    """What a test's calls do: each call of its into the application is a unit, and so are requests
    of the test client, tasks and commands.

    Books what happens outside of units, so that async tests count, whose context is another one.
    """

    def __init__(self, role: Role) -> None:
        self._calls = Calls(role)
        self._process = recorder()

    def begin(self) -> None:
        armament = armed()
        self._calls.begin(armament.ledger)
        book_outside(self._calls.unit)

    def take(self) -> Told:
        """What was recorded since it began, or was taken last."""
        assert _armament is not None
        units = self._calls.take()
        return tell(_armament, self._process, units, self._lines(units))

    def end(self) -> Told:
        """The same, and the originals are back when the last recording ends."""
        armament = _armament
        assert armament is not None
        book_outside(nowhere)
        units: list[Unit] = []
        try:
            units = self._calls.end()
        except Exception:
            self._calls.guard.failed()
        try:
            return tell(armament, self._process, units, self._lines(units))
        finally:
            release(armament)

    def _lines(self, units: list[Unit]) -> list[Lines]:
        return [self._calls.lines[unit.id] for unit in units]


def recorder() -> Process:
    """This process as one that is recorded; asked for once, its second is part of its name."""
    process = this_process("capture", Rules("watch", ()))
    return process._replace(pid=os.getpid(), kind="capture")


def armed() -> Armament:
    """The process's armament, with the instruments in."""
    global _armament, _running
    if _armament is None:
        _armament = Armament()
    if _running == 0:
        _armament.arm()
        _client.arm(_armament.ledger)
    # Django's test client may have been imported since.
    _client.reach()
    _running += 1
    return _armament


def release(armament: Armament) -> None:
    """One recording less."""
    global _running
    _running -= 1
    if _running:
        return
    try:
        _client.patches.restore()
    except Exception:
        _client.guard.failed()
    armament.disarm()


def tell(
    armament: Armament, process: Process, units: list[Unit], calls: Sequence[Lines] = ()
) -> Told:
    """Not for the wire: of however many kinds a unit's queries are, none is left out."""
    events = [record(unit, armament.defs, most=MAX_GROUPS) for unit in units]
    return Told(process, events, dict(armament.defs.unsent), calls)
