"""What a session knows, in the shapes of its JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from djscope.feed.status import FeedStatus
from djscope.model.definitions import Definitions, Place
from djscope.model.finding import Finding
from djscope.model.findings import find, find_gone
from djscope.model.hops import HopStat
from djscope.model.loopsnapshot import loops_out
from djscope.model.middleware import LayerStat, of_route
from djscope.model.payloads_out import payload_out
from djscope.model.processes import ProcessFact
from djscope.model.queries import QueryStat
from djscope.model.routes import RouteStat
from djscope.model.schema import (
    SCHEMA,
    Coverage,
    FindingOut,
    HopOut,
    LayerOut,
    Line,
    ProcessOut,
    QueryOut,
    RouteOut,
    Snapshot,
    UnitOut,
)
from djscope.model.session import Session
from djscope.model.units import UnitFact
from djscope.model.wording import unit_name

# Below this no p95.
SAMPLES = 20


def snapshot(session: Session, now: float, status: FeedStatus) -> Snapshot:
    """Everything a session knows at `now`."""
    defs = session.definitions
    # One that is under way may have no name yet.
    routes = [each for each in session.routes.values() if each.n or each.name_id]
    found = find(session, now)
    return Snapshot(
        schema=SCHEMA,
        meta={"app": status.app, "redis": status.label, "taken_at": round(now, 3)},
        coverage=coverage(session, now),
        processes=[process_out(each) for each in session.processes.values()],
        findings=[finding_out(each, defs) for each in found],
        units=[unit_out(u, defs) for u in (*session.running.values(), *session.recent)],
        routes=[
            route_out(each, defs, of_route(session.layers, defs, each.name_id))
            for each in routes
            if each.kind == "request"
        ],
        queries=[query_out(each, defs) for each in session.queries.stats.values()],
        tasks=[route_out(each, defs) for each in routes if each.kind != "request"],
        hops=[hop_out(each, defs) for each in session.hops.stats.values()],
        gone=[finding_out(each, defs) for each in find_gone(session, now, found)],
        loops=loops_out(session.loops, defs, now),
    )


def to_json(value: object) -> str:
    """Indented, so that people and diffs can read it."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def line(place: Place) -> Line:
    return Line(place.file, place.line, place.function)


def coverage(session: Session, now: float) -> Coverage:
    count = Counter[str]()
    for route in session.routes.values():
        count[route.kind] = count.get(route.kind, 0) + route.n
    known = session.processes.values()
    return Coverage(
        since=session.began_at,
        until=now,
        requests=count["request"],
        tasks=count["task"],
        processes_seen=len(session.processes),
        processes_reporting=sum(process.reported_at > 0 for process in known),
        frames_missed=sum(process.missed_frames for process in known),
        events_dropped=sum(process.dropped for process in known),
        gaps=[gap.what for gap in session.gaps],
    )


def finding_out(finding: Finding, defs: Definitions) -> FindingOut:
    return FindingOut(
        id=finding.id,
        kind=finding.kind,
        severity=finding.severity.value,
        certainty=finding.certainty.value,
        title=finding.title,
        unit=finding.unit,
        where=line(finding.where),
        origin=line(finding.origin) if finding.origin else None,
        evidence=finding.evidence,
        advice=finding.advice,
        first_seen=finding.first_seen,
        last_seen=finding.last_seen,
        count=finding.count,
        cost=finding.cost,
        processes=list(finding.processes),
        stack=[line(place) for place in defs.stack(finding.stack_id)],
        model=finding.model or None,
        relation=finding.relation or None,
        path=finding.path or None,
        gone=finding.gone,
    )


def layer_out(stat: LayerStat) -> LayerOut:
    passed = stat.passed
    return LayerOut(
        name=stat.layer.name,
        hook=stat.layer.hook,
        mode=stat.mode,
        n=passed.n,
        own_us_p50=passed.median_us,
        own_us_p95=passed.own_quantile_us(0.95) if passed.n >= SAMPLES else None,
        own_us_max=passed.own_max_us,
        own_us=passed.own_us,
        took_us=passed.took_us,
    )


