"""Verdicts on queries: n_plus_one, query_loop, duplicate_query, slow_query."""

from __future__ import annotations

from collections.abc import Iterator

from djscope.model.definitions import Definitions, Place
from djscope.model.finding import Certainty, Finding, Severity
from djscope.model.findings import advice, relations
from djscope.model.findings.relations import AS_USUAL, Loaded
from djscope.model.findings.statements import read
from djscope.model.queries import QueryStat
from djscope.model.thresholds import Thresholds
from djscope.model.wording import amount, each, milliseconds, unit_name, unit_word

# Queries that fetch that many rows each work through a table in batches.
BATCH_ROWS = 10
# Of library code we know neither the loop nor the remedy: ask for more.
LIBRARY_QUERIES = 10
# The slowest twentieth may take so many times what a query may take as a rule.
P95_TIMES = 2.5
# Below this no p95.
SAMPLES = 20
# `validate`: whether a form's, serializer's or instance's values are unique, which each has to ask.
NO_LOOP = frozenset({"prefetch", "bulk_create", "bulk_update", "in_bulk", "validate"})
TRANSACTION = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


def verdicts(
    stats: list[QueryStat], defs: Definitions, fetching: frozenset[str], least: Thresholds
) -> Iterator[Finding]:
    """At most one verdict on repetition and one on slowness for each statistic.

    `fetching`: the processes whose Django has fetch modes (6.1 on).
    """
    # How rows were loaded that remedies differ for.
    loaded = {stat.site_id: stat.access for stat in stats if stat.access in ("iterator", "raw")}
    for stat in stats:
        if not defs.complete(
            stat.name_id, stat.sql_id, stat.site_id, stat.relation_id, stat.origin_id
        ):
            continue
        rows = Loaded(loaded.get(stat.origin_id, ""), bool(fetching & stat.processes))
        repeated = repetition(stat, defs, least, rows)
        if repeated is not None:
            yield repeated
        if is_slow(stat, least.slow_query * 1000):
            yield slow(stat, defs)


def repetition(
    stat: QueryStat, defs: Definitions, least: Thresholds, rows: Loaded = AS_USUAL
) -> Finding | None:
    """N+1, else duplicates, else a loop: the most telling explanation."""
    relation = defs.relation(stat.relation_id)
    if relation is not None and relations.expands(stat, least.n_plus_one):
        finding = base(relations.KINDS[stat.note], stat, defs, Certainty.CERTAIN)
        relations.explain(finding, stat, defs, relation, rows)
        return finding
    if is_no_loop(stat, defs):
        return None
    per_unit, distinct = stat.median_per_unit(), stat.median_distinct()
    same, known = least.duplicate_query, 1 if defs.place(stat.site_id).app else LIBRARY_QUERIES
    again = distinct >= 1 and per_unit >= max(same, known) and per_unit >= same * distinct
    # No result to keep of what writes: that is a loop.
    if again and not read(defs.text(stat.sql_id)).writes:
        return duplicate(stat, defs)
    if stat.median_most() >= max(least.query_loop, known) and stat.rows < BATCH_ROWS * stat.n:
        return loop(stat, defs)
    return None


def is_no_loop(stat: QueryStat, defs: Definitions) -> bool:
    """What may repeat: a thread that polls, whose units end only where it pauses; `migrate`, which
    asks for each migration; Django, which loads in batches and makes transactions of many steps.
    """
    if stat.unit_kind == "thread":
        return True
    if stat.unit_kind == "command" and not defs.place(stat.site_id).app:
        return True
    return stat.access in NO_LOOP or defs.text(stat.sql_id).startswith(TRANSACTION)


def is_slow(stat: QueryStat, least_us: int) -> bool:
    """Slow as a rule, not once: the median, or enough samples for a p95."""
    if typical_us(stat) >= least_us:
        return True
    return stat.hist.n >= SAMPLES and stat.quantile_us(0.95) >= least_us * P95_TIMES


def typical_us(stat: QueryStat) -> int:
    """To execute and fetch: the median, which buckets tell well enough of many; else the smaller of
    median and mean, so that one outlier among few does not make a query slow.
    """
    fetch_us = stat.fetch_us // max(stat.n, 1)
    median_us, mean_us = stat.quantile_us(0.5), stat.total_us // max(stat.n, 1)
    return fetch_us + (median_us if stat.n >= SAMPLES else min(median_us, mean_us))


def duplicate(stat: QueryStat, defs: Definitions) -> Finding:
    finding = base("duplicate_query", stat, defs, Certainty.CERTAIN)
    distinct = stat.median_distinct()
    times = amount(stat.median_per_unit())
    which = "with the same parameters" if distinct == 1 else f"with {distinct} parameter sets"
    finding.title = f"the same query {times} times {each(stat.unit_kind, stat.units)}, {which}"
    finding.advice = [advice.KEEP_RESULT]
    return finding


def loop(stat: QueryStat, defs: Definitions) -> Finding:
    finding = base("query_loop", stat, defs, Certainty.LIKELY)
    verb = f".{stat.access}() " if stat.access else "a query "
    finding.title = (
        f"{verb}in a loop: {amount(stat.median_per_unit())} queries"
        f" {each(stat.unit_kind, stat.units)}"
    )
    statement = read(defs.text(stat.sql_id))
    finding.advice = advice.for_loop(stat.access, statement, defs.relation(stat.relation_id))
    return finding


def slow(stat: QueryStat, defs: Definitions) -> Finding:
    certainty = Certainty.CERTAIN if stat.n >= SAMPLES else Certainty.LIKELY
    finding = base("slow_query", stat, defs, certainty)
    how = "p50" if stat.n >= SAMPLES else "mean"
    finding.title = (
        f"≈{milliseconds(typical_us(stat))} per query ({how} of {amount(stat.n)}),"
        f" at most {milliseconds(stat.max_us)} to execute"
    )
    finding.advice = [advice.LOOK_AT_PLAN]
    return finding


def base(kind: str, stat: QueryStat, defs: Definitions, certainty: Certainty) -> Finding:
    """What all verdicts on a query statistic share."""
    total_us = stat.total_us + stat.fetch_us
    return Finding(
        kind=kind,
        severity=Severity.WARNING,
        certainty=certainty,
        title="",
        unit=unit_name(stat.unit_kind, defs.text(stat.name_id)),
        unit_kind=stat.unit_kind,
        where=where_of(stat, defs),
        evidence={
            "queries": stat.n,
            f"{unit_word(stat.unit_kind)}s": stat.units,
            "queries_per_unit_p50": stat.median_per_unit(),
            "parameter_sets_per_unit_p50": stat.median_distinct(),
            "rows": stat.rows,
        },
        first_seen=stat.first_at,
        last_seen=stat.last_at,
        count=stat.units,
        cost={
            "total_ms": total_us / 1000,
            "ms_per_unit": total_us / 1000 / max(stat.units, 1),
        },
        processes=tuple(sorted(stat.processes)),
        stack_id=stat.stack_id,
        sql_id=stat.sql_id,
    )


def where_of(stat: QueryStat, defs: Definitions) -> Place:
    return defs.place(stat.site_id)
