"""What applications do with a database; each function leaves it as it was, returns plain data."""

from __future__ import annotations

import gc
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from asgiref.sync import async_to_sync

# In every literal below that has no parameter; must not be found in what leaves the process.
SECRET = "geheim7341"


def lazy_foreign_key(alias: str) -> Any:
    from shop.models import Book

    return [book.author.name for book in Book.objects.using(alias).order_by("pk")]


def lazy_reverse(alias: str) -> Any:
    from shop.models import Author

    authors = Author.objects.using(alias).order_by("pk")
    return [[book.title for book in author.books.order_by("pk")] for author in authors]


def lazy_prefetch(alias: str) -> Any:
    from shop.models import Author

    authors = Author.objects.using(alias).order_by("pk").prefetch_related("books__reviews")
    return [len(book.reviews.all()) for author in authors for book in author.books.all()]


def read_iterator(alias: str) -> Any:
    from shop.models import Book

    books = Book.objects.using(alias).order_by("pk").iterator(chunk_size=5)
    return [(book.title, book.author.name) for book in books]


def read_iterator_in_atomic(alias: str) -> Any:
    from django.db import transaction

    with transaction.atomic(using=alias):
        return read_iterator(alias)


def read_iterator_halfway(alias: str) -> Any:
    from shop.models import Book

    rows = Book.objects.using(alias).order_by("pk").iterator(chunk_size=2)
    first = next(rows).title
    rows.close()
    return first, Book.objects.using(alias).count()


def read_aggregates(alias: str) -> Any:
    from django.db.models import Avg, Count

    from shop.models import Author, Book

    books = Book.objects.using(alias)
    per_author = Author.objects.using(alias).annotate(n=Count("books")).order_by("pk")
    return (
        books.count(),
        books.filter(title="Volume 3").exists(),
        str(books.aggregate(Avg("price"))["price__avg"])[:4],
        list(per_author.values_list("name", "n")),
        sorted(books.in_bulk([f"978{n:010d}" for n in range(3)], field_name="isbn")),
    )


def read_raw(alias: str) -> Any:
    from shop.models import Book

    found = Book.objects.using(alias).raw("SELECT * FROM shop_book WHERE price < %s", [Decimal(4)])
    return sorted(book.title for book in found)


def read_explain(alias: str) -> Any:
    from shop.models import Book

    return bool(Book.objects.using(alias).filter(title=SECRET).explain())


def write_bulk(alias: str) -> Any:
    from shop.models import Country

    countries = Country.objects.using(alias)
    made = countries.bulk_create(
        [Country(code=f"{n:02d}", name=SECRET, vat=Decimal(n)) for n in range(20)], batch_size=8
    )
    rows = list(countries.filter(name=SECRET))
    for row in rows:
        row.vat += 1
    changed = countries.bulk_update(rows, ["vat"])
    total = sum(countries.filter(name=SECRET).values_list("vat", flat=True))
    return len(made), changed, str(total), countries.filter(name=SECRET).delete()[0]


def write_get_or_create(alias: str) -> Any:
    from shop.models import Country

    countries = Country.objects.using(alias)
    _, new = countries.get_or_create(code="XX", defaults={"name": SECRET, "vat": 1})
    row, again = countries.update_or_create(code="XX", defaults={"name": "Other", "vat": 2})
    return new, again, row.name, countries.filter(code="XX").delete()[0]


def write_savepoints(alias: str) -> Any:
    from django.db import IntegrityError, transaction

    from shop.models import Country

    countries, seen = Country.objects.using(alias), []
    with transaction.atomic(using=alias):
        countries.select_for_update().get(code="NL")
        for code in ("ZA", "NL", "ZB"):
            try:
                with transaction.atomic(using=alias):
                    countries.create(code=code, name=SECRET, vat=1)
            except IntegrityError as error:
                seen.append(type(error).__name__)
        seen.append(countries.filter(name=SECRET).count())
        transaction.set_rollback(True, using=alias)
    return seen, countries.filter(name=SECRET).count()


def write_locked_rows(alias: str) -> Any:
    from django.db import transaction

    from shop.models import Author

    with transaction.atomic(using=alias):
        author = Author.objects.using(alias).select_for_update().order_by("pk").first()
        assert author is not None
        name, author.name = author.name, SECRET
        author.save(update_fields=["name"])
        author.name = name
        author.save(update_fields=["name"])
    return name


def write_protected(alias: str) -> Any:
    from django.db.models import ProtectedError

    from shop.models import Author

    author = Author.objects.using(alias).order_by("pk").first()
    assert author is not None
    try:
        author.delete()
    except ProtectedError as error:
        return type(error).__name__, len(error.protected_objects)
    return None


def cursor_raw(alias: str) -> Any:
    from django.db import connections

    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT title FROM shop_book WHERE title <> %s ORDER BY id", [SECRET])
        first, some, rest = cursor.fetchone(), cursor.fetchmany(2), cursor.fetchall()
        cursor.execute(f"SELECT COUNT(*) FROM shop_book WHERE title <> '{SECRET}'")
        columns = [column[0] for column in cursor.description or ()]
        return first, [*some], len(rest), columns, [*cursor]


def cursor_many(alias: str) -> Any:
    from django.db import connections

    rows = ((f"{n:02d}", SECRET, n) for n in range(7))
    with connections[alias].cursor() as cursor:
        cursor.executemany("INSERT INTO shop_country (code, name, vat) VALUES (%s, %s, %s)", rows)
        cursor.execute("DELETE FROM shop_country WHERE name = %s", [SECRET])
        return cursor.rowcount


def cursor_refused(alias: str) -> Any:
    from django.db import DatabaseError, connections

    with connections[alias].cursor() as cursor:
        try:
            cursor.execute(f"SELECT '{SECRET}' FROM nowhere WHERE x = %s", [SECRET])
        except DatabaseError as error:
            return type(error).__name__, type(error.__cause__).__name__
    return None


def asynchronous(alias: str) -> Any:
    from shop.models import Book

    async def view() -> Any:
        books = Book.objects.using(alias).order_by("pk")
        titles = [book.title async for book in books]
        first = await books.select_related("author").afirst()
        assert first is not None
        return titles, first.author.name, await books.acount()

    try:
        return async_to_sync(view)()
    finally:
        gc.collect()  # on Python 3.10 asgiref's executor, and its thread, lasts until then


ALL: dict[str, Callable[[str], Any]] = {
    function.__name__: function
    for function in (
        lazy_foreign_key, lazy_reverse, lazy_prefetch, read_iterator, read_iterator_in_atomic,
        read_iterator_halfway, read_aggregates, read_raw, read_explain, write_bulk,
        write_get_or_create, write_savepoints, write_locked_rows, write_protected, cursor_raw,
        cursor_many, cursor_refused, asynchronous,
    )
}  # fmt: skip
