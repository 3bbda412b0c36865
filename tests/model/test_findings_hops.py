"""hop_wait, async_deadlock, and the ORM in an event loop: what must fire beside what must not."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from djscope.feed.shapes import Hop, Layer, RequestRecorded, StackFrame
from djscope.model.chains import AROUND, OWN_LINES, steps
from djscope.model.finding import Certainty, Finding
from djscope.model.findings.hops import WHOSE
from tests.model.scene import Scene

VIEW = "/app/shop/views.py"
DJANGO = "/lib/site-packages/django"
MS = 1_000


def scene() -> Scene:
    """With the names and stacks that hops use."""
    made = Scene()
    for key, value in {
        "nask": "shop.stock.ask", "nview": "shop.views.books",
        "ntime": "shop.middleware.TimeMiddleware",
        "nsess": "django.contrib.sessions.middleware.SessionMiddleware.process_request",
        "nsignal": "django.dispatch.dispatcher.Signal.asend.<locals>.sync_send",
        "sline": [StackFrame(VIEW, 40, "books", True), StackFrame("/lib/base.py", 3, "run")],
        "sheld": [
            StackFrame("/lib/python3.12/selectors.py", 468, "EpollSelector.select"),
            StackFrame("/app/shop/stock.py", 9, "report", True),
        ],
        "cmap": [
            Layer("shop.middleware.TimeMiddleware", "call", "sync", "sync", "sync_to_async",
                  StackFrame("/app/shop/middleware.py", 5, "TimeMiddleware", True)),
            Layer("django.contrib.sessions.middleware.SessionMiddleware", "call", "async", "both",
                  "async_to_sync"),
            Layer("", "handler", "async", "both"),
            Layer("", "view", "async", "async"),
        ],
    }.items():  # fmt: skip
        made.session.define(key, value)  # type: ignore[arg-type]
    return made


def hop(**changes: Any) -> Hop:
    """Four of 50 ms each on the shared thread, which wait 300 ms in all."""
    fields: dict[str, Any] = {
        "kind": "sync_to_async", "site_id": "sline", "target_id": "nask", "executor": "shared",
        "n": 4, "wait_us": 300 * MS, "wait_max_us": 150 * MS, "run_us": 200 * MS,
        "resume_us": 400,
    }  # fmt: skip
    return Hop(**{**fields, **changes})


def request(into: Scene, *hops: Hop, chain_id: str = "", **changes: Any) -> None:
    unit = into.unit(**{"wall_us": 210 * MS, **changes})
    into.deliver(
        RequestRecorded(unit, "GET", "nview", 200, "asgi", unit.wall_us, chain_id, hops=hops)
    )


def waits(requests: int = 25, **changes: Any) -> list[Finding]:
    made = scene()
    for _ in range(requests):
        request(made, hop(**changes))
    return made.findings("hop_wait")


def codes(found: Finding) -> str:
    return "\n".join(each.code for each in found.advice)


def test_hops_that_wait_for_each_other_are_a_finding_at_their_line() -> None:
    """With the executor, how many, how long, and how long they run."""
    (found,) = waits()

    assert found.certainty is Certainty.CERTAIN
    assert (found.where.file, found.where.line) == (VIEW, 40)
    assert found.title == (
        "4 hops to ask per request wait ≈300 ms together for the one thread that all of the process"
        " shares (p50 of 25); all of it runs ≈200 ms"
    )
    assert found.evidence["executor"] == "shared"
    assert found.evidence["target"] == "shop.stock.ask"


@pytest.mark.parametrize(
    "changes",
    [
        {"wait_us": 40 * MS}, {"n": 200, "wait_us": 2 * MS, "run_us": 900 * MS},
        {"kind": "async_to_sync", "executor": "outer"},
    ],
)  # fmt: skip
def test_hops_that_need_not_wait_are_none(changes: dict[str, Any]) -> None:
    """However many they are and however long they run; nor is a wait for a loop judged here."""
    assert waits(**changes) == []


def test_a_small_part_of_a_long_request_is_none() -> None:
    """60 ms of 2 s."""
    made = scene()
    for _ in range(25):
        request(made, hop(wait_us=60 * MS), wall_us=2_000 * MS)

    assert made.findings("hop_wait") == []


def test_a_few_or_a_single_slow_request_are_none() -> None:
    """A cold start, a pause of the machine: the median is judged."""
    made = scene()
    for _ in range(20):
        request(made, hop(wait_us=1 * MS))
    request(made, hop(wait_us=900 * MS, wait_max_us=900 * MS))

    assert waits(2) == []
    assert made.findings("hop_wait") == []


@pytest.mark.parametrize(
    ("executor", "told", "untold"),
    [
        ("shared", "ThreadSensitiveContext", "executor="),
        ("request", "aget", "ThreadSensitiveContext"),
        ("outer", "aget", "executor="),
        ("own", "executor=POOL", "aget"),
    ],
)
def test_the_advice_depends_on_whose_thread_it_is(executor: str, told: str, untold: str) -> None:
    """And never is it to await `async_to_sync`."""
    (found,) = waits(executor=executor)

    assert WHOSE[executor] in found.title
    assert told in codes(found)
    assert untold not in codes(found)
    assert "await async_to_sync" not in codes(found)
    safe = [each for each in found.advice if "thread_sensitive=False" in each.code]
    assert all("ORM" in each.text or executor == "own" for each in safe)


def test_a_hop_of_djangos_own_is_named_by_what_it_leads_to() -> None:
    """No line of the application's made it."""
    (found,) = waits(site_id="", target_id="nsess", n=1)

    assert found.where.function.endswith("SessionMiddleware.process_request")
    assert found.title.startswith("a hop to process_request per request waits ≈300 ms")


