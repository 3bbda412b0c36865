"""A probe without Redis: what code does within a block, told to whoever holds the recording.

Instruments are in for as long as any recording runs in this process.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from djscope_probes.arming import Armament
from djscope_probes.probe import this_process
from djscope_probes.records import record
from djscope_probes.settings import Rules
from djscope_probes.units import MAX_GROUPS, CommandUnit
from djscope_probes.wire import Process

_armament: Armament | None = None
_running = 0


class Told(NamedTuple):
    """Events as JSON, and the definitions that they use, by id."""

    process: Process
    events: list[str]
    definitions: dict[str, str]


class Recording:
    """`begin` and `end` belong to one thread and context; recordings may nest."""

    def __init__(self, name: str) -> None:
        self._unit = CommandUnit(name)
        self._process: Process | None = None

    def begin(self) -> None:
        global _armament, _running
        if _armament is None:
            _armament = Armament()
        # Once: its second is part of its name.
        process = this_process("capture", Rules("watch", ()))
        self._process = process._replace(pid=os.getpid(), kind="capture")
        if _running == 0:
            _armament.arm()
        _running += 1
        _armament.ledger.begin(self._unit)

    def told(self) -> Told:
        """What was recorded so far."""
        armament, process = _armament, self._process
        assert armament is not None
        assert process is not None
        # Not for the wire: of however many kinds its queries are, none is left out.
        event = record(self._unit, armament.defs, most=MAX_GROUPS)
        return Told(process, [event], dict(armament.defs.unsent))

    def end(self) -> Told:
        """All of it; the originals are back when the last recording ends."""
        global _running
        armament = _armament
        assert armament is not None
        armament.ledger.end(self._unit)
        armament.ledger.ended.clear()
        try:
            return self.told()
        finally:
            _running -= 1
            if _running == 0:
                armament.disarm()
