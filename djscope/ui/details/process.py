"""A process: what runs in it, and how its probe fares."""

from __future__ import annotations

from djscope.model.processes import ProcessFact
from djscope.ui import format as fmt
from djscope.ui.facts import Facts
from djscope.ui.lists.units import under_way
from djscope.ui.spec import Detail, Fact, Opener


def opener(process: ProcessFact) -> Opener:
    """Follows the process by its id."""
    running = under_way(
        lambda facts: [u for u in facts.session.running.values() if u.process == process.id]
    )

    def detail(facts: Facts) -> Detail:
        latest = facts.session.processes.get(process.id, process)
        shown = [fact for fact in _facts(latest, facts.now) if fact.text]
        return Detail(latest.name, shown, lists=[running], copy=latest.name)

    return detail


def versions(process: ProcessFact) -> str:
    """`Python 3.12.1, Django 5.2, Celery 5.4`, as far as known."""
    known = (("Python", process.python), ("Django", process.django), ("Celery", process.celery))
    return ", ".join(f"{name} {version}" for name, version in known if version)


def _facts(process: ProcessFact, now: float) -> list[Fact]:
    armed = f", since {fmt.clock(process.armed_at)}" if process.armed_at > 0 else ""
    probe = f"djscope-probes {process.probe}, wire {process.wire}" if process.probe else ""
    cost = f"{process.cpu_share:.2%} of a core, {fmt.size(process.bytes_per_s)}/s to Redis"
    return [
        Fact("process", f"{process.name} {process.kind}", "strong"),
        Fact("release", process.release),
        Fact("started", fmt.clock(process.started)),
        Fact("versions", versions(process)),
        Fact("probe", probe),
        Fact("level", f"{process.level}{armed if process.level != 'off' else ''}"),
        Fact("units", f"{fmt.count(process.units)} so far, {process.running} under way"),
        Fact("cost", cost),
        Fact("missing", _missing(process), "warning"),
        Fact("errors", f"{process.errors} of the probe's own" if process.errors else "", "warning"),
        Fact("off", _off("turned off after errors: ", process.off), "warning"),
        Fact("lost", _off("patched over by others: ", process.lost), "warning"),
        Fact("heard of", fmt.ago(now - process.seen_at), "faint"),
    ]


def _missing(process: ProcessFact) -> str:
    if not process.dropped and not process.missed_frames:
        return ""
    return f"{process.dropped} events dropped, {process.missed_frames} frames never came"


def _off(why: str, names: tuple[str, ...]) -> str:
    return why + ", ".join(names) if names else ""
