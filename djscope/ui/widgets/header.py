"""The top line: what is watched and by whom, how the link fares, what it costs, what time it is."""

from __future__ import annotations

from collections.abc import Sequence

from djscope.feed.status import Link
from djscope.model.cost import cost
from djscope.model.processes import ProcessFact
from djscope.ui.draw import clean, width_of
from djscope.ui.facts import Facts
from djscope.ui.format import clock, count, duration, many, per_second, size
from djscope.ui.widgets.line import Line, squeeze
from djscope.ui.widgets.toned import Part

# More other viewers than this are counted, not named.
NAMED = 3
Piece = tuple[int, Part]


class Header(Line):
    """`djscope ● app  redis …  8 processes  312 ev/s  drop 0  ▶ LIVE  13:04:11`."""

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts

    def pieces(self, width: int) -> Sequence[Part]:
        time = clock(self._facts.now)
        room = width - len(time)
        with self._facts.lock:
            known = list(self._facts.session.processes.values())
        left: list[Part] = []
        for rank, watchers in _watchers(self._facts.status.others):
            left = squeeze([*self._pieces(known), (rank, (watchers, "")), self._end], room)
            if any(text.rstrip() == watchers for text, _ in left):
                break
        gap = room - sum(width_of(text) for text, _ in left)
        return [*left, (" " * gap + time, "")]

    @property
    def _end(self) -> Piece:
        return (1, _standing(self._facts))

    def _pieces(self, known: Sequence[ProcessFact]) -> list[Piece]:
        facts, status = self._facts, self._facts.status
        processes = [p for p in known if facts.there(p)]
        armed = sum(1 for p in processes if p.armed)
        dropped = sum(p.dropped + p.missed_frames for p in processes)
        live = "●" if status.link is Link.LIVE else "○"
        speed = per_second(facts.events_per_second).removesuffix("/s")
        return [
            (0, (f"djscope {live} {clean(status.app, 40)}", "active")),
            (8, (f"{clean(status.label, 60)} {status.round_trip_ms:.1f}ms", "")),
            (2, (f"{armed} of {many(len(processes), 'process')}", "")),
            (3, (_deep(facts), "warning")),
            (5, (f"{speed} ev/s", "")),
            (2 if dropped else 5, (f"drop {count(dropped)}", "warning" if dropped else "")),
            (7, (_cost(facts, processes), "")),
        ]


def _watchers(others: Sequence[str]) -> list[tuple[int, str]]:
    """Who else is there, by name where there is room for names, else their number."""
    names = ", ".join(clean(each, 30) for each in others[:NAMED])
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    return [(6, f"with {names}{more}"), (4, f"{len(others) + 1} watching")] if others else [(0, "")]


def _deep(facts: Facts) -> str:
    """What is looked at deeply, and for how much longer."""
    now = facts.clock()
    living = [each for each in facts.status.targets if each.until > now]
    if not living:
        return ""
    left = duration((max(each.until for each in living) - now) * 1e6)
    what = clean(living[0].name.partition("@")[0], 24) if len(living) == 1 else str(len(living))
    return f"deep {what} {left}"


def _cost(facts: Facts, processes: Sequence[ProcessFact]) -> str:
    """All probes' CPU as a share of one core, what they send, how full the channel is."""
    now = cost(processes, facts.status)
    if now.most is None:
        return ""
    full = f" {now.held_share:.0%} full" if now.held_share is not None else ""
    return f"probes {now.cpu_share:.1%} cpu {size(now.bytes_per_s)}/s{full}"


def _standing(facts: Facts) -> Part:
    link = facts.status.link
    if facts.frozen:
        return f"❚❚ FROZEN +{count(facts.missed)}", "warning"
    if link is Link.LOST:
        return "✖ REDIS LOST retry…", "critical"
    if link is Link.CONNECTING:
        return "○ CONNECTING", "warning"
    return ("▶ REPLAY", "active") if link is Link.REPLAY else ("▶ LIVE", "good")
