"""Verdicts on requests: request_failing, slow_request, request_stuck."""

from __future__ import annotations

from collections.abc import Iterator

from djscope.model.definitions import Definitions, Place
from djscope.model.finding import Advice, Certainty, Finding, Severity
from djscope.model.findings import standing, unsafe
from djscope.model.routes import Failure, RouteStat
from djscope.model.units import UnitFact
from djscope.model.wording import amount, milliseconds

SLOW_US = 1_000_000
SLOW_P95_US = 2_000_000
# A verdict on slowness needs more than a cold start.
LEAST = 3
SAMPLES = 20
STUCK_S = 10.0


def verdicts(
    routes: list[RouteStat], running: list[UnitFact], defs: Definitions, now: float
) -> Iterator[Finding]:
    for route in routes:
        for failure in route.failures.values():
            yield failing(route, failure, defs)
        if is_slow(route):
            yield slow(route, defs)
    for fact in running:
        # After the response is there it streams, for as long as the client likes.
        if fact.responded_us < 0 and standing.is_stuck(fact, now, STUCK_S):
            yield standing.stuck("request_stuck", fact, defs, now)


def failing(route: RouteStat, failure: Failure, defs: Definitions) -> Finding:
    share = 100 * failure.n / max(route.n, 1)
    what = failure.exception or f"status {failure.outcome}"
    evidence: dict[str, str | int | float] = {
        "failures": failure.n, "requests": route.n, "exception": failure.exception,
    }  # fmt: skip
    advice = [Advice("handle it, or answer with the right 4xx status")]
    if failure.exception == unsafe.EXCEPTION and failure.sample is not None:
        stack = defs.stack(failure.sample.unit.stack_id)
        advice = unsafe.advice(stack)
        evidence.update(unsafe.evidence(stack))
    return Finding(
        kind="request_failing",
        severity=Severity.CRITICAL if share >= 5 else Severity.WARNING,
        certainty=Certainty.CERTAIN,
        title=f"{what} in {amount(failure.n)} of {amount(route.n)} requests ({share:.0f} %)",
        unit=defs.text(route.name_id),
        where=defs.place(failure.site_id) if failure.site_id else view_place(route, defs),
        evidence=evidence,
        advice=advice,
        first_seen=failure.first_at,
        last_seen=failure.last_at,
        count=failure.n,
        processes=tuple(sorted(route.processes)),
        stack_id=failure.sample.unit.stack_id if failure.sample else "",
    )


def is_slow(route: RouteStat) -> bool:
    """The median is slow, or, with enough samples, the p95 is."""
    n = route.answered.n
    if n >= LEAST and route.answer_us(0.5) >= SLOW_US:
        return True
    return n >= SAMPLES and route.answer_us(0.95) >= SLOW_P95_US


def slow(route: RouteStat, defs: Definitions) -> Finding:
    p50, n = route.answer_us(0.5), max(route.n, 1)
    seen = standing.app_place(defs.stack(route.seen_at_id))
    sql_ms, cpu_ms = route.sql_us / n / 1000, route.cpu_us / n / 1000
    mostly_sql = route.sql_us > route.wall_us / 2
    text = (
        "most of it is SQL: see this route's queries"
        if mostly_sql
        else "look at the line where it was seen waiting: cache it, or move it to a task"
    )
    return Finding(
        kind="slow_request",
        severity=Severity.WARNING,
        certainty=Certainty.CERTAIN if n >= SAMPLES else Certainty.LIKELY,
        title=(
            f"≈{milliseconds(p50)} per request (p50 of {amount(n)}),"
            f" at most {milliseconds(route.max_us)}; SQL {sql_ms:.0f} ms on average"
        ),
        unit=defs.text(route.name_id),
        where=seen or view_place(route, defs),
        evidence={
            "requests": n,
            "mean_wall_ms": round(route.wall_us / n / 1000),
            "mean_sql_ms": round(sql_ms),
            "mean_cpu_ms": round(cpu_ms),
            "mean_queries": round(route.queries / n, 1),
        },
        advice=[Advice(text)],
        first_seen=route.first_at,
        last_seen=route.last_at,
        count=n,
        cost={"total_ms": route.wall_us / 1000, "ms_per_unit": route.wall_us / n / 1000},
        processes=tuple(sorted(route.processes)),
        stack_id=route.seen_at_id,
    )


def view_place(route: RouteStat, defs: Definitions) -> Place:
    """The view by its dotted name, when no line is known."""
    return Place("", 0, defs.text(route.view_id) or defs.text(route.name_id))
