"""One view with an N+1, one without."""

from django.http import HttpResponse

from shop.models import Book


def book_list(request):
    return HttpResponse(", ".join(book.author.name for book in Book.objects.all()))


def healthy_list(request):
    books = Book.objects.select_related("author")
    return HttpResponse(", ".join(book.author.name for book in books))


def detail(request, pk):
    return HttpResponse(Book.objects.get(pk=pk).title)


async def async_list(request):
    return HttpResponse(", ".join([await name_of(book) async for book in Book.objects.all()]))


async def name_of(book):
    from shop.models import Author

    return (await Author.objects.aget(pk=book.author_id)).name
