"""What real servers return as a value stood in a literal: nothing of it is told.

`FUZZ=20000:7 python3 tests tests/privacy/test_servers.py` tries that many texts, with another seed.
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
import pymysql
import pytest

from demo.postgresql import start_postgresql
from djscope_probes.instruments.texts import shorten
from djscope_probes.sqltext import normalise
from tests.privacy.literals import HOSTILE, dollared, doubled, escaped, halfway
from tests.probes.databases import servers

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]
EXAMPLES, _, SEED = os.environ.get("FUZZ", "4000:1").partition(":")
# Beyond ASCII: what Python takes for spaces, digits, letters, and servers do not, or the reverse.
ODD = (
    *HOSTILE,
    "\x0b",
    "\x0c",
    "\x85",
    "\xa0",
    "\u2028",
    "€",
    "🔒",
    "٣",
    "*",
    "/",
    "_utf8",
    "||",
    "//",
)
MARK = re.compile(r"m\d\dw")
Made = Callable[["Words", str], str]
Returned = tuple[set[str], set[str]]


class Words(random.Random):
    """Texts with a marked word in each, told apart from all others of a statement."""

    count = 0

    def content(self) -> str:
        self.count += 1
        parts = [self.choice(ODD) for _ in range(self.randint(0, 5))]
        parts.insert(self.randint(0, len(parts)), f" m{self.count % 100:02}w ")
        return "".join(parts).replace("\x00", "")

    def between(self, comments: tuple[str, ...]) -> str:
        """What separates two values: a comma, and perhaps a comment."""
        if self.random() < 0.6:
            return ", "
        text = re.sub(r"[\n\r]|\*/|/\*", "", self.content())
        return ", " + self.choice(comments).format(text)


POSTGRESQL: tuple[Made, ...] = (
    lambda _, text: doubled(text),
    lambda _, text: f"E{escaped(text)}",
    lambda _, text: f"N{doubled(text)}",
    lambda _, text: dollared(text),
    lambda words, text: words.choice(("$€${}$€$", "$٣${}$٣$", "$_é1${}$_é1$")).format(
        text.replace("$", "")
    ),
    lambda words, text: f"E'a'{words.choice(TURNS)}{escaped(text)}",
    lambda words, text: f"{doubled(text)}{words.choice(TURNS)}{doubled(words.content())}",
    lambda words, text: f"concat({doubled(text)}, {doubled(words.content())})",
)
TURNS = ("\n", "\r", " \n ", "\n--x'\n", " -- it's\n", "\x0c\n", "\n\n")
MYSQL: tuple[Made, ...] = (
    lambda _, text: escaped(text),
    lambda _, text: halfway(text),
    lambda _, text: doubled(text),
    lambda _, text: doubled(text, '"'),
    lambda _, text: escaped(text, '"'),
    lambda _, text: f"_utf8mb4 {doubled(text)}",
    lambda words, text: f"concat({doubled(text)}, {escaped(words.content())})",
)
SQLITE: tuple[Made, ...] = (
    lambda _, text: doubled(text),
    lambda _, text: f"lower({doubled(text)})",
    lambda _, text: doubled(text + "!", '"'),
    lambda words, text: f"coalesce(NULL, {doubled(text)}, {doubled(words.content())})",
)
BLOCK, LINE, HASH = "/* {} */ ", "-- {}\n", "# {}\n"


def postgresql() -> Iterator[Callable[[str], Returned]]:
    with (
        start_postgresql() as server,
        psycopg.connect(server.url, autocommit=True) as connection,
        psycopg.ClientCursor(connection) as cursor,
    ):

        def ask(sql: str) -> Returned:
            cursor.execute(sql.encode())
            names = [column.name for column in cursor.description or ()]
            return marks(cursor.fetchone()), marks(names)

        yield ask


def mysql(mode: str) -> Iterator[Callable[[str], Returned]]:
    with (
        servers.mariadb() as socket,
        pymysql.connect(unix_socket=str(socket), user="root", charset="utf8mb4") as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(f"SET sql_mode='{mode}'")

        def ask(sql: str) -> Returned:
            cursor.execute(sql)
            # A column without a name is named after its text: those are no names.
            return marks(cursor.fetchone()), set()

        yield ask


def sqlite() -> Iterator[Callable[[str], Returned]]:
    with closing(sqlite3.connect(":memory:")) as connection:

        def ask(sql: str) -> Returned:
            return marks(connection.execute(sql).fetchone()), set()

        yield ask


def marks(values: object) -> set[str]:
    return set(MARK.findall(repr(values)))


REFUSED = (psycopg.Error, pymysql.Error, sqlite3.Error, sqlite3.Warning, UnicodeError)
CASES = {
    "postgresql": (postgresql, POSTGRESQL, (BLOCK, LINE, "/* /* {} */ */ ")),
    "mysql": (lambda: mysql(""), MYSQL, (BLOCK, LINE, HASH)),
    "mysql plain": (lambda: mysql("NO_BACKSLASH_ESCAPES"), MYSQL, (BLOCK, LINE, HASH)),
    "mysql ansi": (lambda: mysql("ANSI_QUOTES"), MYSQL[:3], (BLOCK, LINE, HASH)),
    "sqlite": (sqlite, SQLITE, (BLOCK, LINE)),
}


def statement(words: Words, forms: tuple[Made, ...], comments: tuple[str, ...]) -> str:
    """A SELECT of a few values, some of them with a character too many or too few."""
    sql = words.choice(forms)(words, words.content())
    for _ in range(words.randint(0, 3)):
        sql += words.between(comments) + words.choice(forms)(words, words.content())
    if words.random() < 0.3:
        at = words.randrange(len(sql))
        sql = sql[:at] + words.choice((words.choice(ODD), "")) + sql[at + words.randint(0, 1) :]
    return f"SELECT {sql}".replace("\x00", "")


@pytest.mark.parametrize("vendor", CASES)
def test_what_a_server_returns_is_not_told(vendor: str) -> None:
    """Whatever the text: where it is read at all, values that come back are hidden."""
    if vendor.startswith("mysql") and (
        reason := servers.lacking("mariadbd", "mariadb-install-db", package="mariadb-server")
    ):
        pytest.skip(reason)
    make, forms, comments = CASES[vendor]
    words, read = Words(int(SEED or 1)), 0
    with contextmanager(make)() as ask:
        for _ in range(int(EXAMPLES)):
            sql = statement(words, forms, comments)
            try:
                values, names = ask(sql)
            except REFUSED:
                continue
            for text in (normalise(sql, vendor), normalise(shorten(sql), vendor)):
                read += not text.startswith("sql:")
                assert not (values - names) & marks(text), (sql, text)

    assert read > int(EXAMPLES) / 4, "most were refused, or could not be read: this tests nothing"


ROWS = ("), (", ") x", "(", ")", "'", "), ('", "\\", "#", "--", "/*", "\n")


@pytest.mark.parametrize("vendor", ["postgresql", "mysql", "sqlite"])
def test_rows_of_values_are_not_told_however_they_look(vendor: str) -> None:
    """Long statements are made short before they are read: no literal may lose its end by that."""
    words = random.Random(int(SEED or 1))
    for _ in range(200):
        values = [words.choice(ROWS) * words.randint(1, 3) for _ in range(words.randint(2, 40))]
        values += [f"secret{number}" for number in range(words.choice((50, 900)))]
        words.shuffle(values)
        # As each server's driver writes them.
        quoted = [escaped(each) if vendor == "mysql" else doubled(each) for each in values]
        sql = "INSERT INTO t (a) VALUES " + ", ".join(f"({each})" for each in quoted)

        assert "secret" not in normalise(shorten(sql), vendor)
