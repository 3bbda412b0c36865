"""Event loops: how late each one is, and what keeps them from running anything else."""

from __future__ import annotations

from dataclasses import dataclass, field

from djscope.feed.shapes import Block, LoopReported
from djscope.model.histogram import Histogram
from djscope.model.processes import remember
from djscope.model.rate import SECONDS, Rate

# More loops, or different blocks, than this are left out.
MAX_LOOPS = 500
MAX_BLOCKS = 1_000

LoopKey = tuple[str, str]
# A stack, the route or task at work, and whether it was garbage collection, which strikes anywhere.
BlockKey = tuple[str, str, bool]


@dataclass(slots=True)
class LoopFact:
    """One loop of one process since the viewer came; times in microseconds.

    `late`: of each beat, how much later than due it came. `lateness`: of each second the worst,
    `blocked`: of each second how much of it.
    """

    process: str
    name: str
    kind: str
    beats: int = 0
    late: Histogram = field(default_factory=Histogram)
    late_max_us: int = 0
    blocks: int = 0
    blocked_us: int = 0
    first_at: float = 0.0
    last_at: float = 0.0
    lateness: Rate = field(default_factory=Rate)
    blocked: Rate = field(default_factory=Rate)

    @property
    def key(self) -> LoopKey:
        return (self.process, self.name)

    def report(self, event: LoopReported, at: float) -> None:
        """What came since its previous report."""
        since = int(self.last_at) + 1 if self.last_at else int(at)
        for second in range(max(since, int(at) - SECONDS + 1), int(at) + 1):
            self.lateness.add(second, max(event.late_max_us, 0))
        self.first_at, self.last_at = self.first_at or at, at
        self.kind = event.kind
        self.beats += event.beats
        self.late.merge(event.hist)
        self.late_max_us = max(self.late_max_us, event.late_max_us)
        took = sum(max(block.total_us, 0) for block in event.blocks)
        self.blocks += sum(block.n for block in event.blocks)
        self.blocked_us += took
        self.blocked.add(at, took)

    def blocked_share(self, now: float) -> float:
        """Of the last minute, or of the time since its first report."""
        seen = min(max(now - self.first_at, 1.0), float(SECONDS))
        return min(sum(self.blocked.series(now)) / 1e6 / seen, 1.0)


@dataclass(slots=True)
class BlockStat:
    """Blocks with one stack, for one route or task; `cause`, `unit` and `task` are the longest's.

    `gc_us` is part of the total; `cpu_us` is what the loop's thread computed meanwhile.
    """

    stack_id: str
    name_id: str
    cause: str = ""
    n: int = 0
    total_us: int = 0
    max_us: int = 0
    cpu_us: int = 0
    gc_us: int = 0
    unit: str = ""
    task: str = ""
    first_at: float = 0.0
    last_at: float = 0.0
    processes: set[str] = field(default_factory=set)

    @property
    def key(self) -> BlockKey:
        return (self.stack_id, self.name_id, self.is_garbage)

    @property
    def is_garbage(self) -> bool:
        return self.cause == "gc"

    def add(self, block: Block, process: str, at: float) -> None:
        """`block.n` is 0 for the rest of one that was told while it was under way."""
        self.n += block.n
        self.total_us += block.total_us
        self.cpu_us += block.cpu_us
        self.gc_us += block.gc_us
        if block.max_us >= self.max_us:
            self.max_us, self.cause = block.max_us, block.cause
            self.unit, self.task = block.unit, block.task
        self.first_at, self.last_at = self.first_at or at, at
        remember(self.processes, process)


class LoopTable:
    """All loops and all blocks."""

    def __init__(self) -> None:
        self.loops: dict[LoopKey, LoopFact] = {}
        self.blocks: dict[BlockKey, BlockStat] = {}

    def apply(self, event: LoopReported, process: str, at: float) -> None:
        key = (process, event.loop)
        fact = self.loops.get(key)
        if fact is None and len(self.loops) < MAX_LOOPS:
            fact = self.loops[key] = LoopFact(process, event.loop, event.kind)
        if fact is not None:
            fact.report(event, at)
        for block in event.blocks:
            self._block(block, process, at)

    def _block(self, block: Block, process: str, at: float) -> None:
        key = (block.stack_id, block.name_id, block.cause == "gc")
        stat = self.blocks.get(key)
        if stat is None:
            if len(self.blocks) >= MAX_BLOCKS:
                return
            stat = self.blocks[key] = BlockStat(block.stack_id, block.name_id, block.cause)
        stat.add(block, process, at)

    def forget(self, processes: set[str]) -> None:
        """These have not been heard of for long."""
        for key in [key for key in self.loops if key[0] in processes]:
            del self.loops[key]

    def reset(self) -> None:
        self.loops.clear()
        self.blocks.clear()
