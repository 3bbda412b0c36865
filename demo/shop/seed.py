"""The same shop every time: a seeded generator, no clock, no network."""

import random
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from shop.models import (
    Author,
    Biography,
    Book,
    Country,
    Customer,
    Note,
    Order,
    OrderLine,
    Publisher,
    Review,
    Tag,
)

COUNTRIES = {
    "AR": "Argentina",
    "CL": "Chile",
    "CZ": "Czechia",
    "DE": "Germany",
    "EG": "Egypt",
    "FR": "France",
    "IN": "India",
    "JP": "Japan",
    "NG": "Nigeria",
    "NL": "Netherlands",
    "PL": "Poland",
    "SE": "Sweden",
}
FIRST = ("Ada", "Bruno", "Chinua", "Dora", "Emil", "Frida", "Goran", "Hana", "Ines", "Jun")
LAST = ("Achebe", "Borges", "Calvino", "Duras", "Eco", "Frisch", "Grass", "Hrabal", "Ishi", "Lem")
ADJECTIVE = ("Silent", "Second", "Crooked", "Northern", "Borrowed", "Paper", "Hollow", "Late")
NOUN = ("Harbour", "Garden", "Winter", "Archive", "Orchard", "Letter", "Mirror", "Railway")
HOUSES = ("Aldine", "Bodoni", "Caslon", "Didot", "Elzevir", "Garamond", "Jenson", "Plantin")
TAGS = ("crime", "essay", "history", "novel", "poetry", "stories", "travel")
TAGGED, TAGS_EACH = 400, 2
AUTHORS, BOOKS, REVIEWS, CUSTOMERS, ORDERS = 100, 1200, 2400, 150, 300
OPENED = datetime(2026, 1, 1, tzinfo=timezone.utc)  # noqa: UP017  Python 3.10 has no UTC


def seed() -> None:
    """Fill an empty database."""
    rng = random.Random(7)
    seed_catalogue(rng)
    seed_orders(rng)
    seed_details(rng)


def seed_catalogue(rng: random.Random) -> None:
    countries = Country.objects.bulk_create(
        Country(code=code, name=name, vat=Decimal(rng.randint(5, 25)))
        for code, name in COUNTRIES.items()
    )
    publishers = Publisher.objects.bulk_create(Publisher(name=f"{name} Press") for name in HOUSES)
    authors = Author.objects.bulk_create(
        Author(name=f"{rng.choice(FIRST)} {rng.choice(LAST)} {n}", country=rng.choice(countries))
        for n in range(AUTHORS)
    )
    books = Book.objects.bulk_create(
        Book(
            isbn=f"978{n:010d}",
            title=f"The {rng.choice(ADJECTIVE)} {rng.choice(NOUN)}, volume {n}",
            price=Decimal(rng.randint(500, 4900)) / 100,
            author=rng.choice(authors),
            publisher=rng.choice(publishers),
        )
        for n in range(BOOKS)
    )
    Review.objects.bulk_create(
        Review(book=rng.choice(books), stars=rng.randint(1, 5), text="Could not put it down.")
        for _ in range(REVIEWS)
    )


def seed_orders(rng: random.Random) -> None:
    books = list(Book.objects.only("pk"))
    customers = Customer.objects.bulk_create(
        Customer(email=f"reader{n}@example.org", name=rng.choice(FIRST)) for n in range(CUSTOMERS)
    )
    orders = Order.objects.bulk_create(
        Order(customer=rng.choice(customers), placed_at=OPENED + timedelta(hours=n))
        for n in range(ORDERS)
    )
    OrderLine.objects.bulk_create(
        OrderLine(order=order, book=rng.choice(books), quantity=rng.randint(1, 3))
        for order in orders
        for _ in range(rng.randint(1, 5))
    )


def seed_details(rng: random.Random) -> None:
    """What hangs on authors, books and orders; drawn last, so that the rest stays as it was."""
    Biography.objects.bulk_create(
        Biography(author=author, text=f"{author.name} writes.") for author in Author.objects.all()
    )
    tags = Tag.objects.bulk_create(Tag(name=name) for name in TAGS)
    Book.tags.through.objects.bulk_create(
        Book.tags.through(book=book, tag=tag)
        for book in Book.objects.order_by("author", "pk")[:TAGGED]
        for tag in rng.sample(tags, TAGS_EACH)
    )
    Note.objects.bulk_create(
        Note(text="Wrap it as a present.", about=order) for order in Order.objects.all()
    )
