"""Who watches, what is looked at deeply, and what all that costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from djscope.model.cost import CHANNEL_BYTES, cost
from djscope.model.deep import living
from djscope.ui import format as fmt
from djscope.ui.columns import Column
from djscope.ui.facts import Facts
from djscope.ui.spec import Fact, Spec


def costs() -> Spec[Fact]:
    """A line each, always the same ones."""
    return Spec("cost", "What watching costs", _rows, lambda row: row.label, _columns, lambda _: "")


def _columns(_: Facts) -> Sequence[Column[Fact]]:
    return [
        Column("what", "what", (12, 0, 0), lambda row: row.label, tone=lambda _: "faint"),
        Column("is", "is", (40, 1, 0), lambda row: row.text, tone=lambda row: row.tone),
    ]


def _rows(facts: Facts) -> Iterable[Fact]:
    status = facts.status
    now = cost(facts.session.processes.values(), status)
    most = ""
    if now.most is not None and now.cpu_share:
        most = f", at most {now.most.cpu_share:.2%} ({now.most.name})"
    yield Fact("watching", ", ".join(["you", *status.others]))
    yield Fact("deep", deep(facts), "warning")
    yield Fact("probes' CPU", f"{now.cpu_share:.2%} of a core in all{most}")
    yield Fact("to Redis", f"{fmt.size(now.bytes_per_s)}/s")
    yield Fact("channel", held(now.held_bytes, now.held_share))
    yield Fact("this viewer", _own(facts))


def held(size: float | None, share: float | None) -> str:
    """`0.3MB of 8.0MB (4%)`."""
    if size is None or share is None:
        return "not known"
    return f"{fmt.size(size)} of at most {fmt.size(CHANNEL_BYTES)} ({share:.0%})"


def deep(facts: Facts) -> str:
    """`books/ for another 4m32s`, what another viewer does with his name; what ended is not named
    any more.
    """
    now = facts.clock()
    parts = []
    for who, each in living(facts.status, now):
        left = fmt.duration((each.until - now) * 1e6)
        by = f" (by {who})" if who else ""
        parts.append(f"{each.name.partition('@')[0]} for another {left}{by}")
    return ", ".join(parts) or "nothing (d on a process, route or task)"


def _own(facts: Facts) -> str:
    own = facts.reach.own_figures()
    if own.cpu_share is None or own.rss_bytes is None:
        return fmt.NONE
    return f"{own.cpu_share:.1%} of a core, {fmt.size(own.rss_bytes)}"
