"""A process: what runs in it, and how its probe fares."""

from __future__ import annotations

from djscope.model.deep import ALLOWED, living
from djscope.model.figures import Figures
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
        figures = facts.reach.figures(latest)
        everything = [
            *_facts(latest, facts.now), _deep(facts, latest), *_trouble(latest), machine(figures),
        ]  # fmt: skip
        return Detail(
            latest.name, [fact for fact in everything if fact.text], lists=[running],
            copy=latest.name, process=latest.id, aim=("process", latest.id),
        )  # fmt: skip

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
        Fact("units", f"{fmt.count(process.units)} so far, {_now(process)}"),
        Fact("cost", cost),
        Fact("limit", _limit(process)),
        Fact("heard of", fmt.ago(now - process.seen_at), "faint"),
    ]


def _deep(facts: Facts, process: ProcessFact) -> Fact:
    """Until when this viewer looks at it deeply, and others do."""
    parts = [
        f"until {fmt.clock(each.until)}{f' by {who}' if who else ', or d'}"
        for who, each in living(facts.status, facts.clock())
        if (each.kind, each.name) == ("process", process.id)
    ]
    return Fact("deep", "; ".join(parts), "warning")


def _trouble(process: ProcessFact) -> list[Fact]:
    """What should not be."""
    errors = f"{process.errors} of the probe's own" if process.errors else ""
    return [
        Fact("governed", process.governed, "warning"),
        Fact("missing", _missing(process), "warning"),
        Fact("errors", errors, "warning"),
        Fact("off", _off("turned off after errors: ", process.off), "warning"),
        Fact("lost", _off("patched over by others: ", process.lost), "warning"),
    ]


def machine(figures: Figures) -> Fact:
    """The operating system's view of a local process."""
    parts = []
    if figures.cpu_share is not None:
        parts.append(f"{figures.cpu_share:.0%} of a core")
    if figures.rss_bytes is not None:
        parts.append(f"{fmt.size(figures.rss_bytes)} of memory")
    if figures.threads is not None:
        parts.append(fmt.many(figures.threads, "thread"))
    if figures.descriptors is not None:
        parts.append(fmt.many(figures.descriptors, "descriptor"))
    return Fact("machine", ", ".join(parts))


def _limit(process: ProcessFact) -> str:
    """What its host lets viewers do, where that is not everything."""
    if process.max_level == "deep":
        return ""
    if process.max_level == "off":
        return "its settings let nobody watch: MAX_LEVEL is `off` there"
    also = f" (and {', '.join(process.allow)})" if process.allow else ""
    return f"viewers may go as far as `{process.max_level}`{also}: for more, {ALLOWED}"


def _now(process: ProcessFact) -> str:
    """`1 under way, of at most 4`."""
    most = f", of at most {process.concurrency}" if process.concurrency else ""
    return f"{process.running} under way{most}"


def _missing(process: ProcessFact) -> str:
    if not process.dropped and not process.missed_frames:
        return ""
    return f"{process.dropped} events dropped, {process.missed_frames} frames never came"


def _off(why: str, names: tuple[str, ...]) -> str:
    return why + ", ".join(names) if names else ""
