"""SQL leaves the process without literals, comments and list sizes."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from djscope_probes import sqltext
from djscope_probes.dialects import dialect_of, is_sure
from djscope_probes.instruments.sites import MAX_CHARS, Sites
from djscope_probes.instruments.texts import KEPT, Texts
from djscope_probes.sqltext import normalise
from djscope_probes.units import Unit
from djscope_probes.wire import TEXT_BYTES
from tests.probes.conftest import Seen

ALL = ("postgresql", "mysql", "sqlite", "oracle", "microsoft", "of some other maker")
# Read alike by every server.
EVERYWHERE = {
    "SELECT * FROM t WHERE a = 'secret'": "SELECT * FROM t WHERE a = ?",
    "SELECT * FROM t WHERE a = 'it''s secret' OR b = 4711": "SELECT * FROM t WHERE a = ? OR b = ?",
    "SELECT 1.5e10, 0xFF, 1e-5, .5, 5., 1_000, t1.c2": "SELECT ?, ?, ?, ?, ?, ?, t1.c2",
    "SELECT /* secret */ 1 -- secret\nFROM t": "SELECT ? FROM t",
    "SELECT a FROM t WHERE id IN (%s, %s, %s)": "SELECT a FROM t WHERE id IN (%s, …)",
    "SELECT a FROM t WHERE id IN (1, 2, 'secret')": "SELECT a FROM t WHERE id IN (%s, …)",
    "INSERT INTO t VALUES (%s, %s), (%s, %s), (%s, %s)": "INSERT INTO t VALUES (%s, …), …",
    "INSERT INTO t VALUES (1), (2), (3) RETURNING id": ("INSERT INTO t VALUES (?), … RETURNING id"),
    "WHERE (a, b) IN ((1, 2), (3, 4))": "WHERE (a, b) IN ((%s, …), …)",
    "SELECT a - 5, -5, (-5), b-5 FROM t LIMIT -1": "SELECT a - ?, ?, (?), b-? FROM t LIMIT ?",
    "WHERE a BETWEEN -5 AND +3": "WHERE a BETWEEN ? AND ?",
    "WHERE at > DATE '2026-11-22' + INTERVAL '1 day'": "WHERE at > DATE ? + INTERVAL ?",
    "SELECT x'4D5A', b'0110', N'secret'": "SELECT ?, ?, ?",
    "SELECT a FROM t LIMIT 10 OFFSET 20": "SELECT a FROM t LIMIT ? OFFSET ?",
    "SELECT %(name)s, %s, :name, ? FROM t": "SELECT %(name)s, %s, :name, ? FROM t",
    "SAVEPOINT s140_x1": "SAVEPOINT …",
    "CREATE USER u IDENTIFIED BY secret": "CREATE USER u IDENTIFIED BY ?",
    "ALTER USER u IDENTIFIED BY secret REPLACE secret": "ALTER USER u IDENTIFIED BY ? REPLACE ?",
    "SET app.user = secret, secret; SELECT a": "SET app.user = ?, ?; SELECT a",
    "SET app.user TO secret": "SET app.user TO ?",
    "PRAGMA key(secret)": "PRAGMA key(?)",
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED": (
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
    ),
    "UPDATE t SET a = b, c = (d) WHERE e": "UPDATE t SET a = b, c = (d) WHERE e",
}
CASES = {
    "postgresql": {
        "SELECT E'\\'secret', 'a\\' || 'secret'": "SELECT ?, ? || ?",
        "SELECT E'a'\n  -- on it goes\n  'b\\'secret' || 5": "SELECT ? || ?",
        "SELECT $$se'cret$$, $tag$se$$cret$tag$": "SELECT ?, ?",
        "SELECT U&'d!0061t' UESCAPE '!', _utf8'secret'": "SELECT ? UESCAPE ?, ?",
        "SELECT 1 /* a /* secret */ secret */ + 2": "SELECT ? + ?",
        'SELECT a #>> \'{b,secret}\', a::text, "A"."b c"': ('SELECT a #>> ?, a::text, "A"."b c"'),
        "SELECT 0o17, 0b101, ARRAY[1, 2, 3], a[1:2]": "SELECT ?, ?, ARRAY[%s, …], a[?:?]",
        "SELECT 1 -- secret\rFROM t": "SELECT ? FROM t",
        "COPY t (a) FROM STDIN WITH csv;\n1,secret\n\\.": "COPY t (a) FROM STDIN …",
        'DECLARE "c_1" CURSOR FOR SELECT "x"': 'DECLARE "c_1" CURSOR FOR SELECT "x"',
        "SELECT E'a' -- x\n'it\\'s secret, alice\\'s', 1": "SELECT ?, ?",
        "SELECT $€$my secret$€$, $🔒$secret$🔒$, $٣$secret$٣$": "SELECT ?, ?, ?",
        "SELECT a€$x$, $1, 'secret'": "SELECT a€$x$, $1, ?",
        "SELECT 1 /* /srv/*/ secret */ */ + 2": "SELECT ? + ?",
    },
    "postgresql escapes": {r"SELECT 'it\'s secret, alice\'s', 1": "SELECT ?, ?"},
    "postgresql unsure": {"SELECT 'secret', E'it\\'s'": "SELECT ?, ?"},
    "mysql": {
        r"SELECT * FROM t WHERE a = 'a\'secret'": "SELECT * FROM t WHERE a = ?",
        r"""SELECT "secret", "it""s", "a\"secret" AS "x" """: "SELECT ?, ?, ? AS ?",
        "SELECT _utf8mb4'secret', 0x4D, `a``b` # secret": "SELECT ?, ?, `a``b`",
        "SELECT 1 -- secret\n--5": "SELECT ? -?",
        "SELECT /*+ MAX_EXECUTION_TIME(1000) */ /*!40101 secret */ a": "SELECT a",
        "SELECT 1 # it's secret\nFROM t": "SELECT ? FROM t",
        "SELECT 1 /* /srv/*/, 'a */ secret', 2 -- it's": "SELECT ? , ?, ?",
        "SELECT 1 --\xa0'secret'": "SELECT ? - -\xa0?",
    },
    "mysql ansi": {"SELECT \"a\" FROM t WHERE b = 'x'": 'SELECT "a" FROM t WHERE b = ?'},
    "mysql plain": {r"SELECT 'a\' OR b = 'secret'": "SELECT ? OR b = ?"},
    "sqlite": {
        r"SELECT a FROM t WHERE a LIKE %s ESCAPE '\' AND b = 'secret'": (
            "SELECT a FROM t WHERE a LIKE %s ESCAPE ? AND b = ?"
        ),
        'SELECT "t"."a" FROM "t" WHERE "t"."a" = "u"."a"': (
            'SELECT "t"."a" FROM "t" WHERE "t"."a" = "u"."a"'
        ),
        'SELECT a FROM t WHERE a = "secret" AND b LIKE "se cret"': (
            "SELECT a FROM t WHERE a = ? AND b LIKE ?"
        ),
        'INSERT INTO "t" ("a", "b") VALUES ("x", "y"), ("z", "w")': (
            'INSERT INTO "t" ("a", "b") VALUES (%s, …), …'
        ),
        'WHERE a IN (SELECT "id" FROM t) AND b IN ("secret")': (
            "WHERE a IN (SELECT ? FROM t) AND b IN (?)"
        ),
        'SELECT "col1" FROM (SELECT "t"."a" AS "col1" FROM t) "q" ORDER BY "col1"': (
            'SELECT "col1" FROM (SELECT "t"."a" AS "col1" FROM t) "q" ORDER BY "col1"'
        ),
        'UPDATE "t" SET "a" = %s, "b" = "secret" WHERE "t"."id" IN (1)': (
            'UPDATE "t" SET "a" = %s, "b" = ? WHERE "t"."id" IN (?)'
        ),
        'INSERT INTO "t" ("a") VALUES (1) ON CONFLICT ("b") DO UPDATE SET "c" = EXCLUDED."c"': (
            'INSERT INTO "t" ("a") VALUES (?) ON CONFLICT ("b") DO UPDATE SET "c" = EXCLUDED."c"'
        ),
        'CREATE TABLE "t" ("a" int CHECK ("a" > 0), "b" int, UNIQUE ("a", "b"))': (
            'CREATE TABLE "t" ("a" int CHECK ("a" > ?), "b" int, UNIQUE ("a", "b"))'
        ),
        'CREATE INDEX "i" ON "t" ("a", "b" DESC)': 'CREATE INDEX "i" ON "t" ("a", "b" DESC)',
        'ALTER TABLE "t" RENAME COLUMN "a" TO "b"': 'ALTER TABLE "t" RENAME COLUMN "a" TO "b"',
        'WITH "c" ("a") AS (SELECT 1) SELECT "c".* FROM "c"': (
            'WITH "c" ("a") AS (SELECT ?) SELECT "c".* FROM "c"'
        ),
        'SELECT a FROM t JOIN u ON "secret" = f("secret")': "SELECT a FROM t JOIN u ON ? = f(?)",
        "SELECT [it's], `it's` FROM t": "SELECT [it's], `it's` FROM t",
    },
    "oracle": {"SELECT q'[it's secret]', nq'!a'b!' FROM dual": "SELECT ?, ? FROM dual"},
    "microsoft": {
        "SELECT [a]]'b], N'secret' FROM #t": "SELECT [a]]'b], ? FROM #t",
        "SELECT $4711.50, €90, $1": "SELECT ?, ?, ?",
    },
    "": {'SELECT "secret" FROM t': "SELECT ? FROM t"},
}
UNREADABLE = {
    "postgresql": ["SELECT 'secret", "SELECT 1 /* /* secret */", "SELECT $a$secret", 'SELECT "se'],
    "mysql": [
        "SELECT 'secret\\'", 'SELECT "secret', "SELECT 1 /*!99999 it's */ 'secret'",
        "SELECT `secret", "SELECT $$secret$$",
    ],
    "postgresql unsure": [r"SELECT 'it\'s secret, alice\'s', 1"],
    "mysql unsure": [r"SELECT 'it\'s secret, alice\'s', 1"],
    "sqlite": ["SELECT 'secret", "SELECT 1 /* secret", "SELECT [secret", "SELECT 1\x00secret"],
    "oracle": ["SELECT q'[secret]"],
    # What the maker's server would make of these is not known.
    "": [
        r"SELECT 'a\' OR b = 'secret'", "SELECT 1 # secret", "SELECT 1 --secret", "SELECT `secret`",
        "SELECT $$secret$$", "SELECT /* /* secret */", "SELECT 1 -- secret\rsecret",
    ],
}  # fmt: skip
BY_DIALECT = [(vendor, sql) for vendor, texts in CASES.items() for sql in texts]
DOUBTFUL = [(vendor, sql) for vendor, texts in UNREADABLE.items() for sql in texts]


@pytest.mark.parametrize("vendor", ALL)
@pytest.mark.parametrize("sql", EVERYWHERE, ids=range(len(EVERYWHERE)))
def test_literals_go_and_the_shape_stays(vendor: str, sql: str) -> None:
    """What is left tells two queries apart, and tells nothing else."""
    assert normalise(sql, vendor) == EVERYWHERE[sql]


@pytest.mark.parametrize(("vendor", "sql"), BY_DIALECT, ids=range(len(BY_DIALECT)))
def test_each_database_reads_in_its_own_way(vendor: str, sql: str) -> None:
    """The same characters hide different things."""
    assert normalise(sql, vendor) == CASES[vendor][sql]


@pytest.mark.parametrize(("vendor", "sql"), DOUBTFUL, ids=range(len(DOUBTFUL)))
def test_what_cannot_be_read_is_sent_as_a_hash(vendor: str, sql: str) -> None:
    """An unfinished literal may hide anything, and so may a text that servers read differently."""
    assert normalise(sql, vendor).startswith("sql:")
    assert "secret" not in normalise(sql, vendor)
    assert normalise(normalise(sql, vendor)) == normalise(sql, vendor)


class Connection:
    """As much of Django's as tells the dialect."""

    def __init__(self, vendor: str, **known: object) -> None:
        self.vendor = vendor
        self.__dict__.update(known)


