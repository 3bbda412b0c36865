"""Asked of related rows, for each row anew; the twins ask in the query that loads the rows."""

from django.db.models import Count, Exists, OuterRef, Prefetch, prefetch_related_objects
from django.http import JsonResponse

from shop.models import Author, Book, Review

BARGAIN = 15


def n_plus_one_count(request):
    authors = list(Author.objects.order_by("name")[:25])  # origin: n_plus_one_count
    return JsonResponse({"authors": [output(author) for author in authors]})


def output(author):
    return {"name": author.name, "books": author.books.count()}  # finding: n_plus_one_count


def healthy_count(request):
    authors = Author.objects.annotate(books_count=Count("books")).order_by("name")[:25]
    return JsonResponse({"authors": [{"name": a.name, "books": a.books_count} for a in authors]})


def n_plus_one_exists(request):
    books = list(Book.objects.order_by("pk")[:25])  # origin: n_plus_one_exists
    return JsonResponse({"reviewed": [book.title for book in books if reviewed(book)]})


def reviewed(book):
    return book.reviews.exists()  # finding: n_plus_one_exists


def healthy_exists(request):
    reviews = Review.objects.filter(book=OuterRef("pk"))
    books = Book.objects.annotate(has_reviews=Exists(reviews)).order_by("pk")[:25]
    return JsonResponse({"reviewed": [book.title for book in books if book.has_reviews]})


def n_plus_one_first(request):
    authors = list(Author.objects.order_by("name")[:25])  # origin: n_plus_one_first
    return JsonResponse({"cheapest": [cheapest(author) for author in authors]})


def cheapest(author):
    return author.books.order_by("price").first().title  # finding: n_plus_one_first


def healthy_first(request):
    first = Prefetch("books", queryset=Book.objects.order_by("price")[:1], to_attr="first_books")
    authors = Author.objects.prefetch_related(first).order_by("name")[:25]
    return JsonResponse({"cheapest": [author.first_books[0].title for author in authors]})


def n_plus_one_filter(request):
    authors = list(Author.objects.order_by("name")[:25])  # origin: n_plus_one_filter
    return JsonResponse({"bargains": [bargains(author) for author in authors]})


def bargains(author):
    cheap = author.books.filter(price__lt=BARGAIN)
    return [book.title for book in cheap]  # finding: n_plus_one_filter


def healthy_filter(request):
    cheap = Book.objects.filter(price__lt=BARGAIN)
    some = Prefetch("books", queryset=cheap, to_attr="some_books")
    authors = Author.objects.prefetch_related(some).order_by("name")[:25]
    return JsonResponse({"bargains": [[b.title for b in a.some_books] for a in authors]})


def prefetch_bypassed(request):
    authors = Author.objects.prefetch_related("books").order_by("name")[:25]
    return JsonResponse({"dear": [dear(author) for author in authors]})  # origin: prefetch_bypassed


def dear(author):
    books = author.books.filter(price__gte=BARGAIN)
    return [book.title for book in books]  # finding: prefetch_bypassed


def healthy_prefetch(request):
    dear_ones = Book.objects.filter(price__gte=BARGAIN)
    some = Prefetch("books", queryset=dear_ones, to_attr="some_books")
    authors = Author.objects.prefetch_related(some).order_by("name")[:25]
    return JsonResponse({"dear": [[b.title for b in a.some_books] for a in authors]})


def per_instance_prefetch(request):
    authors = list(Author.objects.order_by("name")[:25])  # origin: per_instance_prefetch
    return JsonResponse({"authors": [whole(author) for author in authors]})


def whole(author):
    prefetch_related_objects([author], "books")  # finding: per_instance_prefetch
    return [book.title for book in author.books.all()]


def healthy_batch(request):
    authors = list(Author.objects.order_by("name")[:25])
    prefetch_related_objects(authors, "books")
    return JsonResponse({"authors": [[b.title for b in a.books.all()] for a in authors]})
