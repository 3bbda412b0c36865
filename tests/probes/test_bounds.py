"""However much a host does, what the probe remembers is bounded, and what it leaves out counted."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import psutil
import pytest
from django.db import connection, models

from djscope_probes import groups, stacks
from djscope_probes.arming import Armament
from djscope_probes.definitions import Definitions
from djscope_probes.groups import MAX_PARAMS, MAX_STEPS
from djscope_probes.instruments import callers, sites
from djscope_probes.ledger import CAPACITY, RUNNING
from djscope_probes.records import record
from djscope_probes.units import MAX_EVALUATIONS, MAX_GROUPS, RequestUnit, Unit
from djscope_probes.wire import DEFS_CAP, FRAME_BYTES, GROUPS_PER_UNIT
from tests.probes.conftest import Seen

MANY = 100_000
TEXTS = 20_000
CHAIN = 2_000
# An upper bound: each of these scenes adds less than ten.
MEGABYTES = 40


@pytest.fixture
def grown(armament: Armament) -> Iterator[Armament]:
    """The process is not much larger afterwards; `pytest -s` prints by how much."""
    process = psutil.Process()
    gc.collect()
    before = process.memory_info().rss
    yield armament
    gc.collect()
    after = process.memory_info().rss
    print(f"\nRSS {before / 1e6:.1f} MB before, {after / 1e6:.1f} MB after")
    assert after - before < MEGABYTES * 1e6


def begun(armament: Armament) -> Unit:
    unit = RequestUnit("wsgi", "GET")
    armament.ledger.begin(unit)
    return unit


def test_units_that_end_between_two_flushes(grown: Armament) -> None:
    """So many are kept, the others are counted."""
    for _ in range(CAPACITY + 500):
        grown.ledger.end(begun(grown))

    assert (len(grown.ledger.ended), grown.ledger.dropped) == (CAPACITY, 500)
    assert grown.ledger.running == {}


def test_units_that_never_end(grown: Armament) -> None:
    """A server that closes no response: so many are under way, the others are counted, and take
    no query of anybody.
    """
    for _ in range(RUNNING):
        grown.ledger.adopt(RequestUnit("wsgi", "GET"))
    one_more = begun(grown)

    assert (len(grown.ledger.running), grown.ledger.dropped) == (RUNNING, 1)
    assert not one_more.open
    grown.ledger.clear()


def test_a_unit_with_very_many_queries(grown: Armament) -> None:
    """One group, of which all is counted and little is kept."""
    unit = begun(grown)
    with connection.cursor() as cursor:
        for number in range(MANY):
            cursor.execute("SELECT %s", [number])
    [group] = Seen(unit).unit.groups
    grown.ledger.end(unit)

    assert (unit.queries, group.n, group.params) == (MANY, MANY, MAX_PARAMS)


def test_very_many_texts(grown: Armament) -> None:
    """Of one unit the first groups are told apart, the others summed in one; sites forget."""
    unit = begun(grown)
    with connection.cursor() as cursor:
        for number in range(TEXTS):
            cursor.execute(f"SELECT 1 AS c{number}")
    seen = Seen(unit).unit
    grown.ledger.end(unit)
    queries = next(each for each in grown._instruments if each.guard.name == "queries")

    assert len(unit.groups) == MAX_GROUPS
    assert len(seen.groups) == GROUPS_PER_UNIT
    assert seen.other is not None
    assert seen.other.n + sum(group.n for group in seen.groups) == TEXTS
    assert len(queries._sites._seen) <= sites.MAX_TEXTS  # type: ignore[attr-defined]
    assert len(queries._sites._kept) <= sites.MAX_CODES + 2  # type: ignore[attr-defined]
    assert len(record(unit, Definitions()) or "") < FRAME_BYTES


def test_very_many_querysets(grown: Armament) -> None:
    """Beyond so many, rows have no known origin; their queries count as before."""
    from shop.models import Country

    unit = begun(grown)
    for _ in range(MAX_EVALUATIONS + 100):
        Country.objects.filter(code="NL").first()
    grown.ledger.end(unit)

    assert len(unit.evaluations) == MAX_EVALUATIONS
    assert unit.queries == MAX_EVALUATIONS + 100


@pytest.fixture
def link(shop: None) -> Iterator[Any]:
    """A model whose rows are a chain."""

    class Link(models.Model):
        before = models.ForeignKey("self", models.CASCADE, null=True)

        class Meta:
            app_label = "shop"

    with connection.schema_editor() as editor:
        editor.create_model(Link)
    numbers = range(1, CHAIN + 1)
    Link.objects.bulk_create([Link(pk=n, before_id=n - 1 if n > 1 else None) for n in numbers])
    yield Link
    with connection.schema_editor() as editor:
        editor.delete_model(Link)


def test_a_chain_of_rows(link: Any, grown: Armament) -> None:
    """Each step is a longer path; from some length on they are one."""
    unit = begun(grown)
    here, steps = link.objects.get(pk=CHAIN), 0
    while here is not None:
        here, steps = here.before, steps + 1
    seen = Seen(unit)
    grown.ledger.end(unit)

    assert (steps, unit.queries) == (CHAIN, CHAIN)
    paths = [path for _, _, path, *_ in seen.groups() if path]
    assert len(paths) == len(set(paths)) == MAX_STEPS
    assert max(path.count("before") for path in paths) == groups.MAX_STEPS
    assert sum(group[0] for group in seen.groups()) == CHAIN


def compiled(number: int) -> FunctionType:
    """A function of code of its own, as a rule engine makes them."""
    scope: dict[str, FunctionType] = {}
    source = "def rule(cursor):\n    cursor.execute('SELECT 1')\n"
    exec(compile(source, f"/srv/rules/{number}.py", "exec"), scope)
    return scope["rule"]


def test_code_that_is_compiled_all_the_time(
    grown: Armament, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is known of code objects is forgotten from time to time, and them with it."""
    monkeypatch.setattr(stacks, "MAX_CODES", 500)
    unit = begun(grown)
    with connection.cursor() as cursor:
        for number in range(2_000):
            compiled(number)(cursor)
    grown.ledger.end(unit)

    assert len(stacks._app) <= 500
    assert unit.queries == 2_000


def test_definitions_that_nobody_takes() -> None:
    """Redis is slow, or its hash is full: so many wait, and so many are remembered as sent."""
    defs = Definitions()
    for number in range(DEFS_CAP + 500):
        defs.name(f"route {number}")
    assert len(defs.unsent) == DEFS_CAP

    defs.confirmed(list(defs.unsent))
    late = defs.name("route of its own")
    assert late in defs.unsent
    defs.confirmed([late])

    assert len(defs._sent) == DEFS_CAP
    assert defs.unsent == {}


def test_awaiting_lines(grown: Armament) -> None:
    """Of coroutines, as of code."""
    known = callers.Callers()
    for number in range(callers.MAX_CALLERS + 10):
        scope: dict[str, Any] = {}
        source = f"import sys\n{chr(10) * number}def here():\n    return sys._getframe()\n"
        exec(compile(source, "/srv/app.py", "exec"), scope)
        assert known.find(scope["here"](), None) is not None

    assert len(known._known) <= callers.MAX_CALLERS