def test_the_dialect_is_the_connection_s() -> None:
    """MySQL's modes change it; before they are known, how literals end is not known either."""
    assert dialect_of(Connection("sqlite")) == "sqlite"
    assert dialect_of(Connection("postgresql", connection=None)) == "postgresql unsure"
    assert dialect_of(Connection("mysql")) == "mysql unsure"
    assert not is_sure("mysql unsure")
    for modes, name in (
        ("STRICT_TRANS_TABLES", "mysql"),
        ("REAL_AS_FLOAT,ANSI_QUOTES", "mysql ansi"),
        ("NO_BACKSLASH_ESCAPES", "mysql plain"),
    ):
        assert dialect_of(Connection("mysql", mysql_server_data={"sql_mode": modes})) == name
        assert is_sure(name)


# Of SQLite's own manual and of what it accepts: `"alice"` is a text in all of them.
POSITIONS = (
    "{} = a", "a = {}", "a <> {}", "a IS {}", "a BETWEEN {} AND {}", "a IN (1, lower({}))",
    "lower({})", "CASE WHEN a={} THEN {} ELSE {} END", "CASE a WHEN {} THEN 1 END",
    "(a,1) = ({},1)", "a = ({})", "a LIKE ({})", "a || {}", "{} || a", "a = CAST({} AS text)",
    "a NOT IN ({})", "printf({}, a)", "NOT {}", "a COLLATE nocase = {}", "a IS DISTINCT FROM {}",
    "EXISTS (SELECT {})", "a = {} ORDER BY {}", "a = (SELECT {} FROM t)",
)  # fmt: skip


