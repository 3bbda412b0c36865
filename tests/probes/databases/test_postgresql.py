"""Server-side cursors, COPY, pools, a pooler, time limits; several threads and async views."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async

from djscope_probes.arming import Armament
from djscope_probes.units import RequestUnit, Unit
from tests.probes.conftest import Seen
from tests.probes.databases import backends
from tests.probes.databases.backends import AUTHORS, BOOKS
from tests.probes.databases.scenarios import lazy_foreign_key
from tests.probes.eventloops import until

pytestmark = pytest.mark.skipif(backends.alone, reason="psycopg 3 is hidden in this process")


def on(*kinds: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("database", backends.there(*kinds), indirect=True)


def session(alias: str) -> Any:
    """The server process behind this thread's connection."""
    from django.db import connections

    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


@on("psycopg")
def test_a_server_side_cursor_stays_one(alias: str, unit: Unit) -> None:
    """`iterator()` fetches a chunk when it is asked for one, never ahead, and closes its cursor."""
    from django.db import connections

    from shop.models import Book

    def open_cursors() -> int:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM pg_cursors WHERE name LIKE '_django_curs%%'")
            return int(cursor.fetchone()[0])

    rows = Book.objects.using(alias).order_by("pk").iterator(chunk_size=5)
    next(rows)
    streamed = next(iter(unit.groups.values()))
    during, loaded = open_cursors(), streamed.rows
    for _ in range(5):
        next(rows)
    later = streamed.rows
    rows.close()

    assert (during, open_cursors()) == (1, 0)
    assert (loaded, later) == (5, 10)


@on("psycopg")
def test_copy_goes_through_untouched(alias: str, unit: Unit) -> None:
    """Both ways; it passes none of Django's wrappers, so it is no query of the unit."""
    from django.db import connections

    from shop.models import Country

    with connections[alias].cursor() as cursor:
        with cursor.copy("COPY shop_country (code, name, vat) FROM STDIN") as copy:
            for n in range(50):
                copy.write_row((f"{n:02d}", "Copied", n))
        with cursor.copy("COPY (SELECT name FROM shop_country WHERE vat < 50) TO STDOUT") as copy:
            names = [row[0] for row in copy.rows()]
    assert unit.queries == 0

    assert names.count("Copied") == 50
    assert Country.objects.using(alias).filter(name="Copied").delete()[0] == 50


@on("psycopg", "pgbouncer")
def test_an_exception_while_rows_are_fetched_passes_unchanged(alias: str, unit: Unit) -> None:
    """A time limit of the server's, after the query itself was fine."""
    from django.db import DatabaseError, connections, transaction

    from shop.models import Book

    slow = "CASE WHEN id > 3 THEN pg_sleep(5) IS NULL ELSE TRUE END"
    with pytest.raises(DatabaseError, match="statement timeout"), transaction.atomic(using=alias):
        with connections[alias].cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 200")
        list(Book.objects.using(alias).extra(where=[slow]).order_by("pk").iterator(chunk_size=1))

    assert unit.queries == 2
    assert Book.objects.using(alias).count() == BOOKS


@on("psycopg")
@pytest.mark.parametrize("server_side", [True, False])
def test_composed_sql_is_counted_and_stays_inside(
    alias: str, unit: Unit, server_side: bool
) -> None:
    """psycopg's own SQL objects hold literals: only their type is told."""
    from django.db import connections
    from psycopg import sql

    text = sql.SQL("SELECT {}, {}").format(sql.Literal("secret"), sql.Literal(server_side))
    with connections[alias].cursor() as cursor:
        cursor.execute(text)
        assert cursor.fetchone() == ("secret", server_side)
    seen = Seen(unit)

    assert seen.unit.queries == 1
    assert "secret" not in "".join(seen.defs.unsent.values())


@on("psycopg")
def test_persistent_connections_persist(alias: str, armament: Armament) -> None:
    """`CONN_MAX_AGE`: one session of the server for all requests of a thread."""
    from django.db import close_old_connections, connections

    connections[alias].settings_dict["CONN_MAX_AGE"] = None
    connections[alias].close()
    seen = []
    for _ in range(3):
        unit = RequestUnit("wsgi", "GET")
        armament.ledger.begin(unit)
        close_old_connections()
        lazy_foreign_key(alias)
        seen.append((session(alias), unit.queries))
        close_old_connections()
        armament.ledger.end(unit)

    assert len(set(seen)) == 1
    assert seen[0][1] == BOOKS + 2


@on("psycopg", "pool", "pgbouncer")
def test_threads_share_connections_and_keep_their_units(alias: str, armament: Armament) -> None:
    """More threads than a pool has connections: each waits, each counts its own."""
    found: list[int] = []

    def work() -> None:
        unit = RequestUnit("wsgi", "GET")
        armament.ledger.begin(unit)
        for _ in range(3):
            lazy_foreign_key(alias)
            backends.shut_thread(alias)
        armament.ledger.end(unit)
        found.append(unit.queries)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert found == [3 * (BOOKS + 1)] * 8


@on("pool")
def test_a_pool_gets_its_connections_back(alias: str, unit: Unit) -> None:
    """Nothing of ours holds on to one."""
    from django.db import connections

    for _ in range(10):
        lazy_foreign_key(alias)
        connections[alias].close()
    pool = connections[alias].pool

    def all_there() -> bool:
        """Also one that is being opened."""
        stats = pool.get_stats()
        return bool(stats["pool_available"] == stats["pool_size"] <= 3)

    until(all_there, "all connections in the pool")
    assert unit.queries == 10 * (BOOKS + 1)


@on("psycopg", "pool", "pgbouncer", "sqlite", "mariadb")
def test_async_views_at_once_keep_their_units(alias: str, armament: Armament) -> None:
    """Their queries run in one executor thread; each is booked where it was awaited."""
    from shop.models import Author, Book

    async def view(n: int) -> Seen:
        unit = RequestUnit("asgi", "GET")
        armament.ledger.begin(unit)
        async for book in Book.objects.using(alias).order_by("pk")[:n]:
            await sync_to_async(lambda book=book: book.author.name)()
        await Author.objects.using(alias).acount()
        armament.ledger.end(unit)
        return Seen(unit)

    async def all_views() -> list[Seen]:
        async with ThreadSensitiveContext():  # a thread of its own, that ends with it
            await sync_to_async(backends.connect)(alias)
            views = await asyncio.gather(*(view(n) for n in (2, AUTHORS, BOOKS)))
            await sync_to_async(backends.shut_thread)(alias)
            return views

    views = asyncio.run(all_views())

    assert [seen.unit.queries for seen in views] == [n + 2 for n in (2, AUTHORS, BOOKS)]
    assert [seen.groups()[0] for seen in views] == [
        (n, "get", "author", n, n) for n in (2, AUTHORS, BOOKS)
    ]
