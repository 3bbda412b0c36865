"""How late a loop was, and what kept it: counted until it is told. Times in nanoseconds."""

from __future__ import annotations

from typing import NamedTuple

from djscope_probes import wire
from djscope_probes.definitions import Definitions
from djscope_probes.units import Unit
from djscope_probes.wire import StackFrame

# Different ones between two reports; what else there is shares one without a stack.
MOST = 50
# Of a block's time: that much of CPU is computing, so little is waiting; between them, who knows.
COMPUTES, WAITS = 0.5, 0.2


class Held(NamedTuple):
    """One block, or what was added to it since it was told. `cpu_ns` -1: not known."""

    stack: tuple[StackFrame, ...]
    n: int
    took_ns: int
    max_ns: int
    cpu_ns: int
    gc_ns: int
    cause: str
    unit: Unit | None = None
    task: str = ""


def cause_of(took_ns: int, cpu_ns: int, gc_ns: int, ran: float = 0.0) -> str:
    """`gc`, `cpu`, `io`, or nothing where that is not clear.

    `ran`: in what share of looks the thread wanted the CPU, which on a busy machine it may not get.
    """
    if gc_ns >= took_ns * COMPUTES:
        return "gc"
    if cpu_ns < 0:
        return ""
    share = max(cpu_ns / max(took_ns, 1), ran)
    if share >= COMPUTES:
        return "cpu"
    return "io" if share <= WAITS else ""


class Lateness:
    """Beats of a loop, and the blocks between them."""

    def __init__(self) -> None:
        self.beats = 0
        self.max_ns = 0
        self.hist: dict[int, int] = {}
        self._blocks: dict[object, Held] = {}

    @property
    def blocked(self) -> bool:
        return bool(self._blocks)

    def beat(self, late_ns: int) -> None:
        bucket = (late_ns // 1000).bit_length()
        self.beats += 1
        self.max_ns = max(self.max_ns, late_ns)
        self.hist[bucket] = self.hist.get(bucket, 0) + 1

    def block(self, held: Held) -> None:
        """Those of one stack and route are one; garbage strikes anywhere, and is kept apart."""
        name = held.unit.name if held.unit is not None else ""
        key: object = (held.stack, name, held.cause == "gc")
        if key not in self._blocks and len(self._blocks) >= MOST:
            key, held = "rest", held._replace(stack=(), cause="", unit=None, task="")
        known = self._blocks.get(key)
        self._blocks[key] = held if known is None else together(known, held)

    def on_wire(self, loop: str, kind: str, defs: Definitions) -> wire.LoopReported:
        return wire.LoopReported(
            loop=loop,
            kind=kind,
            beats=self.beats,
            late_max_us=self.max_ns // 1000,
            hist=[[bucket, n] for bucket, n in sorted(self.hist.items())],
            blocks=[block_on_wire(held, defs) for held in self._blocks.values()],
        )


def together(known: Held, held: Held) -> Held:
    """Two of a kind; who did it, and why, is told of the longer one."""
    longest = held if held.max_ns > known.max_ns else known
    return longest._replace(
        n=known.n + held.n,
        took_ns=known.took_ns + held.took_ns,
        cpu_ns=max(known.cpu_ns, 0) + max(held.cpu_ns, 0),
        gc_ns=known.gc_ns + held.gc_ns,
    )


def block_on_wire(held: Held, defs: Definitions) -> wire.Block:
    unit = held.unit
    return wire.Block(
        stack_id=defs.stack(list(held.stack)),
        cause=held.cause,
        n=held.n,
        total_us=held.took_ns // 1000,
        max_us=held.max_ns // 1000,
        cpu_us=max(held.cpu_ns, 0) // 1000,
        gc_us=held.gc_ns // 1000,
        unit=unit.id if unit is not None else "",
        name_id=defs.name(unit.name) if unit is not None else "",
        task=held.task,
    )
