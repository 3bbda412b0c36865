"""Rows by a loop over application code, as set-up goes."""

import pytest

from shop import services


@pytest.fixture
def books(db):
    return [services.add(f"book {number}") for number in range(6)]


@pytest.fixture
def many(db):
    for number in range(8):
        services.add(f"more {number}")


@pytest.fixture
def stored(books):
    from shop.models import Book

    return list(Book.objects.all())
