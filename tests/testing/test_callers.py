"""One helper called from different places is no loop; one called in a loop is."""

from __future__ import annotations

from djscope.testing import capture


def priced(pk: int) -> object:
    """A helper: one query at one line, whoever calls it."""
    from shop.models import Book

    return Book.objects.get(pk=pk)


def page() -> list[object]:
    """Six places that need one book each."""
    first = priced(1)
    second = priced(2)
    third = priced(3)
    fourth = priced(4)
    fifth = priced(5)
    sixth = priced(6)
    return [first, second, third, fourth, fifth, sixth]


def test_a_helper_called_in_a_loop_is_a_loop(shop: None) -> None:
    """Its line is where the query is, the loop is its caller's."""
    with capture() as found:
        for pk in range(1, 7):
            priced(pk)

    assert [each.kind for each in found.findings] == ["query_loop"]


def test_a_helper_called_from_six_places_is_no_loop(shop: None) -> None:
    """Once from each: nothing repeats."""
    with capture() as found:
        page()

    assert found.findings == []


def test_the_same_row_asked_for_in_three_places_is_repeated(shop: None) -> None:
    """Duplicates are so whoever asks, loops are not: what is mended must keep that apart."""
    with capture() as found:
        first = priced(1)
        second = priced(1)
        third = priced(1)

    assert first == second == third
    assert [each.kind for each in found.findings] == ["duplicate_query"]
    assert found.findings[0].where.function == "priced"


def written(n: int) -> None:
    """A helper that writes its value into the text."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {n}")


def test_texts_that_differ_in_literals_are_one_loop(shop: None) -> None:
    """Each is another text; the stack that asks is the same."""
    with capture() as found:
        for n in range(6):
            written(n)

    assert [each.kind for each in found.findings] == ["query_loop"]


def test_nor_are_literals_from_six_places_a_loop(shop: None) -> None:
    """Once from each."""
    with capture() as found:
        written(1)
        written(2)
        written(3)
        written(4)
        written(5)
        written(6)

    assert found.findings == []
