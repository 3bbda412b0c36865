"""Async views in which one request keeps the event loop from all others, served by uvicorn."""

import asyncio
import time

from django.http import JsonResponse

SECONDS = 0.3


async def loop_blocked(request):
    return JsonResponse({"rate": await quote("EUR")})


async def quote(currency):
    return exchange_rate(currency)


def exchange_rate(currency):
    time.sleep(SECONDS)  # finding: loop_blocked
    return 1.08


async def healthy_async_quote(request):
    await asyncio.sleep(SECONDS)
    return JsonResponse({"rate": await asyncio.to_thread(exchange_rate, "EUR")})


async def loop_blocked_computing(request):
    return JsonResponse({"route": shortest(0)})


def shortest(best):
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:  # finding: loop_blocked_computing
        best = (best * 31 + 7) % 1_000_003  # finding: loop_blocked_computing
    return best


async def healthy_async_computing(request):
    """In pieces, with a turn for the others after each."""
    best = 0
    for _ in range(20):
        best += sum(number * number for number in range(20_000))
        await asyncio.sleep(0)
    return JsonResponse({"route": best})
