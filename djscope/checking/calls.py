"""What a recording of a test's calls told → the findings that are the application's."""

from __future__ import annotations

import time

from msgspec import Struct

from djscope.checking.roles import Roles
from djscope.checking.sources import Sources
from djscope.feed import decode
from djscope.feed.decode import Unreadable
from djscope.feed.shapes import Process
from djscope.model.definitions import Definitions
from djscope.model.finding import Finding
from djscope.model.findings import find
from djscope.model.kinds import REPEATED
from djscope.model.pysource import parsed, repeats
from djscope.model.schema import FindingOut, Line
from djscope.model.session import Session
from djscope.model.sightings import Sightings
from djscope.model.snapshot import finding_out, line
from djscope.model.thresholds import Thresholds
from djscope_probes.recording import Told
from djscope_probes.wire import dumps, frame_json

# What a test that calls in a loop repeats itself. Lazy loads are counted per queryset.
OF_LOOPS = frozenset({"query_loop", "duplicate_query"})
Place = tuple[str, int, int]


class Seen(Struct):
    """Of one test. `left_out`: repetition that is the tests' own. `ran`: lines that queried.

    `problem`: djscope's own, for which no test has to fail.
    """

    findings: list[FindingOut]
    ran: list[Line]
    units: int
    queries: int
    left_out: int = 0
    problem: str = ""


class Judge:
    """Tells the application's from the tests'; each test file is parsed once."""

    def __init__(self, roles: Roles, sources: Sources) -> None:
        self._roles = roles
        self._sources = sources
        self._looping: dict[Place, bool] = {}

    def seen(self, told: Told, least: Thresholds) -> Seen:
        """Each unit is judged by itself: one request that shows it is enough."""
        defs, found, now = definitions(told), Sightings(), time.time()
        seen = Seen([], [], len(told.events), 0)
        for event, lines in zip(told.events, told.calls, strict=True):
            session = Session(least)
            session.definitions = defs
            apply(session, told, event, now)
            seen.left_out += without_source(session)
            for stat in session.queries.stats.values():
                seen.queries += stat.n
                places = (defs.place(stat.site_id), defs.place(stat.origin_id))
                found.ran |= {line(each) for each in places if each.file and each.line}
            for each in find(session, now):
                if each.kind not in REPEATED:
                    continue
                if self._of_tests(each, lines):
                    seen.left_out += 1
                else:
                    found.add([finding_out(each, defs)], "")
        seen.findings = [each for each, _ in found]
        seen.ran = [each for each in found.ran if not self._roles.is_tests(each.file)]
        return seen

    def _of_tests(self, finding: Finding, lines: list[Place]) -> bool:
        """Made, or made necessary, by test code: its line, its rows, or its loop."""
        places = (finding.where, finding.origin)
        if any(place is not None and self._roles.is_tests(place.file) for place in places):
            return True
        if finding.unit_kind != "call" or finding.kind not in OF_LOOPS:
            return False
        return any(self._roles.repeats(place[0]) or self._loops(place) for place in lines)

    def _loops(self, place: Place) -> bool:
        if place not in self._looping:
            file, number, column = place
            tree = parsed(self._sources.text(file))
            self._looping[place] = repeats(tree, number, column)
        return self._looping[place]


def definitions(told: Told) -> Definitions:
    found = Definitions()
    for key, text in told.definitions.items():
        value = decode.definition(key, text.encode())
        if value is not None:
            found.add(key, value)
    return found


def apply(session: Session, told: Told, event: str, now: float) -> None:
    """As if it had come by the channel."""
    process = decode.process(dumps(told.process).encode())
    assert isinstance(process, Process)
    session.announce([(process, now)], now)
    body = frame_json(told.process.id, 1, 0, now, [event])
    delivery = decode.delivery(b"%d-0" % int(now * 1000), body, Unreadable())
    if delivery is not None:
        session.apply(delivery)


def without_source(session: Session) -> int:
    """Take lazy loads from rows that fixtures or the test made out of direct calls: whoever has the
    rows loaded decides. Returns how many lines had several.
    """
    stats = session.queries.stats
    foreign = [
        key
        for key, stat in stats.items()
        if stat.unit_kind == "call" and stat.relation_id and not stat.origin_id
    ]
    least = session.thresholds.n_plus_one
    return sum(stats.pop(key).n >= least for key in foreign)
