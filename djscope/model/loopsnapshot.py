"""Event loops in the shapes of a snapshot's JSON."""

from __future__ import annotations

from djscope.model.definitions import Definitions, Place
from djscope.model.findings.loops import place_of
from djscope.model.loops import BlockStat, LoopFact, LoopTable
from djscope.model.schema import BlockOut, Line, LoopOut, LoopsOut

# Below this no p95.
SAMPLES = 20


def loops_out(table: LoopTable, defs: Definitions, now: float) -> LoopsOut:
    """Of loops all, of blocks the longest first."""
    worst = sorted(table.blocks.values(), key=lambda stat: -stat.max_us)
    return LoopsOut(
        [loop_out(fact, now) for fact in table.loops.values()],
        [block_out(stat, defs) for stat in worst],
    )


def loop_out(fact: LoopFact, now: float) -> LoopOut:
    late, top = fact.late, fact.late_max_us
    return LoopOut(
        process=fact.process,
        kind=fact.kind,
        beats=fact.beats,
        late_us_p50=late.quantile(0.5, top),
        late_us_p95=late.quantile(0.95, top) if late.n >= SAMPLES else None,
        late_us_max=top,
        blocks=fact.blocks,
        blocked_us=fact.blocked_us,
        blocked_share=round(fact.blocked_share(now), 4),
    )


def block_out(stat: BlockStat, defs: Definitions) -> BlockOut:
    stack = defs.stack(stat.stack_id)
    return BlockOut(
        where=_line(place_of(stack)),
        unit=defs.text(stat.name_id),
        task=stat.task,
        cause=stat.cause,
        n=stat.n,
        total_us=stat.total_us,
        max_us=stat.max_us,
        cpu_us=stat.cpu_us,
        gc_us=stat.gc_us,
        first_seen=stat.first_at,
        last_seen=stat.last_at,
        processes=sorted(stat.processes),
        stack=[_line(place) for place in stack],
    )


def _line(place: Place) -> Line:
    return Line(place.file, place.line, place.function)
