"""Long SQL texts: short in memory, the same to the reader."""

from __future__ import annotations

import json

import pytest

from djscope_probes.instruments.texts import KEPT, LONG, MAX_KNOWN, Texts, shorten
from djscope_probes.sqltext import normalise
from djscope_probes.units import Unit
from tests.probes.conftest import Seen


def listed(n: int, comma: str = ", ") -> str:
    return comma.join(["%s"] * n)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT x FROM t WHERE id IN ({})",
        "SELECT x FROM t WHERE a = %s AND id IN ({}) AND b IN ({})",
        "INSERT INTO t (a) VALUES ({})",
    ],
)
def test_a_list_of_any_length_reads_alike(text: str) -> None:
    """What is sent does not depend on what was made short before."""
    short, long = (text.replace("{}", listed(n)) for n in (3, 5_000))

    assert len(shorten(long)) < 200
    assert normalise(shorten(long)) == normalise(short)


@pytest.mark.parametrize("comma", [", ", ","])
def test_rows_of_any_number_read_alike(comma: str) -> None:
    """`bulk_create` writes a list per row."""
    rows = [f"INSERT INTO t (a, b) VALUES {comma.join([f'({listed(2)})'] * n)}" for n in (3, 900)]

    assert len(shorten(rows[1])) < 100
    assert normalise(shorten(rows[1])) == normalise(rows[0])


@pytest.mark.parametrize("text", ["SELECT %s, 1, %s", "SELECT 100%%, '%s'", "SELECT f(%s), g(%s)"])
def test_what_is_no_list_stays(text: str) -> None:
    """Character by character."""
    assert shorten(text) == text


def test_memory_is_bounded() -> None:
    """By the number of texts and the length of each."""
    texts = Texts()
    for n in range(MAX_KNOWN + 10):
        assert len(texts.short(f"SELECT {n}, '{'x' * KEPT}'")) == KEPT

    assert len(texts._known) <= MAX_KNOWN


def test_lists_of_many_lengths_are_one_group_and_one_shape(unit: Unit) -> None:
    """In the process already, not only on the wire."""
    from shop.models import Book

    for n in range(LONG // 4 + 100, LONG // 4 + 150):
        list(Book.objects.filter(pk__in=range(n)))
    (group,) = unit.groups.values()

    assert group.n == 50
    assert len(group.shape.sql) < LONG
    assert "IN (%s, …)" in json.loads(sql_of(unit))


def sql_of(unit: Unit) -> str:
    seen = Seen(unit)
    return seen.defs.unsent[seen.unit.groups[0].sql_id]
