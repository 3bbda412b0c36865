"""SQL leaves the process without literals, comments and list sizes."""

from __future__ import annotations

import pytest

from djscope_probes.sqltext import normalise
from djscope_probes.wire import TEXT_BYTES

CASES = {
    "SELECT * FROM t WHERE a = 'secret'": "SELECT * FROM t WHERE a = ?",
    "SELECT * FROM t WHERE a = 'it''s secret' OR b = 4711": "SELECT * FROM t WHERE a = ? OR b = ?",
    r"SELECT * FROM t WHERE a = 'a\'secret'": "SELECT * FROM t WHERE a = ?",
    "SELECT E'\\'secret'": "SELECT ?",
    "SELECT $$secret$$, $tag$se$$cret$tag$": "SELECT ?, ?",
    "SELECT 1.5e10, 0xFF, t1.c2": "SELECT ?, ?, t1.c2",
    "SELECT /* secret */ 1 -- secret\nFROM t": "SELECT  ?  FROM t",
    'SELECT "T"."a" FROM `x` WHERE "T"."id" IN (%s, %s, %s)': (
        'SELECT "T"."a" FROM `x` WHERE "T"."id" IN (%s, …)'
    ),
    "INSERT INTO t VALUES (%s, %s), (%s, %s), (%s, %s)": "INSERT INTO t VALUES (%s, …), …",
    r"SELECT a FROM t WHERE a LIKE %s ESCAPE '\' AND b = 'secret'": (
        "SELECT a FROM t WHERE a LIKE %s ESCAPE ? AND b = ?"
    ),
    'SAVEPOINT "s140_x1"': "SAVEPOINT …",
    "SELECT %(name)s": "SELECT %(name)s",
}


@pytest.mark.parametrize(("sql", "expected"), CASES.items(), ids=range(len(CASES)))
def test_literals_go_and_the_shape_stays(sql: str, expected: str) -> None:
    """What is left tells two queries apart, and tells nothing else."""
    assert normalise(sql) == expected


@pytest.mark.parametrize("sql", ["SELECT 'secret", "SELECT 1 /* secret", "SELECT $$secret"])
def test_what_cannot_be_read_is_sent_as_a_hash(sql: str) -> None:
    """An unfinished literal may hide anything."""
    assert normalise(sql).startswith("sql:")
    assert "secret" not in normalise(sql)


def test_lists_of_different_length_are_one_text() -> None:
    """Otherwise each size of an IN list would be a query of its own."""
    texts = {
        normalise(f"SELECT a FROM t WHERE id IN ({', '.join(['%s'] * n)})") for n in (2, 9, 500)
    }

    assert len(texts) == 1


def test_a_text_is_bounded() -> None:
    """A megabyte of SQL costs a bounded time and a bounded definition."""
    assert (
        len(normalise("SELECT " + ", ".join(f"column_{n}" for n in range(100_000)))) <= TEXT_BYTES
    )


@pytest.mark.parametrize(
    "sql", ["'" + r"\'" * 30_000, "$a$ " * 15_000, "/* " * 20_000, "'" * 60_001]
)
def test_hostile_texts_cost_no_more_than_others(sql: str) -> None:
    """The regular expression holds the interpreter: it must not be quadratic. (This test would
    not end in its time.)
    """
    assert normalise(f"SELECT {sql}")
