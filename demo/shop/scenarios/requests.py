"""What views do besides queries."""

import threading
import time

from django.http import Http404, JsonResponse, StreamingHttpResponse

from shop.models import Book

BASKETS = [{"total": 40, "currency": "EUR"}, {"total": 12}, {"total": 7, "currency": "SEK"}]
STUCK_SECONDS = 25
never = threading.Event()


def request_failing(request):
    basket = BASKETS[int(request.GET.get("basket", "1")) % len(BASKETS)]
    return JsonResponse({"pay": amount(basket)})


def amount(basket):
    return f"{basket['total']} {basket['currency']}"  # finding: request_failing


def healthy_missing(request):
    """Not to find something is an answer, not a failure."""
    raise Http404("No such book.")


def slow_request(request):  # finding: slow_request
    lay_out()
    sign()
    return JsonResponse({"invoice": "ready"})


def lay_out():
    time.sleep(0.9)  # finding: slow_request


def sign():
    time.sleep(0.6)  # finding: slow_request


def healthy_report(request):
    time.sleep(0.3)
    return JsonResponse({"books": Book.objects.count()})


def request_stuck(request):
    return JsonResponse({"paid": await_payment()})


def await_payment():
    return never.wait(STUCK_SECONDS)  # finding: request_stuck


def healthy_streaming(request):
    return StreamingHttpResponse(price_list(), content_type="text/csv")


def price_list():
    for book in Book.objects.all()[:400].iterator(chunk_size=100):
        yield f"{book.isbn},{book.price}\n"
