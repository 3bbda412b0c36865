"""The demo shop inside the test process: real Django, real SQLite, and probes that are armed."""

from __future__ import annotations

import _thread
import gc
import json
from collections.abc import Iterator

import pytest

from djscope_probes.arming import Armament
from djscope_probes.definitions import Definitions
from djscope_probes.records import unit_state
from djscope_probes.units import RequestUnit, Unit
from djscope_probes.wire import Group


@pytest.fixture
def armament(shop: None) -> Iterator[Armament]:
    """Armed with all instruments; off and clean afterwards, with no failure swallowed."""
    armament = Armament()
    armament.arm()
    yield armament
    armament.disarm()
    failures = [
        (instrument.guard.name, instrument.guard.last)
        for instrument in armament._instruments
        if instrument.guard.failures
    ]
    assert failures == []


@pytest.fixture
def unit(armament: Armament) -> Iterator[Unit]:
    """A request under way in this thread."""
    unit = RequestUnit("wsgi", "GET")
    armament.ledger.begin(unit)
    yield unit
    armament.ledger.end(unit)


@pytest.fixture
def collected() -> Iterator[None]:
    """A thread in which asgiref ran a loop ends when its executor is collected."""
    before = _thread._count()
    yield
    if _thread._count() > before:
        gc.collect()


class Seen:
    """What a viewer would be told of a unit, with ids resolved."""

    def __init__(self, unit: Unit) -> None:
        self.defs = Definitions()
        self.unit = unit_state(unit, self.defs, "")

    def groups(self) -> list[tuple[int, str, str, int, int]]:
        """(queries, access, path, peak, parents) of each group, most queries first."""
        return [
            (group.n, group.access, self.path(group), group.peak, group.parents)
            for group in self.unit.groups
        ]

    def path(self, group: Group) -> str:
        text = self.defs.unsent.get(group.relation_id)
        return json.loads(text)[2] if text else ""

    def relation(self, group: Group) -> list[str]:
        found: list[str] = json.loads(self.defs.unsent[group.relation_id])
        return found
