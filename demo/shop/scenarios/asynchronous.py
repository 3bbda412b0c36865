"""The same problems in async views, served by uvicorn."""

import asyncio

from asgiref.sync import sync_to_async
from django.http import JsonResponse

from shop.models import Book


async def n_plus_one_async(request):
    books = Book.objects.all()[:40]
    lines = []
    async for book in books:  # origin: n_plus_one_async
        lines.append(await sync_to_async(byline)(book))
    return JsonResponse({"books": lines})


def byline(book):
    return f"{book.title} by {book.author.name}"  # finding: n_plus_one_async


async def healthy_async_list(request):
    books = Book.objects.select_related("author")[:40]
    return JsonResponse({"books": [f"{b.title} by {b.author.name}" async for b in books]})


async def slow_request_async(request):  # finding: slow_request_async
    await ask_warehouse()
    await ask_carrier()
    return JsonResponse({"delivery": "tomorrow"})


async def ask_warehouse():
    await asyncio.sleep(0.9)  # finding: slow_request_async


async def ask_carrier():
    await asyncio.sleep(0.6)  # finding: slow_request_async


async def healthy_async_report(request):
    await asyncio.sleep(0.3)
    return JsonResponse({"books": await Book.objects.acount()})