@pytest.mark.parametrize("position", POSITIONS)
def test_what_sqlite_takes_for_a_text_is_one(position: str) -> None:
    sql = "SELECT * FROM t WHERE " + position.replace("{}", '"alice"')
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE t(a)")
        database.execute(sql)

    assert "alice" not in normalise(sql, "sqlite")


def test_columns_of_the_application_are_names() -> None:
    sql = 'SELECT "title" FROM t WHERE "author" = "alice"'
    text = normalise(sql, "sqlite", frozenset({'"title"', '"author"'}))
    assert text == 'SELECT "title" FROM t WHERE "author" = ?'


def test_who_has_no_key_cannot_find_out_by_trying_what_was_hashed() -> None:
    """It is the application's: the same in all of its processes, and known to no viewer."""
    sql = "SELECT 'secret"
    assert normalise(sql, "sqlite", key=b"one") != normalise(sql, "sqlite", key=b"other")
    assert normalise(sql, "sqlite", key=b"one") == normalise(sql, "sqlite", key=b"one")


def test_lists_of_different_length_are_one_text() -> None:
    """Otherwise each size of an IN list would be a query of its own."""
    texts = {
        normalise(f"SELECT a FROM t WHERE id IN ({', '.join(['%s'] * n)}) LIMIT 3", vendor)
        for n in (2, 9, 500, 50_000)
        for vendor in ALL
    }

    assert texts == {"SELECT a FROM t WHERE id IN (%s, …) LIMIT ?"}


