"""Units as the wire carries them. Runs in the probe's thread, never in the host's."""

from __future__ import annotations

from collections import Counter

from djscope_probes import payloads, spans, wire
from djscope_probes.clock import now_ns, unix
from djscope_probes.definitions import Definitions
from djscope_probes.groups import MAX_PARAMS, Group
from djscope_probes.hoprecords import hops_of
from djscope_probes.told import told_id, told_method
from djscope_probes.units import RequestUnit, TaskUnit, Unit

# A unit with that many equal queries, or that long, is worth its timeline.
EXEMPLARY_REPEATS = 3
EXEMPLARY_NS = 500_000_000


def record(
    unit: Unit, defs: Definitions, now_id: str = "", most: int = wire.GROUPS_PER_UNIT
) -> str:
    """One unit's state so far as event JSON, with at most so many groups."""
    body = unit_state(unit, defs, now_id, most)
    if isinstance(unit, RequestUnit):
        took = (unit.responded_ns - unit.began_ns) // 1000 if unit.responded_ns else -1
        passes = unit.passes
        return wire.event_json(
            wire.RequestRecorded(
                body,
                told_method(unit.method),
                defs.name(unit.view),
                unit.status,
                unit.protocol,
                took,
                defs.chain(passes.chain.layers) if passes is not None else "",
                spans.on_wire(passes, unit.began_ns) if passes is not None else (),
                payloads.told(unit, defs),
                hops_of(unit, defs),
            )
        )
    if isinstance(unit, TaskUnit):
        return wire.event_json(
            wire.TaskRecorded(
                body,
                told_id(unit.task_id),
                unit.state,
                unit.retries,
                unit.worker,
                unit.queue,
                unit.wait_us,
            )
        )
    return wire.event_json(wire.WorkRecorded(body, unit.kind))


def unit_state(
    unit: Unit, defs: Definitions, now_id: str, most: int = wire.GROUPS_PER_UNIT
) -> wire.Unit:
    """The part that all kinds of units share."""
    unit.revision += 1
    unit.settle()
    end = now_ns() if unit.open else unit.ended_ns
    merged = merge(list(unit.groups.values()), defs, unit.deep)
    ranked = sorted(merged.values(), key=lambda g: (g.n, g.total_us), reverse=True)
    kept, rest = ranked[:most], ranked[most:]
    if unit.overflow is not None:
        rest.append(on_wire(unit.overflow, defs))
    return wire.Unit(
        id=unit.id,
        revision=unit.revision,
        state="running" if unit.open else "vanished" if unit.vanished else "ended",
        name_id=defs.name(unit.name),
        started=unix(unit.began_ns),
        wall_us=(end - unit.began_ns) // 1000,
        cpu_us=-1 if unit.cpu_ns < 0 or unit.open else unit.cpu_ns // 1000,
        queries=unit.queries,
        sql_us=sum(group.total for group in unit.all_groups) // 1000,
        fetch_us=sum(group.fetch for group in unit.all_groups) // 1000,
        groups=kept,
        other=summed(rest) if rest else None,
        operations=timeline(unit, kept, defs) if exemplary(unit, kept, end) else (),
        adopted=unit.adopted,
        exact_start=unit.exact_start,
        exception=unit.exception,
        site_id=defs.site(unit.site),
        stack_id=defs.stack(unit.stack),
        now_id=now_id,
    )


def exemplary(unit: Unit, groups: list[wire.Group], end: int) -> bool:
    """Whether the order of a unit's queries tells anything, or was asked for."""
    if not groups:
        return False
    return unit.deep or groups[0].n >= EXEMPLARY_REPEATS or end - unit.began_ns >= EXEMPLARY_NS


GroupKey = tuple[str, str, str, str, str, str]


def group_key(group: wire.Group, deep: bool) -> GroupKey:
    """What makes two groups one; in a deep unit each stack has its own."""
    stack = group.stack_id if deep else ""
    return (group.sql_id, group.site_id, group.access, group.relation_id, group.origin_id, stack)


def merge(groups: list[Group], defs: Definitions, deep: bool) -> dict[GroupKey, wire.Group]:
    """Lists of different lengths are different texts to Django and one to the reader."""
    alike: dict[GroupKey, list[tuple[Group, wire.Group]]] = {}
    for group in groups:
        entry = on_wire(group, defs)
        alike.setdefault(group_key(entry, deep), []).append((group, entry))
    merged = {}
    for key, found in alike.items():
        entry = found[0][1]
        if len(found) > 1:
            most = asked_most([group for group, _ in found])
            entry = summed([each for _, each in found])._replace(most=most)
        merged[key] = entry
    return merged


def asked_most(groups: list[Group]) -> int:
    """The most that one stack asked of queries that differ in their literals; 0 for all."""
    if any(group.most == 0 for group in groups):
        return 0
    together: Counter[int] = Counter()
    for group in groups:
        together.update(group.stacks or {0: group.most})
    return max(together.values())


def on_wire(group: Group, defs: Definitions) -> wire.Group:
    """One group, its times in microseconds, its texts as ids."""
    shape, path = group.shape, group.path
    params = -1 if group.params is None else min(len(group.params), MAX_PARAMS)
    return wire.Group(
        sql_id=defs.sql(shape, group.dialect),
        site_id=defs.site(shape.site),
        stack_id=defs.stack(shape.stack),
        access=shape.access,
        relation_id=defs.relation(path),
        origin_id=defs.site(path.site) if path is not None else "",
        n=group.n,
        total_us=group.total // 1000,
        max_us=group.max // 1000,
        fetch_us=group.fetch // 1000,
        rows=group.rows,
        params=params,
        hist=[[bucket, n] for bucket, n in enumerate(group.hist) if n],
        peak=group.peak,
        parents=group.parents,
        database=group.database,
        note=group.note,
        most=group.most,
    )


def summed(groups: list[wire.Group]) -> wire.Group:
    """Several groups as one, under the first one's name."""
    first = groups[0]
    hist: dict[int, int] = {}
    for group in groups:
        for bucket, n in group.hist:
            hist[bucket] = hist.get(bucket, 0) + n
    known = [group.params for group in groups]
    return first._replace(
        n=sum(group.n for group in groups),
        total_us=sum(group.total_us for group in groups),
        max_us=max(group.max_us for group in groups),
        fetch_us=sum(group.fetch_us for group in groups),
        rows=sum(group.rows for group in groups),
        params=-1 if -1 in known else min(sum(known), MAX_PARAMS),
        hist=[[bucket, n] for bucket, n in sorted(hist.items())],
        peak=max(group.peak for group in groups),
        parents=max(group.parents for group in groups),
        most=max(group.most or group.n for group in groups),
    )


def timeline(unit: Unit, kept: list[wire.Group], defs: Definitions) -> list[wire.Operation]:
    """The order of the unit's first queries, as indexes into its groups."""
    places = {group_key(group, unit.deep): index for index, group in enumerate(kept)}
    index_of: dict[int, int] = {}
    found = []
    for group, began, took in list(unit.operations):
        index = index_of.get(id(group))
        if index is None:
            index = index_of[id(group)] = places.get(group_key(on_wire(group, defs), unit.deep), -1)
        offset = (began - unit.began_ns) // 1000
        found.append(wire.Operation(index, offset, took // 1000))
    return found