def test_a_middleware_of_the_projects_gets_its_own_code() -> None:
    """Both branches, for that very class."""
    made = scene()
    for _ in range(25):
        request(made, hop(site_id="", target_id="ntime", n=1), chain_id="cmap")
    (found,) = made.findings("hop_wait")

    [advice] = found.advice
    tree = ast.parse(advice.code)
    assert [node.name for node in tree.body if isinstance(node, ast.ClassDef)] == ["TimeMiddleware"]
    parts = (
        "sync_capable = True", "async_capable = True", "markcoroutinefunction(self)",
        "await self.get_response(request)", "iscoroutinefunction(get_response)",
    )  # fmt: skip
    for part in parts:
        assert part in advice.code


def stands(seconds: float, later: float = 0.0, **changes: Any) -> list[Finding]:
    made = scene()
    pending = hop(pending_us=int(seconds * 1e6), held_id="sheld", executor="request", **changes)
    request(made, pending, state="running", wall_us=int(seconds * 1e6), started=made.at - seconds)
    made.at += later
    return made.findings("async_deadlock")


def test_a_hop_that_its_own_thread_waits_for_is_a_deadlock_for_certain() -> None:
    """With the stack of that thread."""
    (found,) = stands(11, circular=True)

    assert found.certainty is Certainty.CERTAIN
    assert found.severity.value == "critical"
    assert found.stack_id == "sheld"
    assert "neither will ever go on" in found.title
    assert "await function()" in codes(found)


def test_a_hop_that_has_not_begun_for_long_is_suspected() -> None:
    """The thread may come back: where it stands is told."""
    (found,) = stands(11)

    assert found.certainty is Certainty.SUSPECTED
    assert "shop/stock.py:9" in found.title


def test_a_hop_that_waits_for_a_while_is_none() -> None:
    """Below ten seconds; nor does silence make it longer."""
    assert stands(8) == []
    assert stands(4, later=60, circular=True) == []


