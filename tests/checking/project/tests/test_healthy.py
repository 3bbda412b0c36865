"""None of these is the application's fault."""

from django.test import TestCase
from hypothesis import HealthCheck, given, settings, strategies
from model_bakery import baker

from shop import services, tasks
from shop.models import Author, Book
from tests.factories import BookFactory


def test_arranging_in_the_test(db):
    for number in range(9):
        services.add(f"book {number}")
    BookFactory.create_batch(9)
    baker.make(Book, _quantity=9)
    assert services.titles()


def test_loop_over_a_view(client, books):
    for _ in range(6):
        client.get(f"/book/{books[0].pk}/")


def test_loop_over_a_service(books):
    assert [services.first_author() for _ in range(6)]


def test_mapped_service(books):
    assert list(map(services.author, [1] * 6))


@given(strategies.integers())
@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=8)
def test_examples(books, number):
    services.first_author()


def test_several_lines_call_one_function(books):
    services.first_author()
    services.first_author()
    services.first_author()
    services.first_author()
    services.first_author()


def test_rows_that_the_test_loads(books):
    found = list(Book.objects.all())
    services.all_credits(found)
    assert [book.author.name for book in Book.objects.all()]


def test_rows_of_a_fixture(stored):
    assert services.all_credits(stored)


def test_late_fixture(request, db):
    request.getfixturevalue("many")


def test_healthy_view(client, books):
    client.get("/healthy/")


class TestCounted(TestCase):
    def setUp(self):
        for number in range(6):
            services.add(f"extra {number}")
        self.client.get("/books/")
        tasks.rename.delay()

    def test_counted(self):
        with self.assertNumQueries(1):
            self.client.get("/healthy/")
        with self.assertNumQueries(7):
            assert [book.author.name for book in Book.objects.all()]
        assert Author.objects.count() == 6
