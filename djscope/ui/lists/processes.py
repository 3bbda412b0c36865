"""Processes as a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from djscope.model.processes import ProcessFact
from djscope.ui import format as fmt
from djscope.ui.cells import amount, timing
from djscope.ui.columns import Column, Width
from djscope.ui.details import process, unprobed
from djscope.ui.facts import Facts
from djscope.ui.lists.empty import no_processes
from djscope.ui.spec import Spec


def processes() -> Spec[ProcessFact]:
    """By name; dim, without level, those of this machine that have no probe: parents of those that
    have among them, others behind.
    """
    return Spec(
        "processes", "Processes", _rows, lambda p: p.id, _columns, no_processes,
        lambda p: process.opener(p) if p.probed else unprobed.opener(p), "name",
    )  # fmt: skip


def _rows(facts: Facts) -> Iterable[ProcessFact]:
    return [*filter(facts.there, facts.session.processes.values()), *facts.unprobed()]


def _columns(facts: Facts) -> Sequence[Column[ProcessFact]]:
    told = {"name", "kind", "cpu", "rss", "threads", "files", "age"}
    return [_dim(each, blank=each.id not in told) for each in _all(facts)]


def _dim(column: Column[ProcessFact], *, blank: bool) -> Column[ProcessFact]:
    """The same, faint where there is no probe, and blank if that is what would tell it."""

    def cell(fact: ProcessFact) -> str:
        return fmt.NONE if blank and not fact.probed else column.cell(fact)

    def tone(fact: ProcessFact) -> str:
        return (column.tone(fact) if column.tone else "") if fact.probed else "faint"

    return replace(column, cell=cell, tone=tone)


def _all(facts: Facts) -> Sequence[Column[ProcessFact]]:
    return [
        Column(
            "name", "process", (14, 2, 0), lambda p: p.name, tail=True,
            later=lambda p: not (p.probed or p.forks),
        ),
        Column("kind", "kind", (9, 1, 1), lambda p: p.kind),
        Column("level", "level", (5, 0, 0), lambda p: p.level, tone=_level_tone),
        *_machine(facts),
        amount("units", "units", (6, 0, 2), lambda p: p.units),
        amount("running", "now", (4, 0, 2), lambda p: p.running),
        Column(
            "probe", "probe", (6, 0, 3), lambda p: f"{p.cpu_share:.2%}", lambda p: 100 * p.cpu_share
        ),
        Column(
            "bytes", "bytes/s", (7, 0, 4), lambda p: fmt.size(p.bytes_per_s),
            lambda p: p.bytes_per_s,
        ),
        _trouble("dropped", "drop", (5, 0, 1), lambda p: p.dropped),
        _trouble("missed", "missed", (6, 0, 3), lambda p: p.missed_frames),
        _trouble("errors", "errors", (6, 0, 3), lambda p: p.errors),
        Column("off", "off", (6, 1, 5), lambda p: " ".join((*p.off, *p.lost)) or fmt.NONE),
        Column("versions", "versions", (12, 3, 6), process.versions),
        Column(
            "seen", "silent", (6, 0, 2), lambda p: fmt.silence(p.silent_s(facts.now)),
            lambda p: p.silent_s(facts.now) * 1e3,
        ),
    ]  # fmt: skip


def _machine(facts: Facts) -> list[Column[ProcessFact]]:
    """Of processes on this machine; blanks for others."""
    figures = facts.reach.figures

    def age(process: ProcessFact) -> float:
        created = figures(process).created
        return max(facts.now - created, 0) if created else -1.0

    return [
        Column(
            "cpu", "cpu", (5, 0, 1),
            lambda p: _shown(figures(p).cpu_share, lambda share: f"{share:.0%}"),
            lambda p: 100 * (figures(p).cpu_share or 0),
        ),
        Column(
            "rss", "rss", (6, 0, 1), lambda p: _shown(figures(p).rss_bytes, fmt.size),
            lambda p: figures(p).rss_bytes or 0,
        ),
        Column(
            "threads", "thr", (4, 0, 3), lambda p: _shown(figures(p).threads, fmt.count),
            lambda p: figures(p).threads or 0,
        ),
        Column(
            "files", "fds", (4, 0, 4), lambda p: _shown(figures(p).descriptors, fmt.count),
            lambda p: figures(p).descriptors or 0,
        ),
        timing("age", "age", (6, 0, 5), lambda p: age(p) * 1e6),
    ]  # fmt: skip


def _shown(value: float | None, form: Callable[[float], str]) -> str:
    return fmt.NONE if value is None else form(value)


def _level_tone(process: ProcessFact) -> str:
    return "warning" if process.level == "deep" or process.governed else ""


def _trouble(
    column_id: str, title: str, width: Width, number: Callable[[ProcessFact], int]
) -> Column[ProcessFact]:
    """A count that should be 0."""
    return amount(column_id, title, width, number, lambda fact: "warning" if number(fact) else "")
