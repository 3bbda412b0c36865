"""A finding: what, where, do; then what it rests on."""

from __future__ import annotations

from djscope.model.definitions import NOWHERE, Place, Stack
from djscope.model.finding import Finding
from djscope.model.processes import short_name
from djscope.ui import format as fmt
from djscope.ui.facts import Facts
from djscope.ui.severity import certainty, kind, mark, tone
from djscope.ui.spec import DEEP_KINDS, Detail, Fact, Opener


def opener(finding: Finding) -> Opener:
    """Follows the finding by its id, as evidence grows."""

    def detail(facts: Facts) -> Detail:
        told = [*facts.findings, *facts.gone]
        still = next((f for f in told if f.id == finding.id), None)
        latest = still or finding
        process, unit = _whose(facts, latest)
        return Detail(
            f"{kind(latest)} {latest.where.short}",
            _facts(latest, gone=still is None),
            stack=_stack(facts, latest),
            copy=fix(latest) or facts.text(latest.sql_id),
            place=latest.where,
            process=process,
            unit=unit,
            aim=_aim(latest),
        )

    return detail


def fix(finding: Finding | None) -> str:
    """The code that comes first, if there is a finding with any; the rest are alternatives."""
    advice = finding.advice if finding else ()
    return next((each.code for each in advice if each.code), "")


def advised(finding: Finding) -> list[Fact]:
    """What to do, in words and in code."""
    facts = []
    for number, advice in enumerate(finding.advice):
        facts.append(Fact("" if number else "do", advice.text))
        facts.append(Fact("", advice.code, "code"))
    return facts


def _whose(facts: Facts, finding: Finding) -> tuple[str, str]:
    """The ids of a process and of a unit in it that stands where the finding says, if one does."""
    for fact in facts.session.running.values() if finding.stack_id else ():
        here = fact.process in finding.processes and fact.unit.now_id == finding.stack_id
        if here and facts.standing_for([fact.process]) == fact.process:
            return fact.process, fact.unit.id
    return facts.standing_for(finding.processes), ""


def _aim(finding: Finding) -> tuple[str, str] | None:
    return (finding.unit_kind, finding.unit) if finding.unit_kind in DEEP_KINDS else None


def place_line(place: Place) -> str:
    """`shop/views.py:31 in book_list`."""
    if place.is_class or not (place.file and place.function):
        return place.short
    return f"{place.short} in {place.function}"


def _stack(facts: Facts, finding: Finding) -> Stack:
    stack = facts.session.definitions.stack(finding.stack_id)
    places = (finding.where, finding.origin or NOWHERE)
    return stack or tuple(place for place in places if place.file)


def _facts(finding: Finding, gone: bool) -> list[Fact]:
    sure = f", {certainty(finding)}" if certainty(finding) else ""
    facts = [
        Fact("what", finding.title, "strong"),
        Fact("now", "no more: this is how it was last seen" if gone else "", "good"),
        Fact("gone", _gone(finding), "good"),
        Fact("", f"{mark(finding)} {kind(finding)}{sure} · {finding.unit}", tone(finding)),
        Fact("where", place_line(finding.where)),
    ]
    if finding.origin:
        facts.append(Fact("loaded at", place_line(finding.origin)))
    facts += advised(finding)
    numbers = (finding.evidence | finding.cost).items()
    evidence = " · ".join(" ".join(fmt.measure(name, value)) for name, value in numbers)
    facts.append(Fact("evidence", evidence))
    facts.append(Fact("seen", _seen(finding), "faint"))
    return [fact for fact in facts if fact.text]


def _gone(finding: Finding) -> str:
    """Since when, which the title does not say."""
    gone = finding.gone
    if gone is None:
        return ""
    return f"first without it at {fmt.clock(gone.since)}; what follows is how it was"


def _seen(finding: Finding) -> str:
    names = ", ".join(short_name(process) for process in finding.processes)
    times = f"{fmt.many(finding.count, 'time')}, {fmt.span(finding.first_seen, finding.last_seen)}"
    return f"{times}{' in ' if names else ''}{names}"
