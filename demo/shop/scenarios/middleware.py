"""What a middleware does before the view is asked; the twin does it once a minute."""

import time

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.cache import cache
from django.http import JsonResponse

FAULTY, CACHED = "/slow_middleware/", "/healthy/middleware/"
BANK_SECONDS = 0.045


class ExchangeRates:  # finding: slow_middleware
    """Today's rates for every page that shows prices."""

    sync_capable = async_capable = True

    def __init__(self, get_response):
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request):
        if request.path == FAULTY:
            request.rates = ask_the_bank()
        elif request.path == CACHED:
            request.rates = cache.get_or_set("rates", ask_the_bank, timeout=60)
        return self.get_response(request)


def ask_the_bank():
    time.sleep(BANK_SECONDS)
    return {"SEK": 11.4, "USD": 1.1}


def slow_middleware(request):
    return JsonResponse(request.rates)


def healthy_middleware(request):
    return JsonResponse(request.rates)
