"""Hops of one line: whose thread they wait for, how long, and what is said about it."""

from __future__ import annotations

from djscope.model.finding import Finding
from djscope.model.findings.hops import WHOSE
from djscope.model.hops import HopStat
from djscope.model.units import UnitFact
from djscope.ui import format as fmt
from djscope.ui.details.finding import advised, fix
from djscope.ui.facts import Facts
from djscope.ui.spec import Detail, Fact, Opener


def opener(stat: HopStat) -> Opener:
    """Follows these hops by route, line, target and executor."""

    def detail(facts: Facts) -> Detail:
        latest = facts.session.hops.stats.get(stat.key, stat)
        finding = _finding(facts, latest)
        stack = facts.session.definitions.stack(latest.site_id)
        said = [Fact("finding", finding.title, "strong"), *advised(finding)] if finding else []
        return Detail(
            f"hops to {short_target(facts, latest.target_id)}",
            [fact for fact in [*said, *_facts(facts, latest)] if fact.text],
            stack=stack if latest.site_id else None,
            stack_title="Where they are awaited",
            copy=fix(finding) or facts.text(latest.target_id),
            place=facts.place(latest.site_id),
            process=facts.standing_for(sorted(latest.processes)),
            aim=("request", facts.text(latest.name_id)),
        )

    return detail


def _finding(facts: Facts, stat: HopStat) -> Finding | None:
    route, target = facts.text(stat.name_id), facts.text(stat.target_id)
    of_route = (f for f in facts.findings if f.kind == "hop_wait" and f.unit == route)
    return next((f for f in of_route if f.evidence.get("target") == target), None)


def _facts(facts: Facts, stat: HopStat) -> list[Fact]:
    waits_for = WHOSE.get(stat.executor, stat.executor)
    if stat.kind != "sync_to_async":
        waits_for = "a loop of its own" if stat.executor == "own" else "the loop around it"
    return [
        Fact("route", facts.text(stat.name_id)),
        Fact("target", facts.text(stat.target_id)),
        Fact("line", site(facts, stat.site_id) or "(Django made the hop)"),
        Fact("goes to", waits_for),
        Fact("hops", f"{fmt.count(stat.n)} in {fmt.many(stat.units, 'request')}, p50 {stat.n_p50}"),
        Fact(
            "request",
            f"wait p50 {fmt.duration(stat.wait_p50)} · run p50 {fmt.duration(stat.run_p50)} ·"
            f" one hop waits at most {fmt.duration(stat.wait_max_us)}",
        ),
        Fact("total", times(stat.wait_us, stat.run_us, stat.resume_us)),
    ]


def times(wait: int, run: int, resume: int) -> str:
    """`wait 300ms · run 200ms · back 1.0ms`: until it ran, until that was done, until its caller
    went on.
    """
    parts = (("wait", wait), ("run", run), ("back", resume))
    return " · ".join(f"{name} {fmt.duration(us)}" for name, us in parts)


def of_unit(unit: UnitFact) -> str:
    """`15 hops · wait 2.0ms · …`, and how long one waits that has not begun."""
    if not unit.hops:
        return ""
    n = sum(hop.n for hop in unit.hops)
    wait = sum(hop.wait_us for hop in unit.hops)
    run = sum(hop.run_us for hop in unit.hops if hop.kind == "sync_to_async")
    resume = sum(hop.resume_us for hop in unit.hops)
    pending = max(hop.pending_us for hop in unit.hops)
    still = f" · one waits since {fmt.duration(pending)}" if pending else ""
    return f"{fmt.many(n, 'hop')} · {times(wait, run, resume)}{still}"


def site(facts: Facts, site_id: str) -> str:
    """The line that made a hop; empty where none of the application's did."""
    return facts.place(site_id).short if site_id else ""


def short_target(facts: Facts, target_id: str) -> str:
    """`SessionMiddleware.process_request`: without the packages."""
    name = facts.text(target_id).replace(".<locals>", "")
    parts = name.split(".")
    classes = [at for at, part in enumerate(parts) if part[:1].isupper()]
    return ".".join(parts[classes[0] :] if classes else parts[-2:])
