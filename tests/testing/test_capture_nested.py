"""capture(): tasks and requests in the block have units of their own, and are of it."""

from __future__ import annotations

import io

from djscope.testing import capture


def test_an_eager_task_is_part_of_the_block(shop: None) -> None:
    """It runs here, so it is found here, under its own name."""
    from celery import Celery

    from shop.models import Book

    app = Celery("eager", broker="memory://", set_as_current=False)
    app.conf.task_always_eager = True

    @app.task(name="shop.authors")
    def authors() -> list[str]:
        return [book.author.name for book in Book.objects.order_by("pk")[:4]]

    with capture() as found:
        assert len(authors.delay().get()) == 4

    assert [(each.kind, each.unit) for each in found.findings] == [("n_plus_one", "shop.authors")]
    assert found.queries == 5


def test_a_request_to_the_application_is_part_of_the_block(shop: None) -> None:
    """As a test client makes it that speaks WSGI."""
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/n_plus_one/", "SERVER_NAME": "testserver",
        "SERVER_PORT": "80", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
        "HTTP_HOST": "localhost",
    }  # fmt: skip
    with capture() as found:
        application(environ, lambda *_: None).close()

    assert [(each.kind, each.unit) for each in found.findings] == [("n_plus_one", "n_plus_one/")]


def test_an_inner_block_keeps_its_tasks(shop: None) -> None:
    """The outer one does not have them, too."""
    from celery import Celery

    from shop.models import Book

    app = Celery("eager", broker="memory://", set_as_current=False)
    app.conf.task_always_eager = True

    @app.task(name="shop.count")
    def count() -> int:
        return int(Book.objects.count())

    with capture() as outer:
        count.delay()
        with capture() as inner:
            count.delay()
            count.delay()

    assert (inner.queries, outer.queries) == (2, 1)
