"""Units that stand still: the same line for long, and no query in between."""

from __future__ import annotations

from djscope.model.definitions import Definitions, Place, Stack
from djscope.model.finding import Advice, Certainty, Finding, Severity
from djscope.model.units import UnitFact
from djscope.model.wording import seconds, unit_name, unit_word

LIKELY_S = 60.0


def is_stuck(fact: UnitFact, now: float, least_s: float) -> bool:
    """At the same line, without a query, for at least `least_s` seconds."""
    still = fact.known_until(now) - fact.now_since
    return fact.running and bool(fact.unit.now_id) and still >= least_s


def app_place(stack: Stack) -> Place | None:
    """The innermost application line of a stack."""
    return next((frame for frame in stack if frame.app), None)


def stuck(kind: str, fact: UnitFact, defs: Definitions, now: float) -> Finding:
    """The verdict on one unit that stands still."""
    still = fact.known_until(now) - fact.now_since
    stack = defs.stack(fact.unit.now_id)
    waits_in = f"{stack[0].function} ({stack[0].short})" if stack else "…"
    before = ", under way before attach" if fact.unit.adopted else ""
    word = unit_word(fact.kind)
    return Finding(
        kind=kind,
        severity=Severity.CRITICAL,
        certainty=Certainty.LIKELY if still >= LIKELY_S else Certainty.SUSPECTED,
        title=f"{word} stands at one line for {seconds(still)}, waits in {waits_in}{before}",
        unit=unit_name(fact.kind, defs.text(fact.unit.name_id)),
        unit_kind=fact.kind,
        where=app_place(stack) or next(iter(stack), Place("", 0, defs.text(fact.unit.name_id))),
        evidence={
            "age_s": round(fact.age_s(now), 1),
            "standing_s": round(still, 1),
            "queries": fact.unit.queries,
            "start": "known" if fact.unit.exact_start else "before attach, age is at least that",
        },
        advice=[Advice("give what it waits for a timeout")],
        first_seen=fact.started,
        last_seen=fact.seen_at,
        count=1,
        cost={"total_ms": fact.age_s(now) * 1000},
        processes=(fact.process,),
        stack_id=fact.unit.now_id,
    )
