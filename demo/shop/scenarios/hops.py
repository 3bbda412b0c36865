"""Async views that need sync code: how they get at it, served by uvicorn."""

import asyncio
import time

from asgiref.sync import sync_to_async
from django.http import JsonResponse

from shop.models import Book

SHELVES = range(6)


def weigh(shelf):
    """A scale that answers slowly, and only to sync code."""
    time.sleep(0.025)
    return shelf * 3


def weigh_all(shelves):
    return [weigh(shelf) for shelf in shelves]


async def hop_wait(request):
    # They look as if they ran at once; the request has one thread for all of them.
    weights = await asyncio.gather(*(sync_to_async(weigh)(n) for n in SHELVES))  # finding: hop_wait
    return JsonResponse({"weights": weights})


async def healthy_hop(request):
    weights = await sync_to_async(weigh_all)(SHELVES)
    return JsonResponse({"weights": weights})


async def request_failing_async(request):
    book = newest()
    return JsonResponse({"newest": book.title})


def newest():
    return Book.objects.order_by("-pk").get(pk=1)  # finding: request_failing_async


async def healthy_async_get(request):
    book = await Book.objects.aget(pk=1)
    return JsonResponse({"first": book.title})
