"""Verdicts on relations: n_plus_one, per_instance_prefetch, prefetch_bypassed."""

from __future__ import annotations

from typing import NamedTuple

from djscope.model.definitions import Definitions, Relation
from djscope.model.finding import Finding
from djscope.model.findings.homes import home_of
from djscope.model.findings.remedies import Lazy, for_relation
from djscope.model.findings.statements import read
from djscope.model.queries import QueryStat
from djscope.model.wording import amount, each

# Loops that write: what they need is one statement, not other rows.
WRITES = frozenset({"update", "delete"})
KINDS = {"": "n_plus_one", "per_instance": "per_instance_prefetch", "bypassed": "prefetch_bypassed"}
_HOW = {
    "": "",
    "per_instance": "prefetched for one row at a time: ",
    "bypassed": "prefetched, yet asked for anew: ",
}


class Loaded(NamedTuple):
    """How the parent rows came, see `Lazy.loaded`; whether that Django has fetch modes."""

    how: str
    peers: bool


AS_USUAL = Loaded("", False)


def expands(stat: QueryStat, least: int) -> bool:
    """Rows of one queryset, several of them, caused loads of their own, one by one."""
    if stat.access in WRITES or not stat.origin_id:
        return False
    return stat.median_peak() >= least and stat.parents > 1


def explain(
    finding: Finding, stat: QueryStat, defs: Definitions, relation: Relation, loaded: Loaded
) -> None:
    """Make `finding` say which relation, from which rows, and what to write there."""
    origin = defs.place(stat.origin_id)
    finding.title = (
        f"{relation.label}: {_HOW.get(stat.note, '')}{amount(stat.median_per_unit())} queries"
        f" {each(stat.unit_kind, stat.units)},"
        f" rows loaded at {origin.short}"
    )
    finding.origin = origin
    finding.model, finding.relation, finding.path = relation.model, relation.label, relation.path
    statement = read(defs.text(stat.sql_id))
    home = home_of(origin, defs.stack(stat.stack_id))
    lazy = Lazy(relation, origin, stat.access, stat.note, loaded.how, statement, home)
    finding.advice = for_relation(lazy, loaded.peers)
    finding.evidence["lazy_loads_per_queryset"] = stat.median_peak()
    finding.evidence["rows_of_the_queryset"] = stat.parents
