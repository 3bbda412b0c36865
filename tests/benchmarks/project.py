"""A page of 200 lazily loaded foreign keys on an in-memory SQLite, 25 application frames deep."""

from __future__ import annotations

import django
from django.conf import settings

PAGE = 200
DEPTH = 25


def set_up(apps: list[str]) -> None:
    """Django, two tables, and rows for a page."""
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=["django.contrib.contenttypes", *apps, "tests.benchmarks"],
        USE_TZ=True,
        STATIC_URL="/static/",
        LOGGING_CONFIG=None,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    )
    django.setup()
    from django.db import connection

    from tests.benchmarks.models import Author, Book

    with connection.schema_editor() as editor:
        editor.create_model(Author)
        editor.create_model(Book)
    authors = Author.objects.bulk_create(Author(name=f"author {n}") for n in range(PAGE))
    Book.objects.bulk_create(Book(title=f"book {n}", author=authors[n]) for n in range(PAGE))


def page(depth: int = DEPTH) -> int:
    """What a view does: N+1 queries, called from a stack of ordinary depth."""
    if depth:
        return page(depth - 1)
    from tests.benchmarks.models import Book

    return sum(len(book.author.name) for book in Book.objects.all())
