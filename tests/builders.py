"""Sessions as they come about for real: by applying deliveries, at times that are plain numbers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from msgspec.structs import replace as replace_struct

from djscope.feed.delivery import Delivery
from djscope.feed.shapes import (
    Block,
    Definition,
    Event,
    Group,
    Layer,
    LoopReported,
    Operation,
    ProbeReported,
    Process,
    Relation,
    RequestRecorded,
    Span,
    StackFrame,
    TaskRecorded,
    Unit,
)
from djscope.feed.status import FeedStatus, Link
from djscope.model.definitions import Place
from djscope.model.finding import Advice, Certainty, Finding, Severity
from djscope.model.session import Session

# 2026-11-22 12:00:00 UTC
NOON = 1_795_348_800.0
WEB = Process("web-1", 4711, int(NOON) - 3600, "gunicorn", "shop", "r7", "3.12.1", "5.2", "", "0.1")
WORKER = Process(
    "jobs-1", 88, int(NOON) - 60, "celery", "shop", "r7", "3.12.1", "5.2", "5.4", "0.1"
)

VIEW = Place("/app/shop/views.py", 31, "book_list")
ORIGIN = Place("/app/shop/views.py", 28, "book_list")
TASK = Place("/app/shop/tasks.py", 12, "report")
COUNTRY = Place("/app/shop/middleware.py", 12, "class Country")
LIBRARY = Place("/lib/django/db/models/query.py", 412, "__iter__", app=False)
CLIENT = Place("/lib/python3.12/site-packages/requests/sessions.py", 703, "send", app=False)
BOOKS = 'SELECT "shop_book"."id" FROM "shop_book" WHERE "shop_book"."id" = %s'
AUTHOR = 'SELECT "shop_author"."name" FROM "shop_author" WHERE "shop_author"."id" = %s LIMIT 21'


def frame(place: Place) -> StackFrame:
    """A place as it travels."""
    return StackFrame(place.file, place.line, place.function, place.app)


def stack(*places: Place) -> list[StackFrame]:
    """Frames, innermost first."""
    return [frame(place) for place in places]


DEFINITIONS: dict[str, Definition] = {
    "n-books": "books/", "n-order": "orders/<int:pk>/", "n-report": "shop.tasks.report",
    "n-view": "shop.views.book_list", "q-books": BOOKS, "q-author": AUTHOR,
    "l-view": frame(VIEW), "l-origin": frame(ORIGIN), "l-task": frame(TASK),
    "s-view": stack(LIBRARY, VIEW, Place("/app/shop/middleware.py", 18, "__call__"), LIBRARY),
    "s-task": stack(TASK, Place("/lib/celery/app/trace.py", 477, "trace_task", app=False)),
    "c-web": [
        Layer("django.middleware.security.SecurityMiddleware", "call", "sync", "both"),
        Layer("shop.middleware.Country", "call", "sync", "sync", "", frame(COUNTRY)),
        Layer("", "handler", "sync"),
        Layer("shop.middleware.Country", "process_view", "sync", "sync", "", frame(COUNTRY)),
        Layer("", "view", "sync"),
    ],
    "r-author": Relation("Book", "author", "author", "fk", "Book"),
}  # fmt: skip


def group(sql: str = "q-author", n: int = 3, us: int = 2000, site: str = "l-view") -> Group:
    """`n` queries of `us` microseconds each."""
    return Group(
        sql, site, "s-view", "fk", "r-author", "l-origin", n, n * us, us, 40, n, n,
        [(us.bit_length(), n)], n, 20, "default",
    )  # fmt: skip


def unit(
    unit_id: str = "u1",
    name: str = "n-books",
    *,
    wall_ms: int = 120,
    started: float = NOON,
    state: str = "ended",
    groups: Sequence[Group] = (),
    exception: str = "",
    adopted: bool = False,
    now_id: str = "",
    revision: int = 1,
) -> Unit:
    """A unit whose queries take what its groups say."""
    asked = list(groups)
    sql_us = sum(one.total_us for one in asked)
    operations = tuple(Operation(0, 9000 * i, 6000) for i in range(4)) if asked else ()
    return Unit(
        unit_id, revision, state, name, started, wall_ms * 1000, wall_ms * 300,
        sum(one.n for one in asked), sql_us, 0, asked, None, operations, adopted, not adopted,
        exception, "l-view" if exception else "", "s-view" if exception else "", now_id,
    )  # fmt: skip


def request(of: Unit, status: int = 200, method: str = "GET") -> RequestRecorded:
    return RequestRecorded(of, method, "n-view", status if of.state == "ended" else 0, "http")


def layered(event: RequestRecorded) -> RequestRecorded:
    """Down the chain `c-web`: 5 ms of its middleware, all the rest in the view."""
    wall = event.unit.wall_us
    spans = (
        Span(0, 400, wall - 700, 200), Span(1, 500, wall - 900, 5_000),
        Span(2, 4_500, wall - 6_000, 300), Span(3, 4_700, 60, 60),
        Span(4, 4_800, wall - 6_500, wall - 6_500),
    )  # fmt: skip
    return replace_struct(event, chain_id="c-web", spans=spans, responded_us=wall - 150)


def task(of: Unit, state: str = "SUCCESS", retries: int = 0) -> TaskRecorded:
    ended = of.state == "ended"
    return TaskRecorded(of, f"id-{of.id}", state if ended else "", retries, "jobs@1", "default")


def report(level: str = "watch", units: int = 1, running: int = 0) -> ProbeReported:
    return ProbeReported(level, NOON - 30, units, running, 0, [], [], 4000, 9000)


@dataclass
class Feed:
    """Delivers to a session and is the UI's source; its clock stands until it is moved."""

    session: Session = field(default_factory=Session)
    lock: threading.Lock = field(default_factory=threading.Lock)
    status: FeedStatus = field(
        default_factory=lambda: FeedStatus(Link.LIVE, "redis 127.0.0.1:6379", "shop", "", 0, 0.4)
    )
    at: float = NOON
    seq: dict[str, int] = field(default_factory=dict)

    def now(self) -> float:
        return self.at

    def deliver(self, *events: Event, process: Process = WEB, dropped: int = 0) -> None:
        """One frame of `process`."""
        self.seq[process.id] = self.seq.get(process.id, 0) + 1
        with self.lock:
            self.session.apply(
                Delivery(process.id, self.at, 0.0, self.seq[process.id], dropped, list(events))
            )

    def link(self, link: Link, problem: str = "") -> None:
        self.status = replace(self.status, link=link, problem=problem, since=self.at)


