"""Verdicts on Celery tasks: task_failing, task_stuck."""

from __future__ import annotations

from collections.abc import Iterator

from djscope.model.definitions import Definitions, Place
from djscope.model.finding import Advice, Certainty, Finding, Severity
from djscope.model.findings import standing
from djscope.model.routes import Failure, RouteStat
from djscope.model.units import UnitFact
from djscope.model.wording import amount, number

STUCK_S = 15.0
# A task that ended well after such a time before is slow by nature.
USUAL = 1.5


def verdicts(
    tasks: dict[str, RouteStat], running: list[UnitFact], defs: Definitions, now: float
) -> Iterator[Finding]:
    """`tasks` by name id."""
    for task in tasks.values():
        for failure in task.failures.values():
            if failure.n:
                yield failing(task, failure, defs)
    for fact in running:
        history = tasks.get(fact.unit.name_id)
        usual_s = history.max_us / 1e6 * USUAL if history and history.n > history.failed else 0.0
        if standing.is_stuck(fact, now, max(STUCK_S, usual_s)):
            yield standing.stuck("task_stuck", fact, defs, now)


def failing(task: RouteStat, failure: Failure, defs: Definitions) -> Finding:
    # A retry is the same run once more: it ended when it failed or succeeded for good.
    runs = max(task.n - task.retried, 1)
    share = 100 * failure.n / runs
    retries = f", after {number(failure.retried, 'retry')}" if failure.retried else ""
    return Finding(
        kind="task_failing",
        severity=Severity.CRITICAL if share >= 5 else Severity.WARNING,
        certainty=Certainty.CERTAIN,
        title=(
            f"{failure.exception or 'failure'} in {amount(failure.n)} of"
            f" {amount(runs)} runs ({share:.0f} %){retries}"
        ),
        unit=defs.text(task.name_id),
        unit_kind="task",
        where=defs.place(failure.site_id)
        if failure.site_id
        else Place("", 0, defs.text(task.name_id)),
        evidence={
            "failures": failure.n,
            "runs": runs,
            "retries": failure.retried,
            "exception": failure.exception,
        },
        advice=[Advice("handle it, or retry it if it can succeed later")],
        first_seen=failure.first_at,
        last_seen=failure.last_at,
        count=failure.n,
        processes=tuple(sorted(task.processes)),
        stack_id=failure.sample.unit.stack_id if failure.sample else "",
    )
