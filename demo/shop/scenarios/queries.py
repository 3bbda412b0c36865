"""What views do to the database."""

from decimal import Decimal

from django.core.cache import cache
from django.core.paginator import Paginator
from django.db import connection
from django.http import JsonResponse

from shop.models import Author, Book, Country

SLOW_ROWS = 3_000_000  # counted one by one in SQL: about half a second
WANTED = [f"978{n:010d}" for n in range(100, 120)]
BASKET = [Decimal(price) for price in (5, 8, 13, 21, 34, 55, 89, 144)]


def n_plus_one(request):
    books = Book.objects.all()[:60]
    return JsonResponse({"books": [card(book) for book in books]})  # origin: n_plus_one


def card(book):
    return {
        "title": book.title,
        "author": book.author.name,  # finding: n_plus_one
    }


def healthy_list(request):
    books = Book.objects.select_related("author")[:60]
    return JsonResponse({"books": [{"title": b.title, "author": b.author.name} for b in books]})


def n_plus_one_reverse(request):
    authors = list(Author.objects.order_by("name")[:25])  # origin: n_plus_one_reverse
    return JsonResponse({"authors": [shelf(author) for author in authors]})


def shelf(author):
    titles = [book.title for book in author.books.all()]  # finding: n_plus_one_reverse
    return {"name": author.name, "titles": titles}


def healthy_authors(request):
    authors = Author.objects.order_by("name").prefetch_related("books")[:25]
    return JsonResponse(
        {"authors": [{"name": a.name, "titles": [b.title for b in a.books.all()]} for a in authors]}
    )


def query_loop(request):
    prices = {}
    for isbn in WANTED:
        prices[isbn] = str(Book.objects.get(isbn=isbn).price)  # finding: query_loop
    return JsonResponse(prices)


def healthy_lookup(request):
    books = Book.objects.in_bulk(WANTED, field_name="isbn")
    return JsonResponse({isbn: str(book.price) for isbn, book in books.items()})


def duplicate_query(request):
    return JsonResponse({"prices": [str(with_vat(price)) for price in BASKET]})


def with_vat(price):
    home = Country.objects.get(code="NL")  # finding: duplicate_query
    return price + price * home.vat / 100


def healthy_cached(request):
    vat = cache.get_or_set("vat", lambda: Country.objects.get(code="NL").vat, timeout=30)
    return JsonResponse({"prices": [str(price + price * vat / 100) for price in BASKET]})


def slow_query(request):
    with connection.cursor() as cursor:
        cursor.execute(  # finding: slow_query
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s) "
            "SELECT COUNT(*) FROM n",
            [SLOW_ROWS],
        )
        [count] = cursor.fetchone()
    return JsonResponse({"counted": count})


def healthy_search(request):
    found = Book.objects.filter(title__startswith="The Paper").order_by("title")
    page = Paginator(found, 20).get_page(request.GET.get("page"))
    return JsonResponse({"total": page.paginator.count, "titles": [b.title for b in page]})
