"""Chains of middlewares as maps: who is sync-only, where adapters sit, and the hops measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from djscope.model.chains import Step, steps
from djscope.model.definitions import NOWHERE
from djscope.model.findings.branches import both_branches
from djscope.ui import format as fmt
from djscope.ui.cells import amount
from djscope.ui.columns import Column
from djscope.ui.details.finding import place_line
from djscope.ui.facts import Facts
from djscope.ui.spec import Detail, Fact, Opener, Spec

ADAPTERS = {"sync_to_async": "→ thread", "async_to_sync": "→ loop"}


def chains() -> Spec[Step]:
    """All layers, outermost first, of chains with hops first, then of those that served most."""
    return Spec(
        "chain", "Chain", _rows, lambda s: (s.chain_id, s.number),
        _columns, lambda _: "no chain of middlewares has been seen yet", opener,
    )  # fmt: skip


def _rows(facts: Facts) -> Iterable[Step]:
    session = facts.session
    known = [steps(stat, session.definitions) for stat in session.chains.stats.values()]
    known.sort(
        key=lambda rows: (-sum(row.hops for row in rows), -sum(row.requests for row in rows))
    )
    return [row for rows in known for row in rows]


def _columns(_: Facts) -> Sequence[Column[Step]]:
    return [
        Column("layer", "layer", (24, 4, 0), lambda s: f"{_number(s):>2} {_name(s)}", tail=False),
        Column("hook", "hook", (12, 1, 3), lambda s: s.layer.hook if s.layer else ""),
        Column("mode", "runs", (5, 0, 1), lambda s: s.layer.mode if s.layer else ""),
        Column(
            "can", "can", (9, 0, 0), _can,
            tone=lambda s: "warning" if s.sync_only else "",
        ),
        Column(
            "adapter", "adapter", (8, 0, 0),
            lambda s: ADAPTERS.get(s.layer.adapter, s.layer.adapter) if s.layer else "",
        ),
        amount("hops", "hops/req", (8, 0, 0), lambda s: round(s.hops, 1)),
        amount("requests", "requests", (8, 0, 2), lambda s: s.requests),
    ]  # fmt: skip


def _number(step: Step) -> str:
    return str(step.number + 1) if step.layer else ""


def _name(step: Step) -> str:
    return step.name.rpartition(".")[2] if step.layer else step.name


def _can(step: Step) -> str:
    if step.layer is None:
        return ""
    return "sync only" if step.sync_only else step.layer.can


def opener(step: Step) -> Opener | None:
    """What a layer is; of one that is sync-only and the project's, how to give it both branches."""
    layer = step.layer
    if layer is None or not layer.name:
        return None

    def detail(_: Facts) -> Detail:
        told = [
            Fact("layer", layer.name, "strong"),
            Fact("hook", layer.hook),
            Fact("runs", f"{layer.mode}; can: {_can(step)}"),
            Fact("adapter", layer.adapter or "none"),
            Fact("hops", f"{fmt.count(round(step.hops, 1))} per request, measured"),
            Fact("where", place_line(layer.place) if layer.place else ""),
        ]
        code = ""
        if step.sync_only:
            told.append(Fact("means", MEANS))
        if step.sync_only and layer.place is not None:
            advice = both_branches(layer)
            code = advice.code
            told += [Fact("do", advice.text), Fact("", code, "code")]
        return Detail(
            layer.name, [each for each in told if each.text], copy=code,
            place=layer.place or NOWHERE,
        )  # fmt: skip

    return detail


MEANS = (
    "sync only: under ASGI everything within it that can be sync is, and a thread is taken for as"
    " long; innermost that makes fewer hops, not more"
)