def empty() -> Feed:
    """Connected, and nothing has come yet."""
    return Feed()


def shop() -> Feed:
    """Two processes, two routes, a task that fails; one request and one task are under way."""
    feed = Feed()
    for key, value in DEFINITIONS.items():
        feed.session.definitions.add(key, value)
    feed.session.announce([(WEB, NOON), (WORKER, NOON)], NOON)
    feed.deliver(report(units=25, running=1))
    feed.deliver(report(units=3, running=1), process=WORKER)
    for number in range(25):
        queries = [group("q-books", 1, 900), group(n=20 + number % 3)]
        books = request(unit(f"b{number}", groups=queries, wall_ms=100 + number))
        feed.deliver(layered(books))
    feed.deliver(request(unit("o1", "n-order", wall_ms=40, exception="KeyError"), 500, "POST"))
    report_unit = unit("t1", "n-report", wall_ms=2400, groups=[group("q-books", 6, 9000, "l-task")])
    feed.deliver(task(report_unit), process=WORKER)
    failed = unit("t2", "n-report", wall_ms=900, exception="TimeoutError")
    feed.deliver(task(failed, "FAILURE"), process=WORKER)
    stuck = unit("o2", "n-order", started=NOON - 75, state="running", adopted=True, now_id="s-view")
    feed.deliver(request(stuck))
    slow = unit("t3", "n-report", started=NOON - 4, state="running", now_id="s-task")
    feed.deliver(task(slow), process=WORKER)
    return feed


def loop(*blocks: Block, name: str = "1", late_us: int = 900, beats: int = 95) -> LoopReported:
    """Of a loop whose beats come 0.5 to 1 ms late, but for one that comes `late_us` late."""
    hist = [(10, beats - 1), (late_us.bit_length(), 1)]
    return LoopReported(name, "uvloop", beats, late_us, hist, blocks)


def blocked() -> Feed:
    """The shop's loop sleeps in the book list and computes in an order; garbage is collected."""
    feed = shop()
    feed.session.definitions.add("s-sleep", stack(VIEW, LIBRARY))
    feed.session.definitions.add("s-fetch", stack(CLIENT, ORIGIN, LIBRARY))
    for second in range(40):
        feed.at = NOON + second
        sleep = Block("s-sleep", "io", 1, 310_000, 310_000, 400, 0, "b1", "n-books", "Task-7")
        feed.deliver(loop(sleep, late_us=310_000) if second % 9 == 4 else loop())
    feed.deliver(
        loop(
            Block("s-fetch", "io", 2, 240_000, 130_000, 900, 0, "", "", "Task-9"),
            Block("s-view", "cpu", 1, 1_400_000, 1_400_000, 1_390_000, 0, "o1", "n-order"),
            Block("s-task", "gc", 1, 160_000, 160_000, 158_000, 159_000),
            late_us=1_400_000,
        )
    )
    return feed


def n_plus_one() -> Finding:
    """What the rules would say of the shop's book list."""
    return Finding(
        "n_plus_one", Severity.WARNING, Certainty.CERTAIN,
        "Book.author: 21 queries per request (p50)", "books/", VIEW,
        evidence={"queries_per_unit": 21, "sample_units": 25, "share": "34% of the wall time"},
        origin=ORIGIN,
        advice=[Advice("load the authors together with the books", '.select_related("author")')],
        first_seen=NOON - 60, last_seen=NOON, count=25, cost={"total_ms": 1050.0},
        processes=(WEB.id,), model="Book", relation="author", path="author",
        stack_id="s-view", sql_id="q-author",
    )  # fmt: skip


def failing() -> Finding:
    return Finding(
        "request_failing", Severity.CRITICAL, Certainty.CERTAIN, "KeyError in every request",
        "POST orders/<int:pk>/", replace(VIEW, line=77, function="order"),
        evidence={"failed": 1, "of": 1}, advice=[Advice("look at the stack of the exception")],
        first_seen=NOON, last_seen=NOON, count=1, stack_id="s-view",
    )  # fmt: skip
