"""Routes and tasks as lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from djscope.model.routes import RouteStat
from djscope.ui import format as fmt
from djscope.ui.cells import amount, quantiles, timing
from djscope.ui.columns import Column
from djscope.ui.details import route
from djscope.ui.draw import spark
from djscope.ui.facts import Facts
from djscope.ui.lists.empty import nothing_yet
from djscope.ui.spec import Spec

RouteColumn = Column[RouteStat]
# Where CPU time cannot be told from other work's (event loops) there is none at all.
UNKNOWN = -1


def of_kind(*kinds: str) -> Callable[[Facts], Iterable[RouteStat]]:
    """Routes (`request`), tasks (`task`) or other work (`command`, `thread`)."""
    return lambda facts: [stat for stat in facts.session.routes.values() if stat.kind in kinds]


def requests(title: str = "Requests by route") -> Spec[RouteStat]:
    """Routes, the slowest first."""

    def columns(facts: Facts) -> Sequence[RouteColumn]:
        method: RouteColumn = Column("method", "method", (6, 0, 4), lambda s: s.method)
        return [method, *_common(facts, "route"), *_costs(), *_ends(facts)]

    empty = nothing_yet("no requests yet")
    return Spec(
        "requests", title, of_kind("request"), _key, columns, empty, route.opener, "p95"
    )  # fmt: skip


def work() -> Spec[RouteStat]:
    """Tasks, and beside them what runs outside of requests and tasks, the slowest first."""

    def columns(facts: Facts) -> Sequence[RouteColumn]:
        kind: RouteColumn = Column("kind", "kind", (7, 0, 4), lambda s: s.kind)
        return [kind, *_task_columns(facts)]

    return Spec(
        "tasks", "Tasks, commands, threads", of_kind("task", "command", "thread"), _key, columns,
        nothing_yet("no tasks yet"), route.opener, "p95",
    )  # fmt: skip


def tasks(title: str = "Tasks by name") -> Spec[RouteStat]:
    """Tasks, the slowest first."""

    return Spec(
        "tasks", title, of_kind("task"), _key, _task_columns, nothing_yet("no tasks yet"),
        route.opener, "p95",
    )  # fmt: skip


def _task_columns(facts: Facts) -> Sequence[RouteColumn]:
    return [
        *_common(facts, "task"),
        *_waits(),
        amount("running", "now", (4, 0, 3), lambda s: _running(facts, s)),
        amount("retries", "retry", (5, 0, 2), lambda s: s.retried),
        *_costs(),
        Column("queue", "queue", (8, 1, 5), lambda s: s.queue),
        Column("worker", "worker", (12, 1, 6), _worker),
        *_ends(facts),
    ]


def _waits() -> list[RouteColumn]:
    """From the worker's receiving it to its start; `-` where nobody noted that."""
    waits: list[RouteColumn] = quantiles(lambda s: s.wait, lambda s: s.wait_max_us, (3, 5, 6))
    p50, p95, top = waits
    return [
        replace(p50, id="wait", title="wait", cell=lambda s: p50.cell(s) if s.wait.n else fmt.NONE),
        replace(p95, id="wait95", title="w95"),
        replace(
            top, id="waitmax", title="wmax", cell=lambda s: top.cell(s) if s.wait.n else fmt.NONE
        ),
    ]


def _key(stat: RouteStat) -> tuple[str, str]:
    return (stat.kind, stat.name_id)


def _common(facts: Facts, title: str) -> list[RouteColumn]:
    return [
        Column(title, title, (16, 4, 0), lambda s: facts.text(s.name_id), tail=True),
        amount("n", "n", (5, 0, 2), lambda s: s.n),
        Column(
            "rate", "rate", (6, 0, 3), lambda s: fmt.per_second(s.rate.per_second(facts.now)),
            lambda s: s.rate.per_second(facts.now),
        ),
        *quantiles(lambda s: s.wall, lambda s: s.max_us, (3, 0, 1)),
    ]  # fmt: skip


def _costs() -> list[RouteColumn]:
    return [
        timing("sql", "sql", (6, 0, 2), lambda s: _mean(s, s.sql_us)),
        amount("queries", "queries", (7, 0, 1), lambda s: round(_mean(s, s.queries), 1)),
        timing("cpu", "cpu", (6, 0, 6), lambda s: _mean(s, s.cpu_us) or UNKNOWN),
        timing("other", "other", (6, 0, 6), _unaccounted),
    ]


def _ends(facts: Facts) -> list[RouteColumn]:
    return [
        Column(
            "fail", "fail", (5, 0, 0), lambda s: fmt.percent(s.failed, s.n),
            lambda s: 100 * s.failed / s.n if s.n else 0,
            tone=lambda s: "critical" if s.failed else "",
        ),
        Column(
            "trend", "last minute", (12, 1, 5), lambda _: "", lambda s: s.n,
            fill=lambda s, width: spark(s.rate.series(facts.now), width), tone=lambda _: "code",
        ),
    ]  # fmt: skip


def _mean(stat: RouteStat, total: float) -> float:
    return total / stat.n if stat.n else 0


def _unaccounted(stat: RouteStat) -> float:
    return max(_mean(stat, stat.wall_us - stat.sql_us - stat.cpu_us), 0)


def _running(facts: Facts, stat: RouteStat) -> int:
    units = facts.session.running.values()
    return sum(1 for unit in units if (unit.kind, unit.unit.name_id) == _key(stat))


def _worker(stat: RouteStat) -> str:
    return stat.recent[-1].worker if stat.recent else ""
