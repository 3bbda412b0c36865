"""Every kind of relation, as code goes through it: the path, the kind, and how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from djscope_probes.arming import Armament
from djscope_probes.units import RequestUnit
from tests.probes.conftest import Seen
from tests.probes.library.cases import CASES, HEALTHY, ROWS


def seen(armament: Armament, code: Callable[[], object]) -> Seen:
    """What a unit tells in which `code` ran."""
    unit = RequestUnit("wsgi", "GET")
    armament.ledger.begin(unit)
    code()
    armament.ledger.end(unit)
    return Seen(unit)


@pytest.mark.parametrize("case", CASES)
def test_a_relation_is_recognised(armament: Armament, library: Any, case: str) -> None:
    """From all four rows of one evaluation, by name, whatever the SQL looks like."""
    code, expected = CASES[case]
    told = seen(armament, lambda: code(library))
    lazy = [group for group in told.unit.groups if group.relation_id and group.n >= ROWS]

    assert len(lazy) == 1, told.groups()
    owner, name, path, kinds, *_ = told.relation(lazy[0])
    assert (f"{owner}.{name}", path, kinds, lazy[0].access, lazy[0].note) == expected
    assert (lazy[0].n, lazy[0].peak, lazy[0].parents) == (ROWS, ROWS, ROWS)
    assert lazy[0].origin_id


def test_a_manager_that_asks_for_more_leaves_a_deferred_field_its_query(
    armament: Armament, library: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a `get()` of the application's asks before it reloads the field is another matter."""
    from django.db.models import QuerySet

    class Curious(QuerySet):  # type: ignore[type-arg]
        def get(self, *args: Any, **kwargs: Any) -> Any:
            assert library.Tag.objects.get(name="t0").pk
            return super().get(*args, **kwargs)

    manager = Curious.as_manager()
    manager.model = library.Work
    monkeypatch.setattr(library.Work._meta, "base_manager", manager)
    told = seen(armament, lambda: [w.blurb for w in library.Work.objects.defer("blurb")])

    assert sorted(told.groups()) == [
        (1, "", "", 0, 0),
        (ROWS, "get", "", 0, 0),
        (ROWS, "get", "blurb", ROWS, ROWS),
    ]


@pytest.mark.parametrize("case", HEALTHY)
def test_healthy_code_repeats_nothing_from_one_evaluation(
    armament: Armament, library: Any, case: str
) -> None:
    """Batches are batches, and single rows are no origin."""
    told = seen(armament, lambda: HEALTHY[case](library))

    assert [group for group in told.groups() if group[3] > 1] == []


@pytest.mark.parametrize("case", [*CASES, *HEALTHY])
def test_results_are_as_without_the_probe(library: Any, shop: None, case: str) -> None:
    """The same objects in the same order, and as many queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    code = CASES[case][0] if case in CASES else HEALTHY[case]
    with CaptureQueriesContext(
        connection,
    ) as before:
        bare = code(library)
    armament = Armament()
    armament.arm()
    unit = RequestUnit("wsgi", "GET")
    armament.ledger.begin(unit)
    try:
        with CaptureQueriesContext(connection) as during:
            armed = code(library)
    finally:
        armament.ledger.end(unit)
        armament.disarm()

    assert repr(armed) == repr(bare)
    assert [q["sql"] for q in during.captured_queries] == [
        q["sql"] for q in before.captured_queries
    ]
    assert unit.queries == len(during)
