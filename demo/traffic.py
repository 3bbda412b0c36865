"""Visitors of the shop: every scenario within eight seconds, then again and again.

A process of its own: `traffic.py WSGI_URL ASGI_URL`. Each visit has a rhythm, so that two runs look
alike; together about thirty requests a second, which leaves two cores air to breathe.
"""

import heapq
import http.client
import itertools
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.parse import urlsplit

from shop_site.worker import app

VISITORS = 24
TIMEOUT = 40.0
CYCLE = 60.0  # of the tasks that last
LONG_AT, LONG_SECONDS = 6.5, 13.0  # with the stuck one it takes both children of the worker

# path: (seconds of the first visit, seconds between two)
ON_WSGI = {
    "/": (0.1, 0.5),
    "/book/{n}/": (0.2, 0.3),
    "/order/{m}.json": (0.3, 0.4),
    "/checkout/?order={m}": (0.4, 2.0),
    "/n_plus_one/": (0.5, 1.0),
    "/healthy/list/": (0.6, 0.8),
    "/n_plus_one_reverse/": (0.7, 1.5),
    "/healthy/authors/": (0.8, 1.0),
    "/query_loop/": (0.9, 1.2),
    "/healthy/lookup/": (1.0, 1.0),
    "/duplicate_query/": (1.1, 1.2),
    "/healthy/cached/": (1.2, 0.8),
    "/slow_query/": (1.5, 4.0),
    "/healthy/search/?page={n}": (1.4, 1.0),
    "/request_failing/?basket={n}": (1.5, 1.0),
    "/healthy/missing/": (1.6, 1.5),
    "/slow_request/": (1.7, 4.0),
    "/healthy/report/": (1.8, 2.0),
    "/slow_middleware/": (0.9, 0.8),
    "/healthy/middleware/": (1.3, 0.8),
    "/request_stuck/": (2.0, 30.0),
    "/healthy/streaming/": (2.1, 2.0),
    "/body_buffered/": (2.3, 4.0),
    "/healthy/body/": (2.9, 4.0),
    "/body_buffered_middleware/": (3.3, 4.0),
    "/healthy/upload/": (3.9, 4.0),
    "/large_response/": (4.3, 4.0),
    "/healthy/export/": (4.9, 4.0),
}
# What visitors bring along: a content type and a body of 3 MB.
SCAN = bytes(3_000_000)
FORM = (
    b'--scan\r\nContent-Disposition: form-data; name="scan"; filename="scan.tif"\r\n\r\n'
    + SCAN + b"\r\n--scan--\r\n"
)  # fmt: skip
BODIES = {
    "/body_buffered/": ("image/tiff", SCAN),
    "/healthy/body/": ("image/tiff", SCAN),
    "/body_buffered_middleware/": ("image/tiff", SCAN),
    "/healthy/upload/": ("multipart/form-data; boundary=scan", FORM),
}
# Each of these and its twin comes by each four seconds, two seconds apart.
PAIRS = {
    "/n_plus_one_chain/": "/healthy/chain/",
    "/n_plus_one_nested/": "/healthy/nested/",
    "/n_plus_one_many/": "/healthy/many/",
    "/n_plus_one_one_to_one/": "/healthy/one_to_one/",
    "/n_plus_one_generic/": "/healthy/generic/",
    "/n_plus_one_generic_relation/": "/healthy/generic_relation/",
    "/n_plus_one_deferred/": "/healthy/deferred/",
    "/n_plus_one_count/": "/healthy/count/",
    "/n_plus_one_exists/": "/healthy/exists/",
    "/n_plus_one_first/": "/healthy/first/",
    "/n_plus_one_filter/": "/healthy/filter/",
    "/prefetch_bypassed/": "/healthy/prefetch/",
    "/per_instance_prefetch/": "/healthy/batch/",
    "/query_loop_cursor/": "/healthy/cursor/",
    "/query_loop_save/": "/healthy/save/",
    "/query_loop_create/": "/healthy/create/",
    "/n_plus_one_template/": "/healthy/template/",
    "/n_plus_one_serializer/": "/healthy/serializer/",
    "/n_plus_one_admin/": "/healthy/admin/",
}
PAIR_FIRST, PAIR_EVERY = 1.9, 4.0
for number, (faulty, healthy) in enumerate(PAIRS.items()):
    first = PAIR_FIRST + number * PAIR_EVERY / len(PAIRS)
    then = first + PAIR_EVERY / 2  # those that write do not wait for each other
    ON_WSGI[faulty], ON_WSGI[healthy] = (first, PAIR_EVERY), (then, PAIR_EVERY)
