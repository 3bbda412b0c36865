"""Hops between sync and async code: by line over all requests, and those of one request."""

from __future__ import annotations

from collections.abc import Sequence

from djscope.feed.shapes import Hop
from djscope.model.hops import HopStat
from djscope.model.units import UnitFact
from djscope.ui.cells import amount, timing
from djscope.ui.columns import Column
from djscope.ui.details import hop
from djscope.ui.details.hop import short_target, site
from djscope.ui.facts import Facts
from djscope.ui.lists.empty import nothing_yet
from djscope.ui.spec import Spec

# Where Django made the hop, not a line of the application's.
DJANGO = "(Django)"
ARROWS = {"sync_to_async": "thread", "async_to_sync": "loop"}


def hops() -> Spec[HopStat]:
    """By route and line, those that wait longest first."""
    return Spec(
        "hops", "Hops", lambda facts: facts.session.hops.stats.values(),
        lambda s: s.key, _columns, nothing_yet("no hops yet"), hop.opener, "wait",
    )  # fmt: skip


def _columns(facts: Facts) -> Sequence[Column[HopStat]]:
    return [
        amount("n", "/req", (4, 0, 0), lambda s: s.n_p50),
        timing("wait", "wait", (6, 0, 0), lambda s: s.wait_p50),
        timing("waitmax", "wmax", (6, 0, 4), lambda s: s.wait_max_us),
        timing("run", "run", (6, 0, 1), lambda s: s.run_p50),
        Column("to", "to a", (6, 0, 5), lambda s: ARROWS.get(s.kind, s.kind)),
        Column("executor", "whose", (7, 0, 2), lambda s: s.executor),
        Column("route", "route", (12, 2, 3), lambda s: facts.text(s.name_id), tail=True),
        Column(
            "line", "line", (16, 2, 0), lambda s: site(facts, s.site_id) or DJANGO, tail=True
        ),
        Column("target", "target", (16, 3, 1), lambda s: short_target(facts, s.target_id)),
    ]  # fmt: skip


def of_unit(unit: UnitFact) -> Spec[Hop]:
    """The hops of one request."""
    return Spec(
        "unit-hops", "Its hops", lambda _: unit.hops, _identity, _hop_columns,
        lambda _: "no hops", None, "wait",
    )  # fmt: skip


def _identity(each: Hop) -> tuple[str, ...]:
    return (each.kind, each.site_id, each.target_id, each.executor)


def _hop_columns(facts: Facts) -> Sequence[Column[Hop]]:
    return [
        amount("n", "n", (4, 0, 0), lambda h: h.n),
        timing("wait", "wait", (6, 0, 0), lambda h: h.wait_us),
        timing("waitmax", "wmax", (6, 0, 4), lambda h: h.wait_max_us),
        timing("run", "run", (6, 0, 1), lambda h: h.run_us),
        timing("resume", "back", (6, 0, 4), lambda h: h.resume_us),
        Column("to", "to a", (6, 0, 3), lambda h: ARROWS.get(h.kind, h.kind)),
        Column("executor", "whose", (7, 0, 2), lambda h: h.executor),
        Column(
            "line", "line", (16, 2, 0), lambda h: site(facts, h.site_id) or DJANGO, tail=True
        ),
        Column("target", "target", (16, 3, 1), lambda h: short_target(facts, h.target_id)),
    ]  # fmt: skip
