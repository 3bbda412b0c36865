"""Findings as a list, worst first."""

from __future__ import annotations

from collections.abc import Sequence

from djscope.model.finding import Finding
from djscope.ui.cells import amount, location, moment, timing
from djscope.ui.columns import Column
from djscope.ui.details import finding
from djscope.ui.facts import Facts
from djscope.ui.lists.empty import no_findings
from djscope.ui.severity import marked_kind, rank, severity, tone
from djscope.ui.spec import Spec


def findings(title: str = "Findings") -> Spec[Finding]:
    """In the order of the rules' own judgement; what is gone comes last."""
    return Spec(
        "findings", title, lambda facts: [*facts.findings, *facts.gone], lambda f: f.id, _columns,
        no_findings, finding.opener,
    )  # fmt: skip


def _columns(_: Facts) -> Sequence[Column[Finding]]:
    return [
        Column("kind", "kind", (17, 1, 1), marked_kind, rank=rank, tone=tone),
        Column("severity", "severity", (8, 0, 7), severity, tone=tone),
        location("where", "where", (17, 2, 2), lambda f: f.where),
        Column("title", "what", (38, 6, 0), lambda f: f.title),
        amount("count", "n", (5, 0, 5), lambda f: f.count),
        timing("cost", "cost", (6, 0, 3), lambda f: f.total_ms * 1e3 or -1),
        moment("first", "first", (8, 0, 8), lambda f: f.first_seen),
        moment("last", "last", (8, 0, 4), lambda f: f.last_seen),
        Column("unit", "in", (22, 2, 6), lambda f: f.unit),
    ]
