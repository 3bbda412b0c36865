"""slow_middleware: what a middleware takes itself, on most requests that pass it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from djscope.model.definitions import Definitions, Layer, Place
from djscope.model.finding import Advice, Certainty, Finding, Severity
from djscope.model.findings.order import misplaced
from djscope.model.middleware import (
    LayerStat,
    LayerTable,
    Passed,
    chains_of,
    everywhere,
    summed,
)
from djscope.model.routes import RouteStat
from djscope.model.wording import amount, milliseconds

# Its own time, in the median request: a page is slow from some tenths of a second on.
SLOW_US = 20_000
# Where it is async, or around what is adapted, it may wait for a thread or for the event loop,
# which others keep busy. Where a loop was blocked nothing is said of it.
SLOW_ASYNC_US = 50_000
WARNING_SHARE = 0.25
LEAST = 10
# On so many routes, and on such a part of those with enough requests, it is all of them.
MANY, MOST = 3, 0.5
ALL = "all routes"
# So much of the time is "most of it".
MOSTLY = 0.5
CACHED = 'value = cache.get_or_set("…", compute, timeout=60)  # django.core.cache'


@dataclass(frozen=True, slots=True)
class Case:
    """A slow layer on the routes where it is slow; `whole`: that is most of them."""

    stat: LayerStat
    routes: dict[str, Passed]
    whole: bool

    @property
    def passed(self) -> Passed:
        """Over all of these."""
        return summed(list(self.routes.values()))


def verdicts(
    table: LayerTable, routes: Iterable[RouteStat], blocked: set[str], defs: Definitions
) -> Iterator[Finding]:
    """`blocked`: processes whose event loops stood still."""
    known = {route.name_id: route for route in routes}
    for stat in everywhere(table, defs):
        if not stat.layer.name:
            continue
        on_routes = {
            key: stat.on(key)
            for key in stat.parts
            if key in known and (stat.alone_on([key]) or blocked.isdisjoint(known[key].processes))
        }
        slow = {key: each for key, each in on_routes.items() if is_slow(stat, key, each)}
        n = sum(each.n for each in slow.values())
        if n >= LEAST and len(slow) >= MANY and len(slow) >= MOST * len(on_routes):
            yield finding(Case(stat, slow, whole=True), known, table, defs)
            continue
        for name_id, passed in slow.items():
            if passed.n >= LEAST:
                yield finding(Case(stat, {name_id: passed}, whole=False), known, table, defs)


def is_slow(stat: LayerStat, name_id: str, passed: Passed) -> bool:
    """A middleware that answers by itself does the work that was asked for."""
    if stat.layer.hook == "call" and passed.answered > passed.n / 2:
        return False
    return passed.median_us >= (SLOW_US if stat.alone_on([name_id]) else SLOW_ASYNC_US)


def finding(
    case: Case, known: dict[str, RouteStat], table: LayerTable, defs: Definitions
) -> Finding:
    stat, passed = case.stat, case.passed
    routes = [known[name_id] for name_id in case.routes]
    share = passed.own_us / max(sum(route.wall_us for route in routes), 1)
    sql = sql_share(stat.layer, routes, passed, defs)
    of_sql = ", most of it SQL" if sql >= MOSTLY else ""
    each_us = passed.own_us / max(passed.n, 1)
    last = "" if len(passed.recent) == passed.n else "the last "
    return Finding(
        kind="slow_middleware",
        severity=Severity.WARNING if share >= WARNING_SHARE else Severity.INFO,
        certainty=Certainty.CERTAIN if stat.alone_on(case.routes) else Certainty.LIKELY,
        title=(
            f"{short(stat.layer)} takes {milliseconds(passed.median_us)} itself per request"
            f" (p50 of {last}{amount(len(passed.recent))}){of_sql}"
        ),
        unit=ALL if case.whole else defs.text(next(iter(case.routes))),
        where=stat.layer.place or Place("", 0, stat.layer.name),
        evidence=evidence(case, share, sql),
        advice=advice(stat, sql, table, defs),
        first_seen=min(route.first_at for route in routes),
        last_seen=max(route.last_at for route in routes),
        count=passed.n,
        cost={"total_ms": passed.own_us / 1000, "ms_per_unit": each_us / 1000},
        processes=tuple(sorted({each for route in routes for each in route.processes})),
    )


def evidence(case: Case, share: float, sql: float) -> dict[str, str | int | float]:
    stat, passed = case.stat, case.passed
    found: dict[str, str | int | float] = {
        "requests": passed.n,
        "own_p50_us": passed.median_us,
        "own_max_us": passed.own_max_us,
        "share": f"{100 * share:.0f} % of the time",
        "routes": len(case.routes),
        "hook": stat.layer.hook,
        "mode": stat.mode,
    }
    if sql:
        found["sql"] = f"{100 * sql:.0f} % of its time"
    return found


def short(layer: Layer) -> str:
    """`Slow`, `Slow.process_view`."""
    name = layer.name.rpartition(".")[2]
    return name if layer.hook == "call" else f"{name}.{layer.hook}"


def sql_share(layer: Layer, routes: list[RouteStat], passed: Passed, defs: Definitions) -> float:
    """Of its own time, as far as stacks of queries tell: the stack of one that a middleware asks
    for ends in that middleware.
    """
    if layer.place is None or not passed.recent:
        return 0.0
    asked = units = 0
    for route in routes:
        for fact in route.recent:
            units += 1
            for group in fact.unit.groups:
                if any(frame.file == layer.place.file for frame in defs.stack(group.stack_id)):
                    asked += group.total_us + group.fetch_us
    mean_us = passed.own_us / max(passed.n, 1)
    return min(asked / max(units, 1) / max(mean_us, 1), 1.0)


def advice(stat: LayerStat, sql: float, table: LayerTable, defs: Definitions) -> list[Advice]:
    """First what it does, then where it stands."""
    if sql >= MOSTLY:
        text = "its queries are made on each request that passes it: ask once, and keep the answer"
        first = Advice(f"{text} in the cache", CACHED)
    elif stat.layer.place is not None:
        text = (
            "each request that passes it pays: keep the result in the cache, or do it only in the"
        )
        first = Advice(f"{text} views that need it, or in a task", CACHED)
    else:
        first = Advice("it is a library's: look at its settings, or leave it out where you can")
    found = [first]
    for chain in chains_of(table, defs):
        found += [each for each in misplaced(chain.layers, stat.layer.name) if each not in found]
    return found
