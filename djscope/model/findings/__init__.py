"""Every rule that decides "this is an N+1" lives here, one file per kind of problem."""

from __future__ import annotations

from collections.abc import Iterable

from djscope.model.finding import Finding, Severity
from djscope.model.findings import (
    gone,
    hops,
    loops,
    middleware,
    payloads,
    queries,
    requests,
    tasks,
    workers,
)
from djscope.model.generations import Generations
from djscope.model.routes import RouteStat
from djscope.model.session import Session
from djscope.model.units import UnitFact

_RANK = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


def find(session: Session, now: float) -> list[Finding]:
    """All findings, worst first: by severity, then by the time they cost.

    A rule that fails is noted as a gap and does not take the others along.
    """
    found: list[Finding] = []
    for rule in RULES:
        try:
            found += rule(session, now)
        except Exception as error:
            session.broken(f"{rule.__name__} failed: {type(error).__name__}: {error}", now)
    return sorted(found, key=lambda each: (_RANK[each.severity], -each.total_ms))


def find_gone(session: Session, now: float, found: Iterable[Finding]) -> list[Finding]:
    """What ended with the processes that had it and is not among `found`, the latest first."""
    stats = session.queries.stats.values()
    try:
        ended = gone.verdicts(
            stats, Generations(session, now), session.definitions, session.thresholds, now
        )
        told = gone.worst_of_each(ended, found)
    except Exception as error:
        session.broken(f"find_gone failed: {type(error).__name__}: {error}", now)
        return []
    return sorted(told, key=lambda each: each.gone.since if each.gone else 0, reverse=True)


def of_queries(session: Session, now: float) -> Iterable[Finding]:
    fetching = frozenset(p.id for p in session.processes.values() if has_fetch_modes(p.django))
    generations, defs = Generations(session, now), session.definitions
    stats, least = list(session.queries.stats.values()), session.thresholds
    present = [generations.present(stat) for stat in stats]
    found = list(queries.verdicts(present, defs, fetching, least))
    return gone.not_yet(found, stats, generations, defs, least)


def of_requests(session: Session, now: float) -> Iterable[Finding]:
    routes, running = told(session, "request")
    return requests.verdicts(routes, running, session.definitions, now)


def of_middleware(session: Session, now: float) -> Iterable[Finding]:  # noqa: ARG001
    routes, _ = told(session, "request")
    blocks = (stat for stat in session.loops.blocks.values() if not stat.is_garbage)
    blocked = {process for stat in blocks for process in stat.processes}
    return middleware.verdicts(session.layers, routes, blocked, session.definitions)


def of_payloads(session: Session, now: float) -> Iterable[Finding]:  # noqa: ARG001  (a rule)
    routes, _ = told(session, "request")
    return payloads.verdicts(routes, session.definitions)


def of_hops(session: Session, now: float) -> Iterable[Finding]:
    defs = session.definitions
    chains = [defs.chain(chain_id) for chain_id in session.chains.stats]
    running = session.running.values()
    return hops.verdicts(session.hops.stats.values(), running, chains, defs, now)


def of_tasks(session: Session, now: float) -> Iterable[Finding]:
    routes, running = told(session, "task")
    known = {route.name_id: route for route in routes}
    return tasks.verdicts(known, running, session.definitions, now)


def of_workers(session: Session, now: float) -> Iterable[Finding]:
    units = [*session.running.values(), *session.recent]
    return workers.verdicts(list(session.processes.values()), units, session.definitions, now)


def of_loops(session: Session, now: float) -> Iterable[Finding]:  # noqa: ARG001  as all rules
    return loops.verdicts(session.loops.blocks.values(), session.definitions)


def told(session: Session, kind: str) -> tuple[list[RouteStat], list[UnitFact]]:
    """Routes and units under way whose names and lines are known: no verdict on what is not."""
    complete = session.definitions.complete
    routes = [
        route
        for route in session.routes.values()
        if route.kind == kind
        and complete(route.name_id, *(each.site_id for each in route.failures.values()))
    ]
    running = [
        fact
        for fact in session.running.values()
        if fact.kind == kind and complete(fact.unit.name_id, fact.unit.now_id)
    ]
    return routes, running


def has_fetch_modes(django: str) -> bool:
    """Django 6.1 and later."""
    numbers = [int(part) for part in django.split(".")[:2] if part.isdecimal()]
    return numbers >= [6, 1]


RULES = (
    of_queries, of_requests, of_middleware, of_payloads, of_hops, of_tasks, of_workers, of_loops,
)  # fmt: skip
