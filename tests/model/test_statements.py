"""What a statement's text tells: as Django writes it, and nothing that is not certain."""

from __future__ import annotations

import pytest

from djscope.model.findings.statements import Statement, read

WHERE = {
    'SELECT "b"."id" FROM "b" WHERE "b"."isbn" = %s LIMIT ?': (1, "isbn"),
    "SELECT `b`.`id` FROM `b` WHERE `b`.`isbn` = %s ORDER BY `b`.`id` ASC": (1, "isbn"),
    "SELECT price FROM b WHERE isbn = %s": (1, "isbn"),
    'SELECT "b"."id" FROM "b" WHERE ("b"."a" = %s AND "b"."c" = %s)': (2, ""),
    'SELECT "b"."id" FROM "b" INNER JOIN "t" ON ("b"."id" = "t"."x") WHERE "t"."y" = %s': (1, ""),
    'SELECT "b"."id" FROM "b" WHERE "b"."isbn" IN (%s, …)': (1, ""),
    'SELECT "b"."id" FROM "b" WHERE "b"."price" > %s': (1, ""),
    'SELECT "b"."id" FROM "b" WHERE ("b"."a" = %s OR "b"."a" = %s)': (-1, ""),
    'SELECT "b"."id" FROM "b" WHERE "b"."a" IN (SELECT U0."x" FROM "c" U0)': (-1, ""),
    'SELECT "b"."id" FROM "b"': (0, ""),
    'DELETE FROM "b" WHERE "b"."isbn" = %s': (1, "isbn"),
}  # fmt: skip


@pytest.mark.parametrize("sql", WHERE)
def test_what_is_compared(sql: str) -> None:
    """The one column of the statement's own table, if it is one and compared with one value."""
    found = read(sql)

    assert (found.conditions, found.key) == WHERE[sql]
    assert found.table == "b"


def test_what_is_written() -> None:
    """The columns of an update, unless values are expressions."""
    plain = 'UPDATE "b" SET "title" = %s, "author_id" = %s WHERE "b"."id" = %s'
    cased = 'UPDATE "b" SET "n" = CASE WHEN ("b"."id" = %s) THEN %s END WHERE "b"."id" IN (%s)'

    assert read(plain).written == ("title", "author_id")
    assert read(cased).written == ()
    assert (read(plain).writes, read("SELECT a FROM b").writes) == (True, False)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ('"b"."title" ASC', ("title",)),
        ('"b"."price" DESC, "b"."id" ASC', ("-price", "id")),
        ('LOWER("b"."title") ASC', ()),
        ('"c"."name" ASC', ()),
    ],
)
def test_the_order(order: str, expected: tuple[str, ...]) -> None:
    """As order_by() takes it; nothing of other tables and of expressions."""
    sql = f'SELECT "b"."id" FROM "b" WHERE "b"."a_id" = %s ORDER BY {order} LIMIT ?'

    assert read(sql).order == expected


def test_an_aggregate() -> None:
    """Its function and its column."""
    found = read('SELECT AVG("r"."stars") AS "n" FROM "r" WHERE "r"."book_id" = %s')

    assert (found.function, found.operand, found.key) == ("Avg", "stars", "book_id")


@pytest.mark.parametrize(
    "sql", ["", "…", "BEGIN", "WITH n AS (SELECT ?) SELECT * FROM n", "EXEC p"]
)
def test_of_other_texts_nothing_is_claimed(sql: str) -> None:
    """No table, no column."""
    assert read(sql) == Statement()
