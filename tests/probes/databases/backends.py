"""The shop's tables on each backend: an alias of Django's, with a database that is new."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import django
import pytest

from demo.postgresql import Server
from demo.shop_site.database import postgresql
from tests.probes.databases.servers import lacking

# Django takes psycopg 3 where it finds it: psycopg 2 gets a process of its own.
PSYCOPG2 = "DJSCOPE_TESTS_PSYCOPG2"
alone = os.environ.get(PSYCOPG2) == "1"
AUTHORS, BOOKS = 4, 12


class Ask:
    """What a backend is made of; servers start when one is asked for."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    @property
    def postgresql(self) -> Server:
        server: Server = self._request.getfixturevalue("postgresql_server")
        return server

    def socket(self, fixture: str) -> Path:
        path: Path = self._request.getfixturevalue(fixture)
        return path


@contextmanager
def sqlite(ask: Ask) -> Iterator[dict[str, Any]]:
    path = ask.socket("sqlite_directory") / uuid4().hex
    yield {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}


@contextmanager
def psycopg(ask: Ask) -> Iterator[dict[str, Any]]:
    with ask.postgresql.database() as url:
        yield postgresql(url)


@contextmanager
def pooled(ask: Ask) -> Iterator[dict[str, Any]]:
    """Connections of psycopg_pool."""
    with psycopg(ask) as settings:
        yield {**settings, "OPTIONS": {"pool": {"min_size": 1, "max_size": 3}}}


@contextmanager
def pgbouncer(ask: Ask) -> Iterator[dict[str, Any]]:
    """As Django's documentation asks for transaction pooling."""
    with psycopg(ask) as settings:
        yield {
            **settings,
            "HOST": str(ask.socket("pgbouncer_directory")),
            "PORT": "6432",
            "DISABLE_SERVER_SIDE_CURSORS": True,
        }


@contextmanager
def mariadb(ask: Ask) -> Iterator[dict[str, Any]]:
    """PyMySQL stands in for mysqlclient, which has no wheels for Linux."""
    import pymysql

    pymysql.install_as_MySQLdb()
    name, socket = f"djscope_{uuid4().hex}", str(ask.socket("mariadb_socket"))
    with pymysql.connect(unix_socket=socket, user="root") as connection:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        yield {"ENGINE": "django.db.backends.mysql", "NAME": name, "USER": "root", "HOST": socket}
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


Kind = Callable[[Ask], AbstractContextManager[dict[str, Any]]]
KINDS: dict[str, Kind] = {
    "sqlite": sqlite,
    "psycopg": psycopg,
    "pool": pooled,
    "pgbouncer": pgbouncer,
    "mariadb": mariadb,
}
if alone:
    KINDS = {"psycopg2": psycopg}


LACKING = {
    "pool": "" if django.VERSION >= (5, 1) else "Django has connection pools from 5.1 on",
    "pgbouncer": lacking("pgbouncer", package="pgbouncer"),
    "mariadb": lacking("mariadbd", "mariadb-install-db", package="mariadb-server"),
}


def there(*kinds: str) -> list[str]:
    """Those of them that can be had on this machine; `test_backends.py` says of the others why."""
    return [kind for kind in kinds or KINDS if not LACKING.get(kind)]


@contextmanager
def opened(kind: str, ask: Ask) -> Iterator[str]:
    """The alias of a database with the shop's tables and a few rows."""
    from django.core.management import call_command
    from django.db import connections

    with KINDS[kind](ask) as settings:
        alias = f"{kind}_{uuid4().hex[:6]}"
        connections.settings[alias] = connections.configure_settings(
            {"default": {}, alias: settings}
        )[alias]
        try:
            call_command("migrate", database=alias, verbosity=0)
            furnish(alias)
            yield alias
        finally:
            shut(alias)
            del connections.settings[alias]
            del connections[alias]


def kind_of(alias: str) -> str:
    return alias.partition("_")[0]


def connect(alias: str) -> None:
    """Open the calling thread's connection, with the statements that some backends begin with."""
    from django.db import connections

    connections[alias].ensure_connection()


def shut_thread(alias: str) -> None:
    """Close the calling thread's connection, or give it back to its pool."""
    from django.db import connections

    connections[alias].close()


def shut(alias: str) -> None:
    """The same, and close the pool."""
    from django.db import connections

    shut_thread(alias)
    if connections[alias].settings_dict["OPTIONS"].get("pool"):
        connections[alias].close_pool()


def furnish(alias: str) -> None:
    """Each author has three books, each book one review."""
    from shop.models import Author, Book, Country, Publisher, Review

    country = Country.objects.using(alias).create(code="NL", name="Netherlands", vat=Decimal(21))
    house = Publisher.objects.using(alias).create(name="Aldine Press")
    for number in range(AUTHORS):
        Author.objects.using(alias).create(name=f"Author {number}", country=country)
    authors = list(Author.objects.using(alias).order_by("pk"))
    for number in range(BOOKS):
        book = Book.objects.using(alias).create(
            isbn=f"978{number:010d}",
            title=f"Volume {number}",
            price=Decimal(number),
            author=authors[number % AUTHORS],
            publisher=house,
        )
        Review.objects.using(alias).create(book=book, stars=number % 5 + 1, text="Good.")


def without_psycopg() -> None:
    """Let Django take psycopg 2, in this process."""
    known = {name: module for name, module in sys.modules.items() if name == "psycopg"}
    sys.modules["psycopg"] = None  # type: ignore[assignment]
    try:
        from django.db.backends.postgresql import base, psycopg_any

        assert base.Database.__name__ == "psycopg2"
        assert psycopg_any.is_psycopg3 is False
    finally:
        del sys.modules["psycopg"]
        sys.modules.update(known)
