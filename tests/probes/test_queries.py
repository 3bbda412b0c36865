"""Queries of a unit: counted, timed, grouped; the host notices nothing."""

from __future__ import annotations

import gc
import json
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from djscope_probes.ambient import PAUSE_NS
from djscope_probes.arming import Armament
from djscope_probes.guard import LIMIT
from djscope_probes.records import record, unit_state
from djscope_probes.units import AmbientUnit, RequestUnit, TaskUnit, Unit
from djscope_probes.wire import FRAME_BYTES, GROUPS_PER_UNIT, OPERATIONS_PER_UNIT, Group
from tests.probes.conftest import Seen


def test_equal_queries_of_one_line_are_one_group(unit: Unit) -> None:
    """With their number, rows and distinct parameters."""
    from shop.models import Book

    isbns = list(Book.objects.order_by("pk").values_list("isbn", flat=True)[:3])
    for isbn in (*isbns, *isbns):
        Book.objects.get(isbn=isbn)
    group = Seen(unit).unit.groups[0]

    assert (group.n, group.access, group.params, group.rows) == (6, "get", 3, 6)
    assert sum(count for _, count in group.hist) == 6
    assert group.total_us >= group.max_us > 0


def test_the_site_is_the_application_line(unit: Unit) -> None:
    """And the stack begins in the library and leads to it."""
    from shop.models import Book

    Book.objects.count()
    seen = Seen(unit)
    (group,) = seen.unit.groups
    file, _, function, app, *_ = json.loads(seen.defs.unsent[group.site_id])

    assert file == __file__
    assert function == "test_the_site_is_the_application_line"
    assert app is True
    assert group.access == "count"


def test_two_lines_are_two_groups(unit: Unit) -> None:
    """The same SQL from another line is another matter."""
    from shop.models import Book

    Book.objects.count()
    Book.objects.count()

    assert len(Seen(unit).unit.groups) == 2


def test_a_list_of_any_length_is_one_group(unit: Unit) -> None:
    """Django writes a text per length; the reader sees one query."""
    from shop.models import Book

    for n in (2, 3, 4):
        list(Book.objects.filter(pk__in=list(range(n))))

    assert [group.n for group in Seen(unit).unit.groups] == [3]


def test_an_exception_of_the_database_passes_unchanged(unit: Unit) -> None:
    """And the query that failed is counted."""
    from django.db import OperationalError, connection

    with connection.cursor() as cursor, pytest.raises(OperationalError, match="no such table"):
        cursor.execute("SELECT * FROM nowhere")

    assert unit.queries == 1


def test_without_a_unit_queries_are_the_threads_own(armament: Armament) -> None:
    """Named by the function that the thread runs, ended by a pause."""
    from shop.models import Book

    assert Book.objects.count() > 0
    (unit,) = armament.ledger.running.values()
    assert isinstance(unit, AmbientUnit)
    assert unit.queries == 1
    assert unit.name.startswith("probes/test_queries.py test_without_a_unit")

    ambient = armament._ambient
    assert ambient is not None
    ambient.sweep(unit.last_ns + PAUSE_NS)
    assert unit.open
    ambient.sweep(unit.last_ns + PAUSE_NS + 1)
    assert not unit.open
    Book.objects.count()
    assert len(armament.ledger.running) == 1


def test_a_thread_that_is_gone_has_ended(armament: Armament) -> None:
    """Whatever happens to its identifier."""
    from shop.models import Book

    with ThreadPoolExecutor(1) as pool:
        pool.submit(Book.objects.count).result()
        pool.submit(connections.close_all).result()
    (unit,) = armament.ledger.running.values()
    armament.collect(0)

    assert not unit.open
    assert armament.ledger.running == {}


def test_a_thread_with_the_identifier_of_one_that_is_gone_has_its_own_unit(
    armament: Armament,
) -> None:
    """The system gives it to the next thread, long before a sweep."""
    from shop.models import Author, Book

    found: dict[int, set[str]] = {}

    def count_books() -> None:
        Book.objects.count()
        connections.close_all()
        found.setdefault(threading.get_ident(), set()).add("count_books")

    def count_authors() -> None:
        Author.objects.count()
        connections.close_all()
        found.setdefault(threading.get_ident(), set()).add("count_authors")

    for _ in range(10):
        for work in (count_books, count_authors):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
    units = list(armament.ledger.running.values())
    armament.collect(0)

    assert any(len(names) == 2 for names in found.values())  # or else nothing is shown here
    assert [unit.name.split()[1] for unit in units] == ["count_books", "count_authors"] * 10
    assert {unit.queries for unit in units} == {1}
    assert armament.ledger.running == {}


