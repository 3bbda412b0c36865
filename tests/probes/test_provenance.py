"""Where rows came from, and through which relation they were expanded."""

from __future__ import annotations

import copy
import pickle

from djscope_probes.arming import Armament
from djscope_probes.instruments.provenance import TAG
from djscope_probes.units import RequestUnit, Unit
from tests.probes.conftest import Seen


def test_a_foreign_key_leads_back_to_its_queryset(unit: Unit) -> None:
    """The relation, how many rows, and the line where they were loaded."""
    from shop.models import Book

    for book in Book.objects.order_by("pk")[:5]:
        assert book.author.name
    seen = Seen(unit)

    assert seen.groups() == [(5, "get", "author", 5, 5), (1, "", "", 0, 0)]
    lazy, root = seen.unit.groups
    assert seen.relation(lazy) == ["Book", "author", "author", "fk", "Book", "Author", ""]
    assert lazy.origin_id == root.site_id


def test_a_reverse_foreign_key_does_too(unit: Unit) -> None:
    """`author.books.all()` for each author."""
    from shop.models import Author

    for author in Author.objects.order_by("pk")[:4]:
        assert list(author.books.all()) is not None
    seen = Seen(unit)

    assert seen.groups()[0] == (4, "", "books", 4, 4)
    assert seen.relation(seen.unit.groups[0])[3] == "reverse"


def test_a_chain_is_one_path_from_the_root(unit: Unit) -> None:
    """`book.author.country` is fixed at the books' queryset, in one go."""
    from shop.models import Book

    for book in Book.objects.order_by("pk")[:3]:
        assert book.author.country.code

    paths = sorted(group[2] for group in Seen(unit).groups())

    assert paths == ["", "author", "author__country"]


def test_a_joined_parent_is_part_of_the_path(unit: Unit) -> None:
    """After `select_related("author")` only the country is loaded lazily."""
    from shop.models import Book

    for book in Book.objects.select_related("author").order_by("pk")[:3]:
        assert book.author.country.code

    assert Seen(unit).groups() == [(3, "get", "author__country", 3, 3), (1, "", "", 0, 0)]


def test_prefetched_rows_are_not_lazy_loads(unit: Unit) -> None:
    """A prefetch is one query; what its rows load lazily leads through it."""
    from shop.models import Author

    for author in Author.objects.prefetch_related("books").order_by("pk")[:4]:
        for book in list(author.books.all())[:1]:
            assert book.publisher.name
    groups = Seen(unit).groups()

    assert groups[0][2] == "books__publisher"
    assert sorted(group[0] for group in groups[1:]) == [1, 1]


def test_rows_loaded_singly_are_no_origin_of_many(unit: Unit) -> None:
    """Each `get()` is an evaluation of its own: no row of it has siblings."""
    from shop.models import Book

    for pk in Book.objects.order_by("pk").values_list("pk", flat=True)[:6]:
        assert Book.objects.get(pk=pk).author.name
    lazy = next(group for group in Seen(unit).groups() if group[2] == "author")

    assert lazy[0] == 6
    assert lazy[3:] == (1, 1)


def test_fresh_objects_have_no_origin(unit: Unit) -> None:
    """Nobody loaded them."""
    from shop.models import Book

    assert Book(author_id=1).author.name
    (lazy,) = Seen(unit).unit.groups

    assert (lazy.origin_id, lazy.peak) == ("", 0)


def test_rows_of_an_earlier_unit_have_no_origin_here(armament: Armament, unit: Unit) -> None:
    """A cached list of instances was loaded by somebody else, or before we came."""
    from shop.models import Book

    books = list(Book.objects.order_by("pk")[:4])
    armament.ledger.end(unit)
    later = RequestUnit("wsgi", "GET")
    armament.ledger.begin(later)
    for book in books:
        assert book.author.name
    (lazy,) = Seen(later).unit.groups
    armament.ledger.end(later)

    assert (lazy.n, lazy.origin_id, lazy.peak) == (4, "", 0)


def test_tagged_instances_are_pickled_copied_and_compared_as_ever(unit: Unit) -> None:
    """The tag is an int in the instance's state: harmless wherever it travels."""
    from shop.models import Book

    book, other = Book.objects.order_by("pk")[:2]
    assert isinstance(book._state.__dict__[TAG], int)
    twin = pickle.loads(pickle.dumps(book))

    assert twin == book != other
    assert copy.deepcopy(book) == book
    assert hash(twin) == hash(book)
    assert list(pickle.loads(pickle.dumps(Book.objects.order_by("pk")[:2]))) == [book, other]


def test_a_queryset_iterated_halfway_closes_its_cursor(unit: Unit) -> None:
    """Abandoning an iterator releases the database as it does without us."""
    from django.db import connection

    from shop.models import Book

    rows = Book.objects.iterator(chunk_size=2)
    assert next(rows).pk
    rows.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")

        assert cursor.fetchone() == (1,)


def test_nothing_is_evaluated_or_loaded_ahead(unit: Unit) -> None:
    """Rows are produced one by one, when they are asked for."""
    from django.db.models.signals import post_init

    from shop.models import Book

    made: list[int] = []

    def note(instance: Book, **_: object) -> None:
        made.append(instance.pk)

    post_init.connect(note, sender=Book, weak=False)
    try:
        rows = Book.objects.order_by("pk").iterator()
        next(rows)
        assert len(made) == 1
        next(rows)
        assert len(made) == 2
        rows.close()
    finally:
        post_init.disconnect(note, sender=Book)


def test_doors_that_somebody_wrapped_over_work_again_in_the_next_arm(shop: None) -> None:
    """Their wrapper keeps ours: revived, it has to speak with what is armed now."""
    from django.db.models.query import ModelIterable

    from shop.models import Book

    original = ModelIterable.__dict__["__iter__"]
    armament = Armament()
    armament.arm()
    ours = ModelIterable.__dict__["__iter__"]

    def theirs(self: object) -> object:
        return ours(self)

    ModelIterable.__iter__ = theirs
    try:
        armament.disarm()
        armament.arm()
        unit = RequestUnit("wsgi", "GET")
        armament.ledger.begin(unit)
        for book in Book.objects.order_by("pk")[:4]:
            assert book.author.name
        groups = Seen(unit).groups()
        armament.ledger.end(unit)
    finally:
        armament.disarm()
        ModelIterable.__iter__ = original

    assert groups[0] == (4, "get", "author", 4, 4)
