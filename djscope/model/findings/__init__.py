"""Every rule that decides "this is an N+1" lives here, one file per kind of problem."""

from __future__ import annotations

from djscope.model.finding import Finding, Severity
from djscope.model.findings import queries, requests, tasks
from djscope.model.session import Session

_RANK = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


def find(session: Session, now: float) -> list[Finding]:
    """All findings, worst first: by severity, then by the time they cost."""
    defs = session.definitions
    by_kind = {
        kind: [route for route in session.routes.values() if route.kind == kind]
        for kind in ("request", "task")
    }
    running = {
        kind: [fact for fact in session.running.values() if fact.kind == kind]
        for kind in ("request", "task")
    }
    found = [
        *queries.verdicts(list(session.queries.stats.values()), defs),
        *requests.verdicts(by_kind["request"], running["request"], defs, now),
        *tasks.verdicts(
            {task.name_id: task for task in by_kind["task"]}, running["task"], defs, now
        ),
    ]
    return sorted(found, key=lambda each: (_RANK[each.severity], -each.total_ms))
