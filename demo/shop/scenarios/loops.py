"""One statement per row, where one would do for all; what is written stays as it was."""

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.http import JsonResponse

from shop.models import Book, Note, Order

WANTED = [f"978{n:010d}" for n in range(200, 220)]
ONE = "SELECT price FROM shop_book WHERE isbn = %s"
ALL = "SELECT isbn, price FROM shop_book WHERE isbn IN ({})"
PACKED, SENT = "Packed.", "Sent."


def query_loop_cursor(request):
    prices = {}
    with connection.cursor() as cursor:
        for isbn in WANTED:
            cursor.execute(ONE, [isbn])  # finding: query_loop_cursor
            prices[isbn] = str(cursor.fetchone()[0])
    return JsonResponse(prices)


def healthy_cursor(request):
    with connection.cursor() as cursor:
        cursor.execute(ALL.format(", ".join(["%s"] * len(WANTED))), WANTED)
        prices = {isbn: str(price) for isbn, price in cursor.fetchall()}
    return JsonResponse(prices)


def query_loop_save(request):
    books = list(Book.objects.order_by("pk")[:20])
    with transaction.atomic():
        for book in books:
            book.title = book.title.strip()
            book.save(update_fields=["title"])  # finding: query_loop_save
    return JsonResponse({"tidied": len(books)})


def healthy_save(request):
    books = list(Book.objects.order_by("pk")[20:40])
    for book in books:
        book.title = book.title.strip()
    Book.objects.bulk_update(books, ["title"])
    return JsonResponse({"tidied": len(books)})


def query_loop_create(request):
    orders = list(Order.objects.order_by("pk")[:12])
    kind = ContentType.objects.get_for_model(Order)
    with transaction.atomic():
        Note.objects.filter(text=PACKED).delete()
        for order in orders:
            Note.objects.create(  # finding: query_loop_create
                text=PACKED, content_type=kind, object_id=order.pk
            )
    return JsonResponse({"packed": len(orders)})


def healthy_create(request):
    orders = list(Order.objects.order_by("pk")[:12])
    kind = ContentType.objects.get_for_model(Order)
    with transaction.atomic():
        Note.objects.filter(text=SENT).delete()
        Note.objects.bulk_create(
            Note(text=SENT, content_type=kind, object_id=order.pk) for order in orders
        )
    return JsonResponse({"sent": len(orders)})
