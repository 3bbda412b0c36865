"""Verdicts on hops between sync and async code: hop_wait, async_deadlock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from djscope.feed.shapes import Hop
from djscope.model.definitions import Chain, Definitions, Place
from djscope.model.finding import Advice, Certainty, Finding, Severity
from djscope.model.findings.branches import both_branches
from djscope.model.hops import TO_THREAD, HopStat
from djscope.model.units import UnitFact
from djscope.model.wording import amount, milliseconds, number, seconds

# In the median request, all hops of one line together; and of its time so much.
WAIT_US = 50_000
SHARE = 0.1
# What runs for less than that is cheaper than the hop to it.
SHORT_US = 200
# A verdict needs more than a cold start.
LEAST = 3
SAMPLES = 20
# A hop that has not begun by then may never do.
PENDING_S = 10.0
# Whose thread a hop waits for, as a sentence has it.
WHOSE = {
    "request": "the request's one thread",
    "shared": "the one thread that all of the process shares",
    "outer": "the thread that waits in async_to_sync around it",
    "own": "a thread of the pool",
}
ONE_HOP = Advice(
    "they are short: make one hop of them, one function that does all of it in the thread",
    "results = await sync_to_async(lambda: [function(each) for each in …])()",
)
OF_THE_ORM = Advice(
    "if it is the ORM, that thread has to do it: fewer queries, by its own async methods",
    "await queryset.aget(…), await queryset.afirst(), async for row in queryset",
)
THREAD_SAFE = Advice(
    "one thread takes them one after the other: blocking code that is thread-safe and does not"
    " touch the ORM can run in any of the pool",
    "await sync_to_async(function, thread_sensitive=False)(…)",
)
OWN_CONTEXT = Advice(
    "give each piece of work a thread of its own, as Django's ASGI handler does for requests",
    "async with ThreadSensitiveContext():\n    await sync_to_async(function)(…)",
)
OWN_POOL = Advice(
    "the pool is taken: make what runs there shorter, or give these calls a pool of their own",
    "await sync_to_async(function, thread_sensitive=False, executor=POOL)(…)",
)
NO_LOOP_INSIDE = Advice(
    "do not run a loop, or wait for one, in the thread that the loop's own hops need: await the"
    " function where the outer loop runs",
    "await function()",
)
LEAVE_THE_THREAD = Advice(
    "or let what occupies the thread run elsewhere: give it a timeout, or, if it is thread-safe and"
    " does not touch the ORM, any thread",
    "await sync_to_async(function, thread_sensitive=False)(…)",
)


def verdicts(
    stats: Iterable[HopStat],
    running: Iterable[UnitFact],
    chains: Iterable[Chain],
    defs: Definitions,
    now: float,
) -> Iterator[Finding]:
    known = list(chains)
    for stat in stats:
        if waits(stat) and defs.complete(stat.name_id, stat.site_id, stat.target_id):
            yield waiting(stat, known, defs)
    for fact in running:
        for hop in fact.hops:
            if pending_s(hop, fact, now) >= PENDING_S and complete(hop, fact, defs):
                yield deadlock(hop, fact, defs, now)


def complete(hop: Hop, fact: UnitFact, defs: Definitions) -> bool:
    return defs.complete(fact.unit.name_id, hop.site_id, hop.target_id, hop.held_id)


def waits(stat: HopStat) -> bool:
    """As a rule, and not for a small part of the request."""
    if stat.kind != TO_THREAD or stat.units < LEAST:
        return False
    return stat.wait_p50 >= max(WAIT_US, SHARE * stat.wall_p50)


def waiting(stat: HopStat, chains: list[Chain], defs: Definitions) -> Finding:
    target = defs.text(stat.target_id)
    n = stat.n_p50
    name = target.rpartition(".")[2]
    many, wait = (f"{amount(n)} hops", "wait") if n > 1 else ("a hop", "waits")
    together = " together" if n > 1 else ""
    return Finding(
        kind="hop_wait",
        severity=Severity.WARNING,
        certainty=Certainty.CERTAIN if stat.units >= SAMPLES else Certainty.LIKELY,
        title=(
            f"{many} to {name} per request {wait} ≈{milliseconds(stat.wait_p50)}{together} for"
            f" {WHOSE.get(stat.executor, 'a thread')} (p50 of {amount(stat.units)});"
            f" all of it runs ≈{milliseconds(stat.run_p50)}"
        ),
        unit=defs.text(stat.name_id),
        where=place_of(stat.site_id, target, defs),
        evidence={
            "executor": stat.executor,
            "target": target,
            "hops_per_request_p50": n,
            "wait_ms_p50": round(stat.wait_p50 / 1000, 1),
            "wait_ms_max": round(stat.wait_max_us / 1000, 1),
            "run_ms_p50": round(stat.run_p50 / 1000, 1),
            "requests": stat.units,
        },
        advice=remedies(stat, target, chains),
        first_seen=stat.first_at,
        last_seen=stat.last_at,
        count=stat.units,
        cost={"total_ms": stat.wait_us / 1000, "ms_per_unit": stat.wait_us / stat.units / 1000},
        processes=tuple(sorted(stat.processes)),
        stack_id=stat.site_id,
    )


def remedies(stat: HopStat, target: str, chains: list[Chain]) -> list[Advice]:
    """By whose thread they wait for; for a middleware of the project's its own code."""
    for chain in chains:
        for layer in chain.layers:
            if layer.place is not None and layer.can == "sync" and layer.name == target:
                return [both_branches(layer)]
    if stat.executor == "own":
        return [OWN_POOL]
    short = stat.n_p50 > 1 and stat.run_p50 < stat.n_p50 * SHORT_US
    several = [ONE_HOP] if short else []
    if stat.executor == "shared":
        return [OWN_CONTEXT, *several, THREAD_SAFE, OF_THE_ORM]
    return [*several, THREAD_SAFE, OF_THE_ORM]


