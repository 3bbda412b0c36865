"""The top line: what is watched, how the link fares, what time it is; and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from djscope.feed.status import FeedStatus, Link
from djscope.model.processes import short_name
from djscope.ui.draw import clean, fit, width_of
from djscope.ui.facts import Facts
from djscope.ui.format import clock, count, many, per_second
from djscope.ui.widgets.line import Line, squeeze
from djscope.ui.widgets.toned import Part

# A process that is off announces itself each 30 s.
GONE_S = 35
# A gap stays in the banner this long.
GAP_SHOWN_S = 15


class Header(Line):
    """`djscope ● app  redis …  8 processes  312 ev/s  drop 0  ▶ LIVE  13:04:11`."""

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts

    def pieces(self, width: int) -> Sequence[Part]:
        facts, status = self._facts, self._facts.status
        live = status.link is Link.LIVE
        time = clock(facts.now)
        with facts.lock:
            known = list(facts.session.processes.values())
        processes = [p for p in known if p.armed or facts.now - p.seen_at < GONE_S]
        armed = sum(1 for p in processes if p.armed)
        dropped = sum(p.dropped + p.missed_frames for p in processes)
        left = squeeze(
            [
                (0, (f"djscope {'●' if live else '○'} {clean(status.app, 40)}", "active")),
                (5, (f"{clean(status.label, 60)} {status.round_trip_ms:.1f}ms", "")),
                (2, (f"{armed} of {many(len(processes), 'process')}", "")),
                (6, (f"{len(status.others) + 1} watching" if status.others else "", "")),
                (3, (f"{per_second(facts.events_per_second).removesuffix('/s')} ev/s", "")),
                (4, (f"drop {count(dropped)}", "warning" if dropped else "")),
                (1, _standing(facts)),
            ],
            width - len(time),
        )
        gap = width - len(time) - sum(width_of(text) for text, _ in left)
        return [*left, (" " * gap + time, "")]


def _standing(facts: Facts) -> Part:
    link = facts.status.link
    if facts.frozen:
        return f"❚❚ FROZEN +{count(facts.missed)}", "warning"
    if link is Link.LOST:
        return "✖ REDIS LOST retry…", "critical"
    if link is Link.CONNECTING:
        return "○ CONNECTING", "warning"
    return ("▶ REPLAY", "active") if link is Link.REPLAY else ("▶ LIVE", "good")


class Banner(Line):
    """A line that is there only while something is wrong."""

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
            gaps, now = list(self._facts.session.gaps), self._facts.now
        recent = [gap for gap in gaps if now - gap.at < GAP_SHOWN_S]
        if not recent:
            return ""
        last, n = recent[-1], sum(gap.n for gap in recent if gap.what == recent[-1].what)
        where = f" by {short_name(last.process)}" if last.process else ""
        return f"▲ gap at {clock(last.at)}: {count(n) + ' ' if n else ''}{last.what}{where}"


def _why(status: FeedStatus) -> str:
    return status.problem or f"{status.label} does not answer"
