"""Each of these has to be found."""

from urllib.request import urlopen

import pytest
from django.core.management import call_command
from django.test import TestCase

from shop import services, tasks
from tests.factories import BookFactory


def test_view(client, books):
    assert client.get("/books/").status_code == 200


@pytest.mark.parametrize("turn", range(3))
def test_view_again(client, books, turn):
    client.get("/books/")


def test_direct(books):
    services.rename_all()


def test_helper(books):
    assert services.report()


class TestUnittest(TestCase):
    @classmethod
    def setUpTestData(cls):
        BookFactory.create_batch(5)

    def setUp(self):
        for number in range(7):
            services.add(f"extra {number}")
        self.client.get("/books/")

    def test_view(self):
        self.client.get("/books/")


def test_task(books):
    tasks.rename.delay()


def test_command(books):
    call_command("rename")


def test_live_server(many_rows, live_server):
    with urlopen(f"{live_server.url}/books/") as response:
        assert response.status == 200


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_async_service(many_rows):
    assert await services.async_names()


@pytest.fixture
def many_rows(transactional_db):
    BookFactory.create_batch(6)


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_async_view(many_rows, async_client):
    response = await async_client.get("/async/")
    assert response.status_code == 200
