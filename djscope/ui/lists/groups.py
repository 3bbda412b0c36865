"""What one unit asked of the database: by group, and in order."""

from __future__ import annotations

from collections.abc import Sequence

from djscope.feed.shapes import Group, Operation
from djscope.model.queries import QueryStat, query_key
from djscope.model.units import UnitFact
from djscope.ui import format as fmt
from djscope.ui.cells import amount, location, timing
from djscope.ui.columns import Column
from djscope.ui.details import query
from djscope.ui.draw import bar
from djscope.ui.facts import Facts
from djscope.ui.spec import Opener, Spec


def groups(unit: UnitFact) -> Spec[Group]:
    """The unit's queries by SQL, site and origin."""

    def open_group(group: Group) -> Opener | None:
        key = query_key(unit.kind, unit.unit.name_id, group)
        return query.opener(QueryStat(*key)) if group.sql_id else None

    rest = [unit.unit.other] if unit.unit.other else []
    return Spec(
        "groups", "Queries of this unit", lambda _: [*unit.unit.groups, *rest], _identity,
        _group_columns, lambda _: "it has asked the database nothing", open_group, "total",
    )  # fmt: skip


def _identity(group: Group) -> tuple[str, ...]:
    return (group.sql_id, group.site_id, group.access, group.relation_id, group.origin_id)


def _group_columns(facts: Facts) -> Sequence[Column[Group]]:
    return [
        amount("n", "n", (5, 0, 0), lambda g: g.n),
        timing("total", "total", (6, 0, 1), lambda g: g.total_us),
        timing("max", "max", (6, 0, 3), lambda g: g.max_us),
        amount("rows", "rows", (6, 0, 4), lambda g: g.rows),
        location("site", "site", (16, 2, 2), lambda g: facts.place(g.site_id)),
        Column("sql", "sql", (20, 5, 0), lambda g: facts.text(g.sql_id) or "(all others)"),
    ]


def operations(unit: UnitFact) -> Spec[tuple[int, Operation]]:
    """The unit's first queries against its wall time."""
    wall = max(unit.unit.wall_us, 1)

    def group(row: tuple[int, Operation]) -> Group | None:
        at = row[1].group
        return unit.unit.groups[at] if 0 <= at < len(unit.unit.groups) else unit.unit.other

    def columns(facts: Facts) -> Sequence[Column[tuple[int, Operation]]]:
        def text(row: tuple[int, Operation]) -> str:
            of = group(row)
            return f"{facts.place(of.site_id).short} {facts.text(of.sql_id)}" if of else ""

        return [
            timing("at", "at", (6, 0, 0), lambda row: row[1].offset_us),
            timing("took", "took", (6, 0, 0), lambda row: row[1].took_us),
            Column(
                "bar", f"0 to {fmt.duration(wall)}", (20, 3, 1), lambda _: "",
                fill=lambda row, width: bar(
                    row[1].offset_us / wall, row[1].took_us / wall, width
                ),
                tone=lambda _: "code",
            ),
            Column("what", "query", (20, 3, 0), text),
        ]  # fmt: skip

    return Spec(
        "operations", "Timeline of the first queries",
        lambda _: enumerate(unit.unit.operations), lambda row: row[0], columns,
        lambda _: "no queries yet",
    )  # fmt: skip
