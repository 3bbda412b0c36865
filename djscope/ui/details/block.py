"""What blocked an event loop: for how long, why, at which line, and what to write instead."""

from __future__ import annotations

from djscope.model.definitions import NOWHERE, Place
from djscope.model.finding import Advice
from djscope.model.findings import blocking
from djscope.model.loops import BlockStat
from djscope.model.processes import short_name
from djscope.ui import format as fmt
from djscope.ui.details.finding import place_line
from djscope.ui.facts import Facts
from djscope.ui.spec import DEEP_KINDS, Detail, Fact, Opener

CAUSES = {
    "io": "it waits: the loop's thread had hardly any CPU",
    "cpu": "it computes",
    "gc": "garbage collection, which may strike at any line",
    "": "it computes and waits, or which of them is not known",
}


def opener(stat: BlockStat) -> Opener:
    """Follows the statistics by their key."""

    def detail(facts: Facts) -> Detail:
        latest = facts.session.loops.blocks.get(stat.key, stat)
        stack = facts.session.definitions.stack(latest.stack_id)
        place = place_of(facts, latest)
        name = facts.text(latest.name_id)
        advice = _advice(facts, latest)
        return Detail(
            f"blocked {place.short}".strip(),
            [fact for fact in _facts(facts, latest, advice) if fact.text],
            stack=stack,
            copy=next((each.code for each in advice if each.code), ""),
            place=place,
            process=facts.standing_for(latest.processes),
            aim=("request", name) if name and "request" in DEEP_KINDS else None,
        )

    return detail


def place_of(facts: Facts, stat: BlockStat) -> Place:
    """The innermost line of the application; garbage is nobody's."""
    return NOWHERE if stat.is_garbage else facts.place(stat.stack_id)


def _advice(facts: Facts, stat: BlockStat) -> list[Advice]:
    if stat.is_garbage:
        return [blocking.GARBAGE]
    stack = facts.session.definitions.stack(stat.stack_id)
    return blocking.advice(stat.cause, blocking.known_in(stack)) if stack else []


def _facts(facts: Facts, stat: BlockStat, advice: list[Advice]) -> list[Fact]:
    known = blocking.known_in(facts.session.definitions.stack(stat.stack_id))
    within = f", in {known.what}" if known is not None and not stat.is_garbage else ""
    times = fmt.many(stat.n, "time")
    seen = fmt.span(stat.first_at, stat.last_at)
    told = [
        Fact(
            "blocked", f"{times}, for up to {fmt.duration(stat.max_us)}"
            f" ({fmt.duration(stat.total_us)} in all)", "strong",
        ),
        Fact("cause", CAUSES.get(stat.cause, stat.cause) + within),
        Fact("where", _where(facts, stat)),
        Fact("in", _whose(facts, stat)),
        Fact("cpu", fmt.duration(stat.cpu_us)),
        Fact("garbage", fmt.duration(stat.gc_us) if stat.gc_us else ""),
    ]  # fmt: skip
    for number, each in enumerate(advice):
        told.append(Fact("" if number else "do", each.text))
        told.append(Fact("", each.code, "code"))
    names = ", ".join(sorted(map(short_name, stat.processes)))
    return [*told, Fact("seen", f"{seen} in {names}", "faint")]


def _where(facts: Facts, stat: BlockStat) -> str:
    if stat.is_garbage:
        return "wherever it happened to strike: no line's fault"
    return place_line(place_of(facts, stat)) or "not seen: nothing else got to run meanwhile"


def _whose(facts: Facts, stat: BlockStat) -> str:
    """The route and the asyncio task, as of the longest."""
    parts = [facts.text(stat.name_id), f"asyncio task {stat.task}" if stat.task else ""]
    return ", ".join(part for part in parts if part) or "no request"
