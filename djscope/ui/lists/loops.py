"""Event loops and what blocks them, as lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from djscope.model.loops import BlockStat, LoopFact
from djscope.model.processes import short_name, unknown_process
from djscope.ui.cells import amount, location, moment, quantiles, timing
from djscope.ui.columns import Column
from djscope.ui.details import block, process
from djscope.ui.draw import spark
from djscope.ui.facts import Facts
from djscope.ui.lists.empty import nothing_yet
from djscope.ui.spec import Detail, Opener, Spec

CAUSES = {"io": "waits", "cpu": "computes", "gc": "garbage", "": "mixed"}


def loops() -> Spec[LoopFact]:
    """Of processes that are there, the latest first."""
    return Spec(
        "loops", "Event loops", _loops, lambda one: one.key, _loop_columns,
        nothing_yet("no event loops yet"), _opener, "blocked",
    )  # fmt: skip


def _loops(facts: Facts) -> Iterable[LoopFact]:
    processes = facts.session.processes
    for one in facts.session.loops.loops.values():
        known = processes.get(one.process)
        if known is not None and facts.there(known):
            yield one


def _loop_columns(facts: Facts) -> Sequence[Column[LoopFact]]:
    return [
        Column("process", "process", (14, 2, 0), lambda one: short_name(one.process), tail=True),
        Column("kind", "kind", (8, 0, 2), lambda one: one.kind),
        *quantiles(lambda one: one.late, lambda one: one.late_max_us, (3, 1, 0)),
        Column(
            "blocked", "blocked", (7, 0, 0), lambda one: f"{one.blocked_share(facts.now):.0%}",
            lambda one: 100 * one.blocked_share(facts.now),
            tone=lambda one: "warning" if one.blocked_share(facts.now) else "",
        ),
        amount("blocks", "blocks", (6, 0, 2), lambda one: one.blocks),
        Column(
            "trend", "lag, last minute", (16, 1, 4), lambda _: "", lambda one: one.late_max_us,
            fill=lambda one, width: spark(one.lateness.series(facts.now), width),
            tone=lambda _: "code",
        ),
    ]  # fmt: skip


def blocked() -> Spec[BlockStat]:
    """What kept loops from running anything else, the longest first."""
    return Spec(
        "blocked", "Blocked", lambda facts: facts.session.loops.blocks.values(),
        lambda stat: stat.key, _block_columns,
        nothing_yet("no event loop was blocked for 100 ms"), block.opener, "max",
    )  # fmt: skip


def _block_columns(facts: Facts) -> Sequence[Column[BlockStat]]:
    return [
        moment("last", "last", (8, 0, 3), lambda stat: stat.last_at),
        amount("n", "n", (4, 0, 2), lambda stat: stat.n),
        timing("total", "total", (6, 0, 1), lambda stat: stat.total_us),
        timing("max", "max", (6, 0, 0), lambda stat: stat.max_us),
        Column("cause", "cause", (8, 0, 1), lambda stat: CAUSES.get(stat.cause, stat.cause)),
        Column("route", "route", (12, 2, 2), lambda stat: facts.text(stat.name_id), tail=True),
        location("where", "where", (18, 3, 0), lambda stat: block.place_of(facts, stat)),
        Column(
            "process", "process", (12, 1, 4),
            lambda stat: ", ".join(sorted(map(short_name, stat.processes))), tail=True,
        ),
    ]  # fmt: skip


def _opener(one: LoopFact) -> Opener:
    """Its process."""

    def detail(facts: Facts) -> Detail:
        known = facts.session.processes.get(one.process) or unknown_process(one.process)
        return process.opener(known)(facts)

    return detail
