"""Views that have secrets passed to them in every way there is."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from base64 import b64decode
from collections.abc import Callable

from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from places import number_of, planted, secret_of

from secretive.tasks import fail_for_good, fail_once, routed, succeed


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


def canary_customer(request: HttpRequest, name: str) -> HttpResponse:
    """What a request brings along."""
    planted("url path", name)
    planted("url query", request.GET["q"])
    planted("header", request.headers["X-Api-Key"])
    name = next(name for name in request.headers if name.startswith("Zx"))
    planted("header name", f"Zx{name[2:].lower()}")
    planted("basic auth", b64decode(request.headers["Authorization"].removeprefix("Basic ")))
    planted("cookie", request.COOKIES["token"])
    planted("form value", request.POST["password"])
    planted("form key", list(request.POST))
    planted("file name", request.FILES["scan"].name)
    planted("file content", request.FILES["scan"].read())
    request.session["card"] = secret_of("session")
    request.session["user"] = secret_of("user")
    planted("session", dict(request.session))
    planted("user", dict(request.session))
    response = HttpResponse(secret_of("response"))
    response["X-Reset-Token"] = secret_of("response header")
    planted("response", response.content)
    planted("response header", response.headers)
    return response


def canary_json(request: HttpRequest) -> HttpResponse:
    planted("json key", list(json.loads(request.body)))
    return HttpResponse("read")


def canary_method(request: HttpRequest) -> HttpResponse:
    planted("request method", f"Zx{(request.method or '')[2:].lower()}")
    return HttpResponse("did")


def unrouted(request: HttpRequest, exception: Http404) -> HttpResponse:
    planted("url unrouted", request.path)
    return HttpResponse("no", status=404)


def canary_queries(request: HttpRequest) -> HttpResponse:
    """What queries are made of."""
    with connection.cursor() as cursor:

        def run(place: str, sql: str, *params: object) -> None:
            planted(place, (sql, params))
            cursor.execute(sql, params or None)

        run("sql literal", f"SELECT 1 WHERE '{secret_of('sql literal')}' = 'x'")
        run("sql parameter", "SELECT 1 WHERE %s = 'x'", secret_of("sql parameter"))
        run("sql comment", f"SELECT 2 /* {secret_of('sql comment')} */ AS canary_two")
        run("sql double quotes", f'SELECT 1 WHERE 1 = "{secret_of("sql double quotes")}"')
        place = "sql double quotes anywhere"
        run(place, f'SELECT 1 WHERE 1 BETWEEN 0 AND lower("{secret_of(place)}")')
        values = ["), (", ") x", *[f"{secret_of('sql rows')} {number}" for number in range(900)]]
        rows = ", ".join(f"('{value}')" for value in values)
        run("sql rows", f"WITH many (a) AS (VALUES {rows}) SELECT count(*) FROM many")
        run("sql setting", f"PRAGMA canary_setting = {secret_of('sql setting')}")
        run("sql number", f"SELECT 1 WHERE 1 = {number_of('sql number')}")
        for number in range(12):
            run("sql literal of a loop", f"SELECT '{number}{secret_of('sql literal of a loop')}'")
        planted("sql many", secret_of("sql many"))
        cursor.execute("CREATE TABLE IF NOT EXISTS canary_table (a text)")
        cursor.executemany("INSERT INTO canary_table VALUES (%s)", [(secret_of("sql many"),)] * 3)
        for place, sql in (
            ("sql error", "SELECT 1 FROM nowhere WHERE a = '{}'"),
            ("sql unfinished", "SELECT '{}"),
        ):
            try:
                run(place, sql.format(secret_of(place)))
            except DatabaseError:
                pass
    planted("orm value", secret_of("orm value"))
    Session.objects.filter(session_key=secret_of("orm value")).count()
    return HttpResponse("asked")


def canary_threads(request: HttpRequest) -> HttpResponse:
    """A thread of the application's own, and a log line."""

    def ask() -> None:
        planted("thread name", threading.current_thread().name)
        for _ in range(3):
            Session.objects.count()
            time.sleep(0.5)
        connection.close()

    thread = threading.Thread(target=ask, name=f"customer {secret_of('thread name')}")
    thread.start()
    logging.getLogger("canary").warning("card %s", secret_of("log line"))
    planted("log line", secret_of("log line"))
    thread.join()
    return HttpResponse("joined")


def canary_waits(request: HttpRequest) -> HttpResponse:
    """Lasts, so that its stack is sent."""
    card = secret_of("local variable")
    time.sleep(2.5)
    planted("local variable", card)
    return HttpResponse("waited")


def canary_loop(request: HttpRequest) -> HttpResponse:
    """An event loop that lasts, and is blocked."""
    asyncio.run(canary_blocks(secret_of("local variable")))
    return HttpResponse("looped")


async def canary_blocks(card: str) -> None:
    task = asyncio.current_task()
    assert task is not None
    task.set_name(f"order of {secret_of('asyncio task name')}")
    planted("asyncio task name", task.get_name())
    await asyncio.sleep(2.5)
    time.sleep(0.5)
    await asyncio.sleep(1.5)


def canary_rules(request: HttpRequest) -> HttpResponse:
    """Code that is made of data, and waits."""
    name = f"rules of {secret_of('compiled name')}"
    code = compile("def canary_rule():\n    sleep(2.5)\n", name, "exec")
    planted("compiled name", code.co_filename)
    rules: dict[str, Callable[[], None]] = {"sleep": time.sleep}  # type: ignore[dict-item]
    exec(code, rules)
    rules["canary_rule"]()
    return HttpResponse("ruled")


class CanaryError(Exception):
    def __init__(self, text: str, card: str) -> None:
        super().__init__(text)
        self.card = card
        self.add_note(f"note {card}")


def canary_fails(request: HttpRequest) -> HttpResponse:
    planted("exception", secret_of("exception"))
    planted("exception cause", secret_of("exception cause"))
    planted("exception attribute", secret_of("exception attribute"))
    try:
        raise KeyError(secret_of("exception cause"))
    except KeyError as cause:
        raise CanaryError(secret_of("exception"), secret_of("exception attribute")) from cause


def canary_orders(request: HttpRequest) -> HttpResponse:
    """Tasks, with secrets in their messages."""
    succeed.apply_async(
        args=[secret_of("task argument")],
        kwargs={"card": secret_of("task keyword")},
        task_id=f"order-{secret_of('task id')}",
        headers={"x-token": secret_of("task header")},
    )
    routed.apply_async(queue="canary_orders", routing_key=f"orders.{secret_of('routing key')}.new")
    fail_for_good.delay()
    fail_once.delay()
    return HttpResponse("ordered")


handler404 = unrouted
urlpatterns = [
    path("", hello),
    path("customer/<str:name>/", canary_customer),
    path("json/", canary_json),
    path("method/", canary_method),
    path("queries/", canary_queries),
    path("threads/", canary_threads),
    path("waits/", canary_waits),
    path("loop/", canary_loop),
    path("rules/", canary_rules),
    path("fails/", canary_fails),
    path("orders/", canary_orders),
]
