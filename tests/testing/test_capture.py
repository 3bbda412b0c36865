"""capture(): findings of a block, in this process."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from djscope.testing import capture
from tests.real.leaks import patches


def authors(n: int) -> Iterator[str]:
    from shop.models import Book

    for book in Book.objects.order_by("pk")[:n]:
        yield book.author.name


def test_an_n_plus_one_is_found_with_its_fix(shop: None) -> None:
    """As a viewer would be told."""
    with capture() as found:
        list(authors(5))
    (finding,) = found.findings

    assert (finding.kind, finding.relation) == ("n_plus_one", "Book.author")
    assert finding.where.short.startswith("testing/test_capture.py:")
    assert finding.origin is not None
    assert finding.origin.short.startswith("testing/test_capture.py:")
    assert found.queries == 6
    assert '.select_related("author")' in found.report()


def test_healthy_code_has_no_finding(shop: None) -> None:
    """Nothing to say is an empty report."""
    from shop.models import Book

    with capture() as found:
        assert [book.author.name for book in Book.objects.select_related("author")[:5]]

    assert (found.findings, found.report(), found.queries) == ([], "", 1)


def test_a_query_that_takes_long_is_the_machines_unless_one_asks(shop: None) -> None:
    """One that waits for a disk or for the CPU fails nobody's test."""
    from django.db import connection

    def slowly() -> int:
        time.sleep(0.25)
        return 1

    with connection.cursor() as cursor:
        connection.connection.create_function("slowly", 0, slowly)
        with capture() as found:
            cursor.execute("SELECT slowly()")
        with capture(slow_query=200) as asked:
            cursor.execute("SELECT slowly()")

    assert (found.queries, found.report()) == (1, "")
    assert [each.kind for each in asked.findings] == ["slow_query"]


def test_the_originals_are_back_afterwards(shop: None) -> None:
    """Also when the block fails; its exception goes on its way."""
    before = patches()
    with pytest.raises(KeyError), capture() as found:
        list(authors(3))
        raise KeyError

    assert patches() == before
    assert [each.kind for each in found.findings] == ["n_plus_one"]


def test_captures_nest(shop: None) -> None:
    """What is in the inner one is in both, and the outer one goes on after it."""
    with capture() as outer:
        list(authors(2))
        with capture() as inner:
            list(authors(4))
        list(authors(2))

    assert (inner.queries, outer.queries) == (5, 11)
    assert [each.kind for each in inner.findings] == ["n_plus_one"]
    assert [each.kind for each in outer.findings] == ["n_plus_one"]


def test_findings_so_far_are_known_within_the_block(shop: None) -> None:
    """As often as one asks, in whatever second: nothing is counted twice."""
    with capture(n_plus_one=2) as found:
        for n, _ in enumerate(authors(4), 1):
            assert [each.evidence["queries"] for each in found.so_far()] == [n] * (n > 1)
            time.sleep(0.4)

    assert [each.evidence["queries"] for each in found.findings] == [4]


def test_of_many_kinds_of_queries_none_is_left_out(shop: None) -> None:
    """A frame on the wire has room for 64 of them, a block of code has no such bound."""
    from django.db import connection

    with capture() as found, connection.cursor() as cursor:
        for n in range(100):
            for _ in range(5):
                cursor.execute(f"SELECT 1 AS x{n}")

    assert found.queries == 500
    assert len(found.findings) == 100


def test_threads_in_the_block_are_not_of_it(shop: None) -> None:
    """Their context is another one."""
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    with capture() as found, ThreadPoolExecutor(1) as pool:
        pool.submit(list, authors(4)).result()
        pool.submit(connections.close_all).result()

    assert found.queries == 0
