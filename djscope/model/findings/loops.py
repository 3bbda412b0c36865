"""loop_blocked: one line keeps an event loop, and so every other request of it, from going on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from djscope.model.definitions import Definitions, Place, Stack
from djscope.model.finding import Certainty, Finding, Severity
from djscope.model.findings import blocking
from djscope.model.findings.standing import app_place
from djscope.model.loops import BlockStat
from djscope.model.wording import amount, milliseconds, number

# Once so long, or so often: a block is from 100 ms on.
LONG_US = 250_000
OFTEN = 3
CRITICAL_US = 1_000_000
NOBODY = "event loop"
IMPORTING = "<frozen importlib"
CAUSES = {
    "io": "it waits without computing",
    "cpu": "it computes",
    "": "partly waiting, partly computing",
}

Site = tuple[str, str, str]


def verdicts(blocks: Iterable[BlockStat], defs: Definitions) -> Iterator[Finding]:
    """One for each function that blocks, and route; one for garbage collection."""
    sites = defaultdict[Site, list[BlockStat]](list)
    garbage: list[BlockStat] = []
    for stat in blocks:
        if not stat.stack_id or not defs.complete(stat.stack_id, stat.name_id):
            continue
        if stat.is_garbage:
            garbage.append(stat)
            continue
        where = place_of(defs.stack(stat.stack_id))
        sites[where.file, where.function, stat.name_id].append(stat)
    for stats in sites.values():
        if is_much(stats) and not is_first_use(stats, defs):
            yield blocked(stats, defs)
    if is_much(garbage):
        yield collected(garbage)


def is_much(stats: list[BlockStat]) -> bool:
    """Long once, or often enough."""
    longest = max((stat.max_us for stat in stats), default=0)
    return longest >= LONG_US or sum(stat.n for stat in stats) >= OFTEN


def is_first_use(stats: list[BlockStat], defs: Definitions) -> bool:
    """Modules are imported once: a first request pays for that, and no other."""
    if sum(stat.n for stat in stats) >= OFTEN:
        return False
    return all(
        any(place.file.startswith(IMPORTING) for place in defs.stack(stat.stack_id))
        for stat in stats
    )


def place_of(stack: Stack) -> Place:
    """The innermost line of the application, or else the innermost there is."""
    return app_place(stack) or next(iter(stack), Place("", 0, NOBODY))


def blocked(stats: list[BlockStat], defs: Definitions) -> Finding:
    worst = max(stats, key=lambda stat: stat.max_us)
    stack = defs.stack(worst.stack_id)
    n, total = max(sum(stat.n for stat in stats), 1), sum(stat.total_us for stat in stats)
    own = app_place(stack) is not None
    known = blocking.known_in(stack)
    within = f" in {known.what}" if known is not None else ""
    return Finding(
        kind="loop_blocked",
        severity=severity_of(worst, own=own),
        certainty=certainty_of(worst, own=own),
        title=f"the event loop stood still {times(n, worst.max_us)}: {CAUSES[worst.cause]}{within}",
        unit=defs.text(worst.name_id) or NOBODY,
        where=place_of(stack),
        evidence=evidence(stats, n, total, worst),
        advice=blocking.advice(worst.cause, known),
        first_seen=min(stat.first_at for stat in stats),
        last_seen=max(stat.last_at for stat in stats),
        count=n,
        cost={"total_ms": total / 1000, "ms_per_block": total / n / 1000},
        processes=processes_of(stats),
        stack_id=worst.stack_id,
        unit_kind="request" if worst.name_id else "process",
    )


def times(n: int, max_us: int) -> str:
    """`once, for 310 ms`; `12 times, for up to 310 ms`."""
    if n == 1:
        return f"once, for {milliseconds(max_us)}"
    return f"{amount(n)} times, for up to {milliseconds(max_us)}"


def severity_of(worst: BlockStat, *, own: bool) -> Severity:
    if not own:
        return Severity.INFO
    return Severity.CRITICAL if worst.max_us >= CRITICAL_US else Severity.WARNING


def certainty_of(worst: BlockStat, *, own: bool) -> Certainty:
    """Without a line of the application's it may be anybody's; so it may while nobody asked."""
    if not own:
        return Certainty.SUSPECTED
    return Certainty.CERTAIN if worst.cause and worst.name_id else Certainty.LIKELY


def evidence(
    stats: list[BlockStat], n: int, total: int, worst: BlockStat
) -> dict[str, str | int | float]:
    told: dict[str, str | int | float] = {
        "blocks": n,
        "max_ms": round(worst.max_us / 1000),
        "mean_ms": round(total / n / 1000),
        "mean_cpu_ms": round(sum(stat.cpu_us for stat in stats) / n / 1000),
    }
    if worst.task:
        told["asyncio_task"] = worst.task
    return told


def collected(stats: list[BlockStat]) -> Finding:
    """About processes, never about the line at which it happened to strike."""
    n, total = max(sum(stat.n for stat in stats), 1), sum(stat.total_us for stat in stats)
    worst = max(stats, key=lambda stat: stat.max_us)
    processes = processes_of(stats)
    return Finding(
        kind="loop_blocked",
        severity=Severity.INFO,
        certainty=Certainty.CERTAIN,
        title=(
            f"garbage collection stopped event loops {times(n, worst.max_us)},"
            f" in {number(len(processes), 'process')}"
        ),
        unit=NOBODY,
        unit_kind="process",
        where=Place("", 0, "garbage collection"),
        evidence={"blocks": n, "max_ms": round(worst.max_us / 1000)},
        advice=[blocking.GARBAGE],
        first_seen=min(stat.first_at for stat in stats),
        last_seen=max(stat.last_at for stat in stats),
        count=n,
        cost={"total_ms": total / 1000},
        processes=processes,
    )


def processes_of(stats: list[BlockStat]) -> tuple[str, ...]:
    return tuple(sorted({process for stat in stats for process in stat.processes}))
