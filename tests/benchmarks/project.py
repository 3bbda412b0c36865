"""Pages of 200 queries on an in-memory SQLite, 25 application frames deep; or of 50
requests.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings

PAGE = 200
REQUESTS_OF_PAGE = 50
DEPTH = 25
# Of whole requests; all other scenes are of queries.
REQUESTS = "requests"
Page = Callable[[str], Any]


def set_up(apps: list[str]) -> None:
    """Django, two tables, and rows for a page."""
    from tests.benchmarks.requests import APPS, SETTINGS

    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=["django.contrib.contenttypes", *APPS, *apps, "tests.benchmarks"],
        USE_TZ=True,
        STATIC_URL="/static/",
        LOGGING_CONFIG=None,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        **SETTINGS,
    )
    django.setup()
    # What a server has loaded before anybody watches.
    importlib.import_module("django.core.handlers.wsgi")
    from django.db import connection

    from tests.benchmarks.models import Author, Book

    with connection.schema_editor() as editor:
        editor.create_model(Author)
        editor.create_model(Book)
    authors = Author.objects.bulk_create(Author(name=f"author {n}") for n in range(PAGE))
    Book.objects.bulk_create(Book(title=f"book {n}", author=authors[n]) for n in range(PAGE))


def page(scene: str = "foreign key", depth: int = DEPTH) -> int:
    """What a view does: N+1 queries, called from a stack of ordinary depth."""
    return page(scene, depth - 1) if depth and scene != REQUESTS else SCENES[scene]()


def size_of(scene: str) -> int:
    """Queries, or requests, of one page."""
    return REQUESTS_OF_PAGE if scene == REQUESTS else PAGE


def foreign_key() -> int:
    from tests.benchmarks.models import Book

    return sum(len(book.author.name) for book in Book.objects.all())


def reverse() -> int:
    from tests.benchmarks.models import Author

    return sum(len(author.books.all()) for author in Author.objects.all())


def count() -> int:
    from tests.benchmarks.models import Author

    return sum(author.books.count() for author in Author.objects.all())


def get() -> int:
    from tests.benchmarks.models import Author

    return sum(len(Author.objects.get(pk=pk).name) for pk in range(1, PAGE + 1))


def requests() -> int:
    from tests.benchmarks.requests import requests

    return requests()


SCENES: dict[str, Callable[[], int]] = {
    "foreign key": foreign_key, "reverse": reverse, "count": count, "get": get, REQUESTS: requests,
}  # fmt: skip
