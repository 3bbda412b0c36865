"""factory_boy's."""

import factory

from shop.models import Author, Book


class AuthorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Author

    name = factory.Sequence("author {}".format)


class BookFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Book

    title = "a book"
    author = factory.SubFactory(AuthorFactory)