def unsafe(*frames: StackFrame) -> Finding:
    made = scene()
    made.session.define("sunsafe", list(frames))
    made.session.define("lorm", next(each for each in frames if each.app))
    made.deliver(
        RequestRecorded(
            made.unit(exception="SynchronousOnlyOperation", site_id="lorm", stack_id="sunsafe"),
            "GET", "nview", 500, "asgi",
        )
    )  # fmt: skip
    (found,) = made.findings("request_failing")
    return found


INNER = StackFrame(f"{DJANGO}/utils/asyncio.py", 24, "async_unsafe.<locals>.inner")
COROUTINE = StackFrame(VIEW, 12, "page", True)
HANDLER = StackFrame(f"{DJANGO}/core/handlers/base.py", 253, "BaseHandler._get_response_async")
OUTER = StackFrame("/app/shop/middleware.py", 30, "Timing.__acall__", True)


def queryset(function: str) -> StackFrame:
    return StackFrame(f"{DJANGO}/db/models/query.py", 400, f"QuerySet.{function}")


def test_the_orm_in_a_coroutine_gets_its_async_method() -> None:
    """`get` through a manager is `aget`."""
    manager = StackFrame(f"{DJANGO}/db/models/manager.py", 87, "create.<locals>.manager_method")
    found = unsafe(INNER, queryset("_fetch_all"), queryset("get"), manager, COROUTINE, HANDLER)

    assert found.where.line == 12
    assert "await ….aget(…)" in codes(found)
    assert "await sync_to_async(function)(…)" in codes(found)


def test_the_orm_below_a_coroutine_is_told_with_both_frames() -> None:
    """The helper that asked, and the coroutine around; not the middleware further out."""
    helper = StackFrame("/app/shop/stock.py", 7, "rows", True)
    found = unsafe(INNER, queryset("__iter__"), helper, COROUTINE, HANDLER, OUTER, HANDLER)

    assert found.evidence["orm_at"] == "shop/stock.py:7 in rows"
    assert found.evidence["coroutine"] == "shop/views.py:12 in page"
    assert "async for row in queryset" in codes(found)
    assert "await sync_to_async(rows)(…)" in codes(found)
    assert "async_to_sync" not in codes(found).replace("sync_to_async", "")


def test_a_lazy_relation_in_a_coroutine_is_loaded_before() -> None:
    """There is no attribute that can be awaited."""
    descriptor = StackFrame(
        f"{DJANGO}/db/models/fields/related_descriptors.py", 200,
        "ForwardManyToOneDescriptor.__get__",
    )  # fmt: skip
    found = unsafe(INNER, queryset("get"), descriptor, COROUTINE, HANDLER)

    assert "select_related" in codes(found)
    assert "aget" not in codes(found)


def test_the_map_counts_hops_by_layer() -> None:
    """Beside what each layer says of itself; the rest are the application's lines, Django's."""
    made = scene()
    for _ in range(2):
        request(
            made, hop(site_id="", target_id="ntime", n=1), hop(site_id="", target_id="nsess", n=1),
            hop(site_id="", target_id="nsignal", n=2), hop(n=4), hop(target_id="nview", n=1),
            chain_id="cmap",
        )  # fmt: skip
    (stat,) = made.session.chains.stats.values()
    rows = steps(stat, made.session.definitions)

    assert [(row.name.rpartition(".")[2], row.hops) for row in rows] == [
        ("TimeMiddleware", 1), ("SessionMiddleware", 1), ("handler", 0), ("view", 1),
        (OWN_LINES, 4), (AROUND, 2),
    ]  # fmt: skip
    assert [row.sync_only for row in rows] == [True, False, False, False, False, False]


def test_many_short_hops_are_to_be_one_and_long_ones_are_not() -> None:
    """To run what takes long in one hop makes nobody wait less: the thread is the same."""
    (short,) = waits(n=4, run_us=400)
    (long,) = waits(n=4)

    assert "lambda: [function(each)" in codes(short)
    assert "lambda: [function(each)" not in codes(long)
    assert "thread_sensitive=False" in codes(long)
