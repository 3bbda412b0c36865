"""The queries instrument on real databases: the same figures and paths on each of them."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest

from demo.postgresql import Server
from djscope_probes.arming import Armament
from djscope_probes.records import record
from djscope_probes.units import Unit
from tests.probes.conftest import Seen
from tests.probes.databases import scenarios
from tests.probes.databases.backends import AUTHORS, BOOKS, LACKING, PSYCOPG2, alone, kind_of
from tests.real.projects.targets import found

ROOT = Path(__file__).resolve().parents[3]


def statements(captured: Any) -> int:
    """How many Django's own log has, without the ends of transactions, which pass no cursor.

    The beginning is a statement on SQLite only.
    """
    beside = {"COMMIT", "ROLLBACK"} | ({"BEGIN"} - {begins(captured.connection)})
    return sum(query["sql"] not in beside for query in captured.captured_queries)


def begins(connection: Any) -> str:
    return "BEGIN" if connection.vendor == "sqlite" else ""


@pytest.mark.skipif(alone, reason="said in the other process")
@pytest.mark.parametrize("kind", LACKING)
def test_the_backend_can_be_had(kind: str) -> None:
    """Skipped with the remedy where it cannot, once for all tests on it."""
    if reason := LACKING[kind]:
        pytest.skip(f"{kind}: {reason}")


@pytest.mark.parametrize("name", scenarios.ALL)
def test_results_and_counts_are_those_without_a_probe(
    alias: str, name: str, request: pytest.FixtureRequest
) -> None:
    """What the application gets, and what Django's own log counts."""
    from django.db import connections
    from django.test.utils import CaptureQueriesContext

    scenario = scenarios.ALL[name]
    with CaptureQueriesContext(connections[alias]) as before:
        without = scenario(alias)
    unit = request.getfixturevalue("unit")
    with CaptureQueriesContext(connections[alias]) as during:
        armed = scenario(alias)

    assert armed == without
    assert statements(during) == statements(before) == unit.queries


def test_a_lazy_foreign_key_has_relation_origin_and_rows(alias: str, unit: Unit) -> None:
    """One query for the list, one for each of its rows."""
    scenarios.lazy_foreign_key(alias)
    seen = Seen(unit)
    lazy, root = seen.unit.groups

    assert seen.groups() == [(BOOKS, "get", "author", BOOKS, BOOKS), (1, "", "", 0, 0)]
    assert seen.relation(lazy) == ["Book", "author", "author", "fk", "Book", "Author", ""]
    assert lazy.origin_id == root.site_id
    assert json.loads(seen.defs.unsent[root.site_id])[0] == scenarios.__file__
    assert (lazy.rows, root.rows) == (BOOKS, BOOKS)
    assert {lazy.database, root.database} == {alias}


def test_a_lazy_reverse_relation_does_too(alias: str, unit: Unit) -> None:
    """With the rows of all its queries."""
    scenarios.lazy_reverse(alias)
    seen = Seen(unit)
    lazy = seen.unit.groups[0]

    assert seen.groups()[0] == (AUTHORS, "filter", "books", AUTHORS, AUTHORS)
    assert (lazy.rows, lazy.params) == (BOOKS, AUTHORS)


@pytest.mark.parametrize("name", ["read_iterator", "read_iterator_in_atomic"])
def test_a_streamed_list_is_an_origin_like_any(alias: str, unit: Unit, name: str) -> None:
    """`iterator()`: chunk by chunk, from a server-side cursor where the backend has them."""
    scenarios.ALL[name](alias)
    seen = Seen(unit)
    lazy = seen.unit.groups[0]
    root = next(group for group in seen.unit.groups if group.rows and not group.relation_id)

    assert (lazy.n, seen.path(lazy), lazy.peak) == (BOOKS, "author", BOOKS)
    assert (root.n, root.rows, root.site_id) == (1, BOOKS, lazy.origin_id)
    assert root.fetch_us > 0