ON_ASGI = {
    "/": (0.2, 1.0),
    "/book/{n}/": (0.4, 0.8),
    "/n_plus_one_async/": (0.9, 1.5),
    "/healthy/async_list/": (1.1, 1.0),
    "/slow_request_async/": (1.3, 4.0),
    "/healthy/async_report/": (1.5, 2.0),
    "/hop_wait/": (1.2, 2.0),
    "/healthy/hop/": (1.7, 2.0),
    "/request_failing_async/": (1.6, 3.0),
    "/healthy/async_get/": (1.0, 2.0),
    "/loop_blocked/": (1.7, 3.0),
    "/healthy/async_quote/": (2.5, 3.0),
    "/loop_blocked_computing/": (3.2, 3.0),
    "/healthy/async_computing/": (3.9, 3.0),
}
TASKS = {
    "n_plus_one_task": (0.5, 1.0),
    "healthy_task": (0.8, 1.0),
    "task_failing": (1.0, 1.5),
    "healthy_retry_free": (1.2, 1.0),
    "task_stuck": (2.0, CYCLE),
    "healthy_long_task": (LONG_AT, CYCLE),
}
WITH_NUMBER = {"task_failing", "healthy_retry_free"}
LASTING = {"task_stuck", "healthy_long_task"}


def visit(server: str, path: str, number: int) -> None:
    """One page view; whatever the shop answers is its own affair."""
    connection = http.client.HTTPConnection(server, timeout=TIMEOUT)
    with suppress(OSError, http.client.HTTPException):
        target = path.format(n=number % 1200 + 1, m=number % 300 + 1)
        if path in BODIES:
            kind, body = BODIES[path]
            connection.request("POST", target, body, {"Content-Type": kind})
        else:
            connection.request("GET", target)
        connection.getresponse().read()
    connection.close()


def order_work(name: str, number: int, age: float) -> None:
    """One task for the worker; the short ones wait while both its children are taken."""
    if name not in LASTING and LONG_AT <= age % CYCLE < LONG_AT + LONG_SECONDS:
        return
    with suppress(Exception):  # a broker that is away ends no traffic
        app.send_task(f"shop.scenarios.tasks.{name}", [number] if name in WITH_NUMBER else [])


def plan(wsgi: str, asgi: str) -> list[tuple[float, int, float, Callable[[int, float], None]]]:
    """Everything that happens as (when, tie-breaker, how often, what)."""
    order = itertools.count()
    entries = []
    for server, visits in ((wsgi, ON_WSGI), (asgi, ON_ASGI)):
        for path, (first, every) in visits.items():
            what = lambda n, _age, s=server, p=path: visit(s, p, n)  # noqa: E731
            entries.append((first, next(order), every, what))
    for name, (first, every) in TASKS.items():
        what = lambda n, age, task=name: order_work(task, n, age)  # noqa: E731
        entries.append((first, next(order), every, what))
    return entries


def main(wsgi: str, asgi: str) -> None:
    """Run until the parent is gone; normally it ends us before that."""
    parent, started, numbers = os.getppid(), time.monotonic(), itertools.count()
    due = plan(wsgi, asgi)
    heapq.heapify(due)
    with ThreadPoolExecutor(VISITORS) as visitors:
        while os.getppid() == parent:
            age = time.monotonic() - started
            if due[0][0] > age:
                time.sleep(min(0.2, due[0][0] - age))
                continue
            when, tie, every, what = due[0]
            heapq.heapreplace(due, (max(when + every, age), tie, every, what))
            visitors.submit(what, next(numbers), age)
    os._exit(0)


if __name__ == "__main__":
    main(*(urlsplit(url).netloc for url in sys.argv[1:3]))
