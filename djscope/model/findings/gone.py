"""What went away with the processes that had it: after a reload, a restart, a release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from statistics import median

from djscope.model.definitions import Definitions
from djscope.model.finding import Finding, Gone, Severity
from djscope.model.findings.queries import repetition
from djscope.model.generations import Generations, Succession, with_samples
from djscope.model.queries import QueryStat
from djscope.model.thresholds import Thresholds
from djscope.model.units import UnitFact
from djscope.model.wording import amount, number, unit_word

# Since the first unit of the processes that came after.
SHOWN_S = 600.0


def verdicts(
    stats: Iterable[QueryStat],
    generations: Generations,
    defs: Definitions,
    least: Thresholds,
    now: float,
) -> Iterator[Finding]:
    """Repetitions in processes that ended and, in enough units, not in those that came after.

    What an older process that is still there did too is not gone.
    """
    for stat in stats:
        succession = generations.succession(stat)
        if succession is None or succession.staying or not succession.enough:
            continue
        if now - succession.since > SHOWN_S or not known(stat, defs):
            continue
        if not after_known(succession, defs):
            continue
        before = repetition(with_samples(stat, succession.past), defs, least)
        if before is not None:
            yield gone(before, stat, succession, defs)


def not_yet(
    found: list[Finding],
    stats: Iterable[QueryStat],
    generations: Generations,
    defs: Definitions,
    least: Thresholds,
) -> list[Finding]:
    """`found`, where what only ended processes did says how much their heirs have done since; once
    those have it too, theirs alone is told.
    """
    fading: dict[str, Succession] = {}
    for stat in stats:
        succession = generations.succession(stat)
        if succession is None or succession.enough or len(succession.past) < len(stat.samples):
            continue
        before = repetition(stat, defs, least) if known(stat, defs) else None
        if before is not None:
            fading[before.id] = succession
    kept: dict[str, Finding] = {}
    rest = []
    for each in found:
        if each.id not in fading:
            rest.append(each)
        elif each.id not in kept or each.last_seen > kept[each.id].last_seen:
            kept[each.id] = each
    for key, each in kept.items():
        if each.last_seen < fading[key].since:
            so_far = number(fading[key].units, unit_word(each.unit_kind))
            each.evidence["since_the_reload"] = f"not seen, {so_far} so far"
    return rest + list(kept.values())


def known(stat: QueryStat, defs: Definitions) -> bool:
    return defs.complete(
        stat.name_id, stat.sql_id, stat.site_id, stat.relation_id, stat.origin_id
    )  # fmt: skip


def after_known(succession: Succession, defs: Definitions) -> bool:
    """Whether all is known that came after: without texts nobody can tell which are alike."""
    units = served_by_heirs(succession)
    return all(defs.complete(g.sql_id, g.relation_id) for unit in units for g in unit.unit.groups)


def served_by_heirs(succession: Succession) -> list[UnitFact]:
    """The last units of the processes that came after."""
    return [each for each in succession.route.recent if each.process in succession.heirs]


def gone(before: Finding, stat: QueryStat, succession: Succession, defs: Definitions) -> Finding:
    """The finding as it was, with how many of these queries there are now."""
    units = served_by_heirs(succession)
    was = int(before.evidence["queries_per_unit_p50"])
    now = int(median([alike(stat, each, defs) for each in units] or [0]))
    word = unit_word(stat.unit_kind)
    what = f"{before.relation}: " if before.relation else ""
    told = Gone(was, now, succession.units, len(succession.heirs), succession.since)
    return replace(
        before,
        severity=Severity.INFO,
        title=(
            f"{what}gone: {amount(was)} → {amount(now)} {counted(before, now)} per {word}, in"
            f" {number(told.units, word)} by {number(told.processes, 'new process')}"
        ),
        advice=[],
        cost={},
        gone=told,
    )


def counted(before: Finding, now: int) -> str:
    """What went from so many to `now`: with none left the unit may still make other queries."""
    if now:
        return "queries"
    return "lazy loads" if before.relation else "such queries"


def alike(stat: QueryStat, fact: UnitFact, defs: Definitions) -> int:
    """Queries in a unit that go through the same relation, prefetches included, or else that are
    the same.
    """
    relation, table = defs.relation(stat.relation_id), table_of(defs.text(stat.sql_id))
    count = 0
    for group in fact.unit.groups:
        other = defs.relation(group.relation_id)
        if relation is None:
            same = group.sql_id == stat.sql_id
        elif other is None:
            same = group.access == "prefetch" and table_of(defs.text(group.sql_id)) == table
        else:
            same = other.label == relation.label
        count += group.n if same else 0
    return count


def table_of(sql: str) -> str:
    """What it selects from first."""
    return sql.partition(" FROM ")[2].partition(" ")[0]


def worst_of_each(found: Iterable[Finding], standing: Iterable[Finding]) -> list[Finding]:
    """One for each id, the most repeated; none of those that still stand somewhere."""
    kept: dict[str, Finding] = {}
    for each in found:
        other = kept.get(each.id)
        if other is None or _before(each) > _before(other):
            kept[each.id] = each
    still = {each.id for each in standing}
    return [each for key, each in kept.items() if key not in still]


def _before(finding: Finding) -> int:
    return finding.gone.before if finding.gone else 0