def pending_s(hop: Hop, fact: UnitFact, now: float) -> float:
    """Seconds that one has waited, as far as is known; 0 for none."""
    if not hop.pending_us:
        return 0.0
    return hop.pending_us / 1e6 + max(fact.known_until(now) - fact.seen_at, 0.0)


def deadlock(hop: Hop, fact: UnitFact, defs: Definitions, now: float) -> Finding:
    target = defs.text(hop.target_id)
    stack = defs.stack(hop.held_id)
    held = next((each for each in stack if each.app), stack[0] if stack else None)
    waited = seconds(pending_s(hop, fact, now))
    stands = f" stands at {held.short}" if held else " does something else"
    whose = WHOSE.get(hop.executor, "a thread")
    which = (
        f"{whose}, which waits for it in turn: neither will ever go on"
        if hop.circular
        else f"{whose}, which{stands}"
    )
    return Finding(
        kind="async_deadlock",
        severity=Severity.CRITICAL,
        certainty=Certainty.CERTAIN if hop.circular else Certainty.SUSPECTED,
        title=f"a hop to {target.rpartition('.')[2]} has waited {waited} for {which}",
        unit=defs.text(fact.unit.name_id),
        where=place_of(hop.site_id, target, defs),
        origin=held if held and held.file else None,
        evidence={
            "executor": hop.executor,
            "target": target,
            "pending_s": round(pending_s(hop, fact, now), 1),
            "request_age_s": round(fact.age_s(now), 1),
            "thread": number(len(stack), "frame") if stack else "not found",
        },
        advice=[NO_LOOP_INSIDE] if hop.circular else [NO_LOOP_INSIDE, LEAVE_THE_THREAD],
        first_seen=fact.started,
        last_seen=fact.seen_at,
        count=1,
        cost={"total_ms": fact.age_s(now) * 1000},
        processes=(fact.process,),
        stack_id=hop.held_id or hop.site_id,
    )


def place_of(site_id: str, target: str, defs: Definitions) -> Place:
    """The line that made the hop, or else the function it was for."""
    stack = defs.stack(site_id)
    line = next((each for each in stack if each.app), stack[0] if stack else None)
    return line or Place("", 0, target)
