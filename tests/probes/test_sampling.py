"""One unit in ten: what the governor's first step leaves out, of all kinds of work."""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Iterator

import pytest

from djscope_probes import ambient, units
from djscope_probes.ambient import SHORT_NS
from djscope_probes.arming import Armament
from djscope_probes.clock import now_ns
from djscope_probes.governor import SAMPLED
from djscope_probes.ledger import LOUD
from djscope_probes.units import AmbientUnit, CommandUnit, RequestUnit, Unit, adopted

STEP_NS = SHORT_NS // 10


@pytest.fixture
def lent() -> Iterator[None]:
    """Nothing stays behind of what a test says is adopted."""
    yield
    adopted.clear()


def ask(times: int) -> None:
    from shop.models import Book

    for _ in range(times):
        Book.objects.count()


def test_a_thread_that_never_pauses_is_recorded_in_short_pieces(
    armament: Armament, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its work has no units of its own, and is what costs, say in a loop of a script."""
    moment = [now_ns()]
    for module in (ambient, units):
        monkeypatch.setattr(module, "now_ns", lambda: moment[0])
    found: list[Unit] = []
    ask(1)
    (before,) = armament.ledger.running.values()

    armament.ledger.thin(SAMPLED)
    assert armament._ambient is not None
    for turn in range(20 + 10 * 3 * SAMPLED):  # three times ten pieces, of ten queries each
        moment[0] += STEP_NS
        if turn % 20 == 0:
            armament._ambient.sweep(moment[0])
        ask(1)
        found += [unit for unit in armament.ledger.running.values() if unit not in found]

    assert not before.open
    assert {type(unit) for unit in found} == {AmbientUnit}
    assert sum(unit.queries for unit in found if unit is not before) == 30


def test_what_is_under_way_and_costs_is_left_out(armament: Armament) -> None:
    """It is told so far, and nothing is booked on it any more, nor in its place."""
    unit = CommandUnit("import")
    armament.ledger.begin(unit)
    ask(LOUD + 1)
    armament.ledger.thin(SAMPLED)
    ask(5)

    assert (unit.open, unit.vanished, unit.queries) == (False, True, LOUD + 1)
    assert list(armament.ledger.ended) == [unit]
    assert armament.ledger.running == {}

    armament.ledger.end(unit)
    armament.ledger.one_in = 1
    ask(1)
    assert len(armament.ledger.running) == 1  # the thread's own again
    assert list(armament.ledger.ended) == [unit]


@pytest.mark.usefixtures("lent")
def test_what_was_adopted_is_left_out_as_well(armament: Armament) -> None:
    """And looked at again by the next viewer."""
    unit = CommandUnit("import")
    armament.ledger.adopt(unit)
    adopted[get_ident()] = unit
    ask(LOUD + 1)
    armament.ledger.thin(SAMPLED)
    ask(5)

    assert (unit.open, unit.queries) == (False, LOUD + 1)
    assert armament.ledger.running == {}

    armament.ledger.one_in = 1
    again = adopted[get_ident()] = CommandUnit("import")
    armament.ledger.adopt(again)
    ask(5)
    assert again.queries == 5


def test_what_hangs_stays(armament: Armament) -> None:
    """It costs nothing, and may be what one looks for."""
    unit = RequestUnit("wsgi", "GET")
    armament.ledger.begin(unit)
    ask(LOUD)
    armament.ledger.thin(SAMPLED)

    assert unit.open
    armament.ledger.end(unit)


def test_one_in_ten_of_those_that_cost_goes_on(armament: Armament) -> None:
    """Otherwise nothing would be seen of long work at all."""
    under_way = [CommandUnit("import") for _ in range(SAMPLED)]
    for unit in under_way:
        armament.ledger.begin(unit)
        ask(LOUD + 1)
    armament.ledger.thin(SAMPLED)

    assert [unit.open for unit in under_way].count(True) == 1
    for unit in reversed(under_way):
        armament.ledger.end(unit)