def test_a_unit_that_the_governor_leaves_out_costs_nothing(armament: Armament) -> None:
    """Neither is it booked on, nor is its thread in its place."""
    from shop.models import Book

    armament.ledger.one_in = 2
    units = [RequestUnit("wsgi", "GET") for _ in range(4)]
    for unit in units:
        armament.ledger.begin(unit)
        Book.objects.count()
        armament.ledger.end(unit)

    assert sorted(unit.queries for unit in units) == [0, 0, 1, 1]
    assert len(armament.ledger.ended) == 2
    assert armament.ledger.running == {}


def test_deep_tells_callers_of_one_line_apart(armament: Armament) -> None:
    """In a unit that somebody wants to see deeply each stack is a group of its own."""
    from shop.models import Book

    def helper() -> int:
        return Book.objects.count()

    def groups(unit: Unit) -> list[Group]:
        armament.ledger.begin(unit)
        helper()
        helper()
        armament.ledger.end(unit)
        return unit_state(unit, armament.defs, "").groups

    armament.deepen([("task", "shop.count")], "web/1@1")
    assert len(groups(TaskUnit("shop.other", "1"))) == 1
    assert len(groups(TaskUnit("shop.count", "2"))) == 2
    armament.deepen([("process", "web/1@1")], "web/1@1")
    assert armament.level == "deep"
    assert len(groups(TaskUnit("shop.other", "3"))) == 2
    armament.deepen([], "web/1@1")
    assert armament.level == "watch"
    assert len(groups(TaskUnit("shop.count", "4"))) == 1


def test_threads_book_on_their_own_units(armament: Armament) -> None:
    """No unit sees another one's queries."""
    from django.db import connections

    from shop.models import Book

    counts: dict[int, int] = {}

    def work(n: int) -> None:
        unit = RequestUnit("wsgi", "GET")
        armament.ledger.begin(unit)
        for _ in range(n):
            Book.objects.count()
        armament.ledger.end(unit)
        counts[n] = unit.queries
        connections.close_all()

    threads = [threading.Thread(target=work, args=(n,)) for n in (3, 7, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts == {3: 3, 7: 7, 11: 11}


def test_a_record_is_bounded(armament: Armament, unit: Unit) -> None:
    """Many different queries: the most frequent are told, the rest is summed."""
    from django.db import connection

    with connection.cursor() as cursor:
        for n in range(GROUPS_PER_UNIT * 3):
            columns = ", ".join(f"1 AS a{n}_{i}" for i in range(3))
            cursor.execute(f"SELECT {columns}")
    state = Seen(unit).unit

    assert len(state.groups) == GROUPS_PER_UNIT
    assert state.other is not None
    assert sum(group.n for group in state.groups) + state.other.n == GROUPS_PER_UNIT * 3
    assert len(state.operations) <= OPERATIONS_PER_UNIT
    event = record(unit, armament.defs)
    assert event is not None
    assert len(event) < FRAME_BYTES


def test_no_instance_is_kept_alive(armament: Armament, unit: Unit) -> None:
    """Tags and groups hold numbers and names."""
    from shop.models import Book

    book = Book.objects.order_by("pk").first()
    assert book is not None
    assert book.author.name
    alive = weakref.ref(book)
    del book
    gc.collect()

    assert alive() is None


def test_an_instrument_that_keeps_failing_is_taken_out(shop: None) -> None:
    """The host's queries work all the while, and the viewer reads which instrument went off."""
    from django.db.backends.utils import CursorWrapper

    from shop.models import Book

    original = CursorWrapper.__dict__["_execute_with_wrappers"]
    armament = Armament()
    armament.arm()
    queries = next(each for each in armament._instruments if each.guard.name == "queries")
    queries._sites = None  # type: ignore[attr-defined]
    unit = RequestUnit("wsgi", "GET")
    armament.ledger.begin(unit)
    try:
        for _ in range(LIMIT):
            assert Book.objects.count() > 0
        events = armament.collect(0)

        assert CursorWrapper.__dict__["_execute_with_wrappers"] is original
        report = json.loads(next(event for event in events if event.startswith('["probe"')))
        assert report[6][0].startswith("queries: AttributeError")
    finally:
        armament.ledger.end(unit)
        armament.disarm()
