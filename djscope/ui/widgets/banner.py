"""A line that is there only while something is wrong with the watching itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from djscope.feed.status import FeedStatus, Link
from djscope.model.processes import ProcessFact, short_name
from djscope.model.session import Gap
from djscope.ui.draw import fit
from djscope.ui.facts import Facts
from djscope.ui.format import clock, many
from djscope.ui.widgets.line import Line
from djscope.ui.widgets.toned import Part

# A gap stays in the banner this long.
GAP_SHOWN_S = 15


class Banner(Line):
    """The link first, then what is missing, then probes that collect less than they should."""

    DEFAULT_CSS = "Banner { display: none; background: $error-muted; color: $text; }"

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts

    def tick(self) -> None:
        self.display = bool(self._problem())
        super().tick()

    def pieces(self, width: int) -> Sequence[Part]:
        return [(fit(self._problem(), width), "")]

    def _problem(self) -> str:
        status = self._facts.status
        if status.link is Link.LOST:
            return f"✖ {_why(status)} · shown: until {clock(status.since)}"
        if status.problem:
            return f"{'○' if status.link is Link.CONNECTING else '▲'} {_why(status)}"
        with self._facts.lock:
            session, now = self._facts.session, self._facts.now
            gaps, processes = list(session.gaps), list(session.processes.values())
        recent = [gap for gap in gaps if now - gap.at < GAP_SHOWN_S]
        return _gap(recent) if recent else _less(processes)


def _gap(recent: Sequence[Gap]) -> str:
    """The latest, with all of its kind."""
    last = recent[-1]
    alike = [gap for gap in recent if gap.what == last.what]
    n, where = sum(gap.n for gap in alike), sorted({gap.process for gap in alike if gap.process})
    things, _, rest = last.what.partition(" ")
    what = f"{many(n, things.removesuffix('s'))} {rest}" if n else last.what
    whose = short_name(where[0]) if len(where) == 1 else many(len(where), "process")
    return f"▲ gap at {clock(last.at)}: {what}{f' ({whose})' if where else ''}"


def _less(processes: Iterable[ProcessFact]) -> str:
    """The first probe that collects less than was asked for, and how many more do."""
    said = [f"{each.name} {why}" for each in processes if (why := _fault(each))]
    if not said:
        return ""
    more = f" · and {len(said) - 1} more: see Processes" if len(said) > 1 else ""
    return f"▲ {said[0]}{more}"


def _fault(process: ProcessFact) -> str:
    if not process.armed and not process.governed:
        return ""
    if process.off:
        return f"collects less: {', '.join(process.off)} turned off after errors of the probe's own"
    if process.governed:
        return f"collects less: {process.governed}"
    return f"had {process.errors} errors of the probe's own" if process.errors else ""


def _why(status: FeedStatus) -> str:
    return status.problem or f"{status.label} does not answer"