def route_out(route: RouteStat, defs: Definitions, layers: Iterable[LayerStat] = ()) -> RouteOut:
    return RouteOut(
        name=defs.text(route.name_id),
        view=defs.text(route.view_id),
        n=route.n,
        failed=route.failed,
        retried=route.retried,
        wall_us_p50=route.quantile_us(0.5),
        wall_us_p95=route.quantile_us(0.95) if route.wall.n >= SAMPLES else None,
        wall_us_max=route.max_us,
        wall_us=route.wall_us,
        cpu_us=route.cpu_us,
        sql_us=route.sql_us,
        queries=route.queries,
        outcomes=dict(route.outcomes),
        kind=route.kind,
        queue=route.queue,
        layers=[layer_out(each) for each in layers],
        **waits(route),
        payload=payload_out(route.payload, defs),
    )


def waits(route: RouteStat) -> dict[str, int | None]:
    """None where nobody noted when the worker received it."""
    known, top = route.wait, route.wait_max_us
    return {
        "wait_us_p50": known.quantile(0.5, top) if known.n else None,
        "wait_us_p95": known.quantile(0.95, top) if known.n >= SAMPLES else None,
        "wait_us_max": top if known.n else None,
    }


def query_out(stat: QueryStat, defs: Definitions) -> QueryOut:
    relation = defs.relation(stat.relation_id)
    return QueryOut(
        sql=defs.text(stat.sql_id),
        unit=unit_name(stat.unit_kind, defs.text(stat.name_id)),
        where=line(defs.place(stat.site_id)),
        origin=line(defs.place(stat.origin_id)) if stat.origin_id else None,
        relation=relation.label if relation else "",
        access=stat.access,
        database=stat.database,
        units=stat.units,
        n=stat.n,
        per_unit_p50=stat.median_per_unit(),
        total_us=stat.total_us,
        fetch_us=stat.fetch_us,
        p50_us=stat.quantile_us(0.5),
        p95_us=stat.quantile_us(0.95) if stat.hist.n >= SAMPLES else None,
        max_us=stat.max_us,
        rows=stat.rows,
    )


def hop_out(stat: HopStat, defs: Definitions) -> HopOut:
    stack = defs.stack(stat.site_id)
    place = next((each for each in stack if each.app), stack[0] if stack else None)
    return HopOut(
        route=defs.text(stat.name_id),
        kind=stat.kind,
        where=line(place) if place else None,
        target=defs.text(stat.target_id),
        executor=stat.executor,
        requests=stat.units,
        n=stat.n,
        per_request_p50=stat.n_p50,
        wait_us_p50=stat.wait_p50,
        wait_us_max=stat.wait_max_us,
        wait_us=stat.wait_us,
        run_us=stat.run_us,
        resume_us=stat.resume_us,
    )


def unit_out(fact: UnitFact, defs: Definitions) -> UnitOut:
    unit = fact.unit
    return UnitOut(
        kind=fact.kind,
        id=unit.id,
        process=fact.process,
        name=defs.text(unit.name_id),
        state=unit.state,
        outcome=fact.outcome,
        started=round(fact.started, 3),
        wall_us=unit.wall_us,
        cpu_us=unit.cpu_us if unit.cpu_us >= 0 else None,
        sql_us=unit.sql_us,
        fetch_us=unit.fetch_us,
        queries=unit.queries,
        adopted=unit.adopted,
        exception=unit.exception,
        stack=[line(place) for place in defs.stack(unit.stack_id)],
        now=[line(place) for place in defs.stack(unit.now_id)],
        wait_us=fact.wait_us if fact.wait_us >= 0 else None,
        queue=fact.queue,
    )


def process_out(process: ProcessFact) -> ProcessOut:
    return ProcessOut(
        name=process.name,
        host=process.host,
        pid=process.pid,
        kind=process.kind,
        level=process.level,
        release=process.release,
        python=process.python,
        django=process.django,
        celery=process.celery,
        probe=process.probe,
        wire=process.wire,
        last_seen=process.seen_at,
        units=process.units,
        dropped=process.dropped,
        missed_frames=process.missed_frames,
        errors=process.errors,
        instruments_off=list(process.off),
        cpu_share=round(process.cpu_share, 5),
        bytes_per_s=round(process.bytes_per_s),
        max_level=process.max_level,
        allow=list(process.allow),
        concurrency=process.concurrency or None,
        governed=process.governed,
    )