@pytest.mark.parametrize("vendor", ALL)
def test_a_text_is_bounded(vendor: str) -> None:
    """A megabyte of SQL costs a bounded time and a bounded definition, and says that it is cut."""
    for column in ("column", "größe"):
        text = normalise("SELECT " + ", ".join(f"{column}_{n}" for n in range(100_000)), vendor)

        assert len(text.encode()) <= TEXT_BYTES
        assert text.endswith(" …")
        assert normalise(text, vendor) == text


def test_a_text_that_is_cut_is_cut_before_what_it_cuts_through() -> None:
    """Half a literal is none."""
    text = normalise("SELECT 1, '" + "secret " * 200_000 + "'", "postgresql")

    assert text == "SELECT ?, …"


HOSTILE = [
    "'" + r"\'" * 500_000, "$a$ " * 250_000, "/* " * 300_000, "'" * 1_000_001, "1," * 500_000,
    "(" * 1_000_000, "E''\n" * 200_000, "''\n--\n" * 150_000, "((%s, %s), " * 90_000, '"' * 999_999,
    "-" * 1_000_000, " " * 1_000_000, "$" * 1_000_000, "a" * 1_000_000, "x'" * 500_000,
    "VALUES (1), " * 90_000, "/*" * 200_000 + "*/" * 200_000, "/*!" * 300_000, "." * 1_000_000,
]  # fmt: skip


@pytest.mark.parametrize("vendor", ["", "postgresql", "mysql", "sqlite"])
@pytest.mark.parametrize("sql", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_cost_no_more_than_others(
    vendor: str, sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a megabyte no more is read than what stands before the cut."""
    read: list[int] = []
    original = sqltext._Reader.read

    def counted(reader: sqltext._Reader, *, cut: bool) -> str:
        read.append(len(reader._sql))
        return original(reader, cut=cut)

    monkeypatch.setattr(sqltext._Reader, "read", counted)
    text = normalise(f"SELECT {sql}", vendor)

    assert len(text) <= TEXT_BYTES
    assert read == [sqltext.MAX_CHARS + 1]


def test_long_texts_are_not_hoarded() -> None:
    """Raw SQL with literals differs each time: what is remembered of it is bounded."""
    sites, texts = Sites(), Texts()
    for number in range(200):
        sites.sight(texts.short(f"SELECT '{number}{'x' * 100_000}'"), 0)

    assert sum(map(len, sites._seen)) <= MAX_CHARS
    assert all(len(sight.shape.sql) <= KEPT for sights in sites._seen.values() for sight in sights)


def test_a_query_is_read_by_the_rules_of_its_own_database(unit: Unit) -> None:
    """SQLite's: double quotes hold names, and a text where a value has to come."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute('SELECT "id" FROM "shop_book" WHERE "title" = "secret"')
    seen = Seen(unit)
    (group,) = seen.unit.groups

    assert [each.dialect for each in unit.groups.values()] == ["sqlite"]
    assert json.loads(seen.defs.unsent[group.sql_id]) == (
        'SELECT "id" FROM "shop_book" WHERE "title" = ?'
    )
