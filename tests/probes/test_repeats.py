"""The short way of a load that repeats the one before: nothing may be lost or mixed up on it."""

from __future__ import annotations

import copy
import threading

import pytest

from djscope_probes import groups
from djscope_probes.arming import Armament
from djscope_probes.definitions import Definitions
from djscope_probes.records import unit_state
from djscope_probes.units import RequestUnit, Unit
from tests.probes.conftest import Seen


def books() -> list:  # type: ignore[type-arg]
    """Rows without what they lead to: sixty, by the demo's seed."""
    from shop.models import Book

    return list(Book.objects.order_by("pk")[:60])


def test_all_is_counted_while_it_goes_on_and_after(unit: Unit) -> None:
    """Number, time, rows, histogram, distinct parameters and peak, however often one looks."""
    rows = books()
    for n, book in enumerate(rows, 1):
        assert book.author.name
        assert unit.queries == n + 1
        if n % 20 == 0:
            assert unit_state(unit, Definitions(), "").queries == n + 1
    lazy = Seen(unit).unit.groups[0]

    assert (lazy.n, lazy.rows, lazy.peak, lazy.parents) == (60, 60, 60, 60)
    assert sum(n for _, n in lazy.hist) == 60
    assert 0 < lazy.max_us <= lazy.total_us
    assert lazy.params == len({book.author_id for book in rows})


def test_lines_that_take_turns_are_told_apart(unit: Unit) -> None:
    """Two lines, one relation, the same SQL: the short way is for one line only."""
    for n, book in enumerate(books()):
        if n % 2:
            assert book.author.name
        else:
            assert book.author.pk
    seen = Seen(unit).groups()

    assert [group[0] for group in seen] == [30, 30, 1]
    assert {group[2] for group in seen[:2]} == {"author"}


def test_two_lists_at_one_line_are_two_evaluations(unit: Unit) -> None:
    """The peak is of one list, the number of both."""
    for _ in range(2):
        for book in books():
            assert book.author.name
    lazy = Seen(unit).unit.groups[0]

    assert (lazy.n, lazy.peak, lazy.parents) == (120, 60, 60)


def test_more_than_there_is_room_for_is_counted_too(
    unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two records only so many times are noted; the rest goes the long way."""
    monkeypatch.setattr(groups, "ROOM", 10)
    for book in books():
        assert book.author.name
    (repeat,) = unit.repeats
    lazy = Seen(unit).unit.groups[0]

    assert repeat.room == 10
    assert (lazy.n, lazy.peak, sum(n for _, n in lazy.hist)) == (60, 60, 60)


def test_a_load_that_fails_is_counted_and_raises(unit: Unit) -> None:
    """As without the probe: the row it should find is not there."""
    from shop.models import Author

    rows = books()
    assert [book.author.name for book in rows[:3]]
    rows[3].author_id = 99_999
    with pytest.raises(Author.DoesNotExist):
        _ = rows[3].author
    assert rows[4].author.name

    assert unit.queries == 6


def test_another_text_goes_the_long_way(unit: Unit) -> None:
    """The manager behind a relation decides anew each time what it asks: here, for whom."""
    from django.db.models import Manager, Value

    from shop.models import Author

    class Switch(Manager):  # type: ignore[type-arg]
        other = False

        def get_queryset(self) -> object:
            found = super().get_queryset()
            return found.annotate(x=Value(1)) if self.other else found

    manager = Switch()
    manager.model = Author
    rows = books()
    assert Author._base_manager is Author._meta.base_manager  # which keeps it, from now on
    before = Author._meta.__dict__["base_manager"]
    Author._meta.__dict__["base_manager"] = manager
    try:
        for n, book in enumerate(rows):
            Switch.other = n >= 30
            assert [book.author.name for _ in range(1)]
    finally:
        Author._meta.__dict__["base_manager"] = before
    seen = Seen(unit).groups()

    assert [group[0] for group in seen] == [30, 30, 1]
    assert [group[2] for group in seen] == ["author", "author", ""]


def test_rows_reached_the_short_way_are_starts_themselves(unit: Unit) -> None:
    """Of each author its country: all through one path from the books."""
    from shop.models import Book

    for book in Book.objects.order_by("pk")[:20]:
        author = copy.copy(book.author)
        assert author.country.code
    by_path = {path: n for n, _, path, _, _ in Seen(unit).groups()}

    assert by_path["author__country"] == 20


def test_deep_tells_callers_apart_on_the_short_way(armament: Armament) -> None:
    """One line, called from two: each call is booked under its own stack."""
    unit = RequestUnit("wsgi", "GET")
    armament.ledger.begin(unit)
    unit.deep = True

    def name(book: object) -> str:
        return book.author.name  # type: ignore[attr-defined, no-any-return]

    rows = books()
    for book in rows[:20]:
        name(book)
    for book in rows[20:50]:
        name(book)
    armament.ledger.end(unit)
    counts = [group[0] for group in Seen(unit).groups() if group[2] == "author"]

    assert counts == [30, 20]


def test_threads_of_one_unit_do_not_take_each_others(armament: Armament) -> None:
    """Executor threads share the request's context: every load is booked once."""
    import contextvars

    unit = RequestUnit("asgi", "GET")
    armament.ledger.begin(unit)
    rows = books()

    def load(some: list) -> None:  # type: ignore[type-arg]
        from django.db import connection

        for book in some:
            assert book.author.name
        connection.close()

    threads = [
        threading.Thread(target=contextvars.copy_context().run, args=(load, rows[n::3]))
        for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    armament.ledger.end(unit)

    assert unit.queries == 61
    assert sum(group[0] for group in Seen(unit).groups()) == 61


def test_a_unit_of_an_earlier_arm_takes_nothing(armament: Armament, unit: Unit) -> None:
    """It still stands in the context of work that outlived the viewer."""
    rows = books()
    for book in rows[:10]:
        assert book.author.name
    armament.disarm()
    armament.arm()
    for book in rows[10:]:
        assert book.author.name

    assert unit.repeated is None
    assert unit.queries == 11


def test_parameters_of_adopted_work_are_counted_too(armament: Armament) -> None:
    """It stands in no context: by too few of them its queries would look like duplicates."""
    from djscope_probes.units import adopted
    from shop.models import Book

    unit = RequestUnit("wsgi", "GET")
    armament.ledger.adopt(unit)
    adopted[unit.thread] = unit
    try:
        for pk in range(1, 31):
            assert Book.objects.get(pk=pk)
    finally:
        del adopted[unit.thread]
        armament.ledger.end(unit)
    (group,) = Seen(unit).unit.groups

    assert (group.n, group.params) == (30, 30)
