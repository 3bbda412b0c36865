"""The top line: what is watched and by whom, how the link fares, what it costs, what time it is."""

from __future__ import annotations

from collections.abc import Sequence

from djscope.feed.status import Link
from djscope.model.cost import cost
from djscope.model.deep import living
from djscope.model.processes import ProcessFact
from djscope.ui.draw import clean, fit, width_of
from djscope.ui.facts import Facts
from djscope.ui.format import clock, count, duration, many, per_second, size
from djscope.ui.widgets.line import Forms, Line, squeeze
from djscope.ui.widgets.toned import Part

# More other viewers than this are counted, not named.
NAMED = 3


class Header(Line):
    """`djscope ● app  redis …  8 processes  312 ev/s  drop 0  ▶ LIVE  13:04:11`.

    What has no room gives way by rank; the Processes pane has it in full. What was dropped stays.
    """

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts

    def pieces(self, width: int) -> Sequence[Part]:
        time = clock(self._facts.now)
        room = width - len(time)
        with self._facts.lock:
            known = list(self._facts.session.processes.values())
        left = squeeze(self._pieces(known), room)
        gap = room - sum(width_of(text) for text, _ in left)
        return [*left, (" " * gap + time, "")]

    def _pieces(self, known: Sequence[ProcessFact]) -> list[Forms]:
        facts, status = self._facts, self._facts.status
        processes = [p for p in known if facts.there(p)]
        armed, there = sum(1 for p in processes if p.armed), len(processes)
        dropped = sum(p.dropped + p.missed_frames for p in processes)
        live = "●" if status.link is Link.LIVE else "○"
        speed = per_second(facts.events_per_second).removesuffix("/s")
        return [
            [
                (7, (f"djscope {live} {clean(status.app, 40)}", "active")),
                (1, (f"{live} {fit(status.app, 16).rstrip()}", "active")),
            ],
            [(11, (f"{clean(status.label, 60)} {status.round_trip_ms:.1f}ms", ""))],
            [(5, (f"{armed} of {many(there, 'process')}", "")), (2, (f"{armed} of {there}", ""))],
            _deep(facts),
            [(6, (f"{speed} ev/s", ""))],
            [(0, (f"drop {count(dropped)}", "warning" if dropped else ""))],
            _cost(facts, processes),
            _watchers(status.others),
            [(1, _standing(facts))],
        ]


def _watchers(others: Sequence[str]) -> Forms:
    """Who else is there, by name where there is room for names, else their number."""
    if not others:
        return []
    names = ", ".join(clean(each, 30) for each in others[:NAMED])
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    return [(9, (f"with {names}{more}", "")), (3, (f"{len(others) + 1} watching", ""))]


def _deep(facts: Facts) -> Forms:
    """What is looked at deeply, by whomever, and for how much longer."""
    now = facts.clock()
    targets = [each for _, each in living(facts.status, now)]
    if not targets:
        return []
    left = duration((max(each.until for each in targets) - now) * 1e6)
    what = clean(targets[0].name.partition("@")[0], 24) if len(targets) == 1 else str(len(targets))
    return [(8, (f"deep {what} {left}", "warning")), (2, (f"deep {left}", "warning"))]


def _cost(facts: Facts, processes: Sequence[ProcessFact]) -> Forms:
    """All probes' CPU as a share of one core, what they send, how full the channel is."""
    now = cost(processes, facts.status)
    if now.most is None:
        return []
    full = f" {now.held_share:.0%} full" if now.held_share is not None else ""
    share = f"{now.cpu_share:.1%}"
    said = f"probes {share} cpu {size(now.bytes_per_s)}/s{full}"
    return [(10, (said, "")), (4, (f"cost {share}", ""))]


def _standing(facts: Facts) -> Part:
    link = facts.status.link
    if facts.frozen:
        return f"❚❚ FROZEN +{count(facts.missed)}", "warning"
    if link is Link.LOST:
        return "✖ REDIS LOST retry…", "critical"
    if link is Link.CONNECTING:
        return "○ CONNECTING", "warning"
    return ("▶ REPLAY", "active") if link is Link.REPLAY else ("▶ LIVE", "good")
