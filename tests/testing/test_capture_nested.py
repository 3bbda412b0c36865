"""capture(): tasks and requests in the block have units of their own, and are of it."""

from __future__ import annotations

import io

import pytest

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


def test_the_tasks_of_an_inner_block_are_in_both(shop: None) -> None:
    """Each once, also when the outer one is asked meanwhile."""
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
            outer.so_far()
            count.delay()
        outer.so_far()
        count.delay()

    assert (inner.queries, outer.queries) == (2, 4)


def test_requests_of_the_test_client_are_units(shop: None) -> None:
    """A healthy page asked for six times is no duplicate; one that is not has its route."""
    from django.test import Client

    from shop.models import Book

    with capture() as healthy:
        for _ in range(6):
            assert Client(headers={"host": "localhost"}).get("/healthy/list/").status_code == 200
    with capture() as found:
        Client(headers={"host": "localhost"}).get("/n_plus_one/")
        for _ in range(6):
            Book.objects.count()
    kinds = {(each.kind, each.unit) for each in found.findings}

    assert healthy.findings == [], healthy.report()
    assert healthy.queries >= 6
    assert kinds == {("n_plus_one", "n_plus_one/"), ("duplicate_query", "command capture")}


def test_a_response_that_nobody_reads_ends_with_the_block(shop: None) -> None:
    """What comes after it is nobody's."""
    from django.http import StreamingHttpResponse
    from django.test import RequestFactory
    from django.test.client import ClientHandler

    from djscope_probes.units import current

    def streaming(_request: object) -> StreamingHttpResponse:
        return StreamingHttpResponse(iter([b"a", b"b"]))

    handler = ClientHandler()
    handler._middleware_chain = streaming
    with capture():
        handler(RequestFactory().get("/").environ)
        assert current() is not None

    assert current() is None


def test_how_a_request_ends_is_for_the_test_to_say(shop: None) -> None:
    """One that fails on purpose is no finding of a block."""
    from django.http import HttpRequest
    from django.test import RequestFactory
    from django.test.client import ClientHandler

    def failing(_request: HttpRequest) -> None:
        raise KeyError

    handler = ClientHandler()
    handler._middleware_chain = failing
    with capture() as found, pytest.raises(KeyError):
        handler(RequestFactory().get("/").environ)

    assert found.findings == []