def test_a_batch_is_no_repetition(alias: str, unit: Unit) -> None:
    """`bulk_create` in batches, `bulk_update`, `executemany`: as many queries as were sent."""
    scenarios.cursor_many(alias)
    many, delete = sorted(Seen(unit).unit.groups, key=lambda group: group.params)

    assert (many.n, many.params) == (1, -1)
    assert (delete.n, delete.params) == (1, 1)


def test_savepoints_are_one_group_each(alias: str, unit: Unit) -> None:
    """Their names are numbers that never come again."""
    scenarios.write_savepoints(alias)
    seen = Seen(unit)
    texts = [json.loads(seen.defs.unsent[group.sql_id]) for group in seen.unit.groups]

    assert [texts.count(text) for text in ("SAVEPOINT", "RELEASE", "ROLLBACK")] == [1, 1, 1]


def test_no_literal_leaves(alias: str, armament: Armament, unit: Unit) -> None:
    """Neither parameters nor what was written into the SQL itself."""
    from django.db import connections

    for scenario in scenarios.ALL.values():
        scenario(alias)
    with connections[alias].cursor() as cursor:
        for text in spoken(connections[alias].vendor):
            cursor.execute(text)
            cursor.fetchall()
    event = record(unit, armament.defs)
    told = [event or "", *armament.defs.unsent.values()]

    assert len(armament.defs.unsent) > 30
    assert [text for text in told if scenarios.SECRET in text] == []


def spoken(vendor: str) -> list[str]:
    """Literals and comments in the syntax of one database."""
    secret = scenarios.SECRET
    common = [f"SELECT 'it''s {secret}'", f"SELECT 1 /* {secret} */", f"SELECT 1 -- {secret}"]
    own = {
        "postgresql": [
            f"SELECT $${secret}$$, $x$ '{secret} $x$", f"SELECT E'\\'{secret}', U&'{secret}'",
            f"SELECT 'a'\n'{secret}'", f"SELECT '{secret}'::text",
            f"SELECT 1 /* a /* b */ {secret} */",
        ],
        "mysql": [
            f"SELECT '\\'{secret}'", f"SELECT _utf8mb4'{secret}'", f"SELECT N'{secret}'",
            f"SELECT 'a' '{secret}'", f'SELECT "{secret}"', f"SELECT 1 # {secret}",
        ],
        "sqlite": [f"SELECT 'a\\' || '{secret}'"],
    }  # fmt: skip
    return common + own[vendor]


def test_nothing_of_the_database_is_kept_alive(alias: str, armament: Armament, unit: Unit) -> None:
    """Neither rows nor the cursors and connections that they came from."""
    from django.db import connections

    from shop.models import Book

    connections[alias].close()
    scenarios.read_iterator(alias)
    scenarios.lazy_foreign_key(alias)
    book = Book.objects.using(alias).order_by("pk").first()
    assert book is not None
    assert book.author.name
    rows = Book.objects.using(alias).order_by("pk").iterator(chunk_size=2)
    next(rows)
    alive = [weakref.ref(book), weakref.ref(book.author)]
    if kind_of(alias) in ("psycopg", "psycopg2", "pgbouncer"):  # others cannot be, or are pooled
        alive.append(weakref.ref(connections[alias].connection))
    rows.close()
    del book, rows
    connections[alias].close()
    gc.collect()

    assert [each() for each in alive if each() is not None] == []


def test_originals_are_back(alias: str, request: pytest.FixtureRequest) -> None:
    """After an arm in which everything was used."""
    before = found(load=True)
    armament: Armament = request.getfixturevalue("armament")
    scenarios.lazy_foreign_key(alias)
    scenarios.asynchronous(alias)
    armament.disarm()

    assert {name: found()[name] is original for name, original in before.items()} == dict.fromkeys(
        before, True
    )


@pytest.mark.skipif(alone, reason="this is that process")
def test_psycopg2_fares_alike(postgresql_server: Server) -> None:
    """Django takes psycopg 3 where it is: these tests once more in a process where it is hidden."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(__file__)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, PSYCOPG2: "1", "DJSCOPE_PG_URL": postgresql_server.url},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
