"""What views and tests call."""

from shop.models import Author, Book


def rename_all():
    for pk in Book.objects.values_list("pk", flat=True):
        Book.objects.filter(pk=pk).update(title="renamed")


def add(title):
    author = Author.objects.create(name=title)
    return Book.objects.create(title=title, author=author)


def titles():
    return [book.title for book in Book.objects.all()]


def all_credits(books):
    return [book.credits() for book in books]


def first_author():
    return Author.objects.order_by("pk").first()


def author(pk):
    return Author.objects.filter(pk=pk).first()


def report():
    return [first_author().name for _ in range(6)]


async def async_names():
    books = Book.objects.all()
    return [(await Author.objects.aget(pk=book.author_id)).name async for book in books]
