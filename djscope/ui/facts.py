"""What the panes draw: the live session, or the copy taken when the view was frozen."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from djscope.feed.status import FeedStatus
from djscope.model.definitions import Place
from djscope.model.families import By, Family
from djscope.model.finding import Finding
from djscope.model.findings import find, find_gone
from djscope.model.generations import is_there
from djscope.model.processes import ProcessFact
from djscope.model.queries import QueryStat
from djscope.model.session import Session
from djscope.model.units import UnitFact
from djscope.model.wording import unit_name
from djscope.ui.frozen import copy_of
from djscope.ui.source import Reach, Source

# Seconds that the event rate in the header is a mean of.
WINDOW_S = 5


@dataclass(frozen=True, slots=True)
class Still:
    """The session as it was when the view was frozen."""

    session: Session
    now: float
    version: int
    events: int


class Facts:
    """One place to read from. Hold `lock` while iterating over anything in `session`."""

    def __init__(self, source: Source, reach: Reach) -> None:
        self._source = source
        self.reach = reach
        self._still: Still | None = None
        self._found_at = -1
        self._by_query: dict[tuple[str, str, Place], Finding] = {}
        self._by_family: dict[tuple[By, str | Place], Finding] = {}
        self._speed: deque[tuple[float, int]] = deque(maxlen=WINDOW_S + 1)
        self.findings: list[Finding] = []
        # Those that ended with the processes that had them.
        self.gone: list[Finding] = []
        # Whether lists of queries put the last minute before what was in all.
        self.lately = False
        self.refresh()

    @property
    def lock(self) -> threading.Lock:
        return self._source.lock

    @property
    def status(self) -> FeedStatus:
        return self._source.status

    @property
    def session(self) -> Session:
        return self._still.session if self._still else self._source.session

    @property
    def now(self) -> float:
        """The moment that is shown."""
        return self._still.now if self._still else self._source.now()

    @property
    def stamp(self) -> tuple[bool, bool, int, int]:
        """Differs when there is something to draw: new facts, or a second has passed."""
        return (self.frozen, self.lately, self.session.version, int(self.now))

    def clock(self) -> float:
        """The moment it is, frozen or not."""
        return self._source.now()

    @property
    def frozen(self) -> bool:
        return self._still is not None

    @property
    def missed(self) -> int:
        """Events that came since the view was frozen."""
        return self._source.session.events - self._still.events if self._still else 0

    def freeze(self) -> None:
        """Keep what is shown; the session goes on behind it."""
        with self.lock:
            live = self._source.session
            self._still = Still(copy_of(live), self._source.now(), live.version, live.events)

    def resume(self) -> None:
        self._still = None

    def reset(self) -> None:
        """Start from now; frozen or not, what comes is shown."""
        self.resume()
        with self.lock:
            self._source.session.reset(self._source.now())
        self._found_at = -1
        self.refresh()

    def refresh(self) -> None:
        """Judge anew, at most once a second: some verdicts depend on the time alone."""
        self._measure()
        if self.frozen or int(self.now) == self._found_at:
            return
        self._found_at = int(self.now)
        with self.lock:
            self.findings = find(self.session, self.now)
            self.gone = find_gone(self.session, self.now, self.findings)
        self._sort_findings()

    def _sort_findings(self) -> None:
        """The worst finding about each query, and about each family of them."""
        self._by_query, self._by_family = {}, {}
        for found in reversed(self.findings):
            if not found.sql_id:
                continue
            self._by_query[found.unit, found.sql_id, found.where] = found
            self._by_family[By.SQL, found.sql_id] = found
            self._by_family[By.ROUTE, found.unit] = found
            if found.origin is not None:
                self._by_family[By.ORIGIN, found.origin] = found

    def _measure(self) -> None:
        at = self._source.now()
        if self._speed and at < self._speed[-1][0]:
            self._speed.clear()  # another server's clock, after a fail-over
        if not self._speed or at - self._speed[-1][0] >= 1:
            self._speed.append((at, self._source.session.events))

    @property
    def events_per_second(self) -> float:
        (since, before), (until, after) = self._speed[0], self._speed[-1]
        return (after - before) / (until - since) if until > since else 0.0

    def finding_of(self, stat: QueryStat) -> Finding | None:
        """The worst finding about these queries."""
        unit = unit_name(stat.unit_kind, self.text(stat.name_id))
        return self._by_query.get((unit, stat.sql_id, self.place(stat.site_id)))

    def finding_at(self, kind: str, unit: str, stack_id: str) -> Finding | None:
        """The one of that kind about a route that rests on this stack."""
        wanted = (kind, unit, stack_id)
        return next((f for f in self.findings if (f.kind, f.unit, f.stack_id) == wanted), None)

    def finding_in(self, family: Family) -> Finding | None:
        """The worst finding about any of its queries."""
        if family.by is By.SQL:
            return self._by_family.get((By.SQL, family.key[0]))
        if family.by is By.ORIGIN:
            return self._by_family.get((By.ORIGIN, self.place(family.key[0])))
        kind, name_id = family.key
        return self._by_family.get((By.ROUTE, unit_name(kind, self.text(name_id))))

    def members(self, family: Family) -> list[QueryStat]:
        """The statistics that a family is made of."""
        stats = self.session.queries.stats
        return [stats[key] for key in family.members if key in stats]

    def there(self, process: ProcessFact) -> bool:
        """It has not ended: who came and went stands in findings and routes."""
        return is_there(process, self.now)

    def process(self, key: str) -> ProcessFact | None:
        """One that is there, with a probe or without."""
        with self.lock:
            known = self.session.processes.get(key)
            if known is not None:
                return known if self.there(known) else None
            return next((each for each in self.unprobed() if each.id == key), None)

    def unprobed(self) -> Sequence[ProcessFact]:
        """Processes on this machine that have no probe here."""
        return self.reach.unprobed(self.session.processes.values())

    def standing_for(self, processes: Iterable[str]) -> str:
        """One of these (ids) that is there, else another one of their kind, else one that ended."""
        known, ids = self.session.processes, list(processes)
        there = [each for each in known.values() if self.there(each)]
        kinds = {known[each].kind for each in ids if each in known}
        own = [each.id for each in there if each.id in ids]
        alike = [each.id for each in there if each.kind and each.kind in kinds]
        return next(iter([*sorted(own), *sorted(alike), *ids]), "")

    def text(self, key: str) -> str:
        return self.session.definitions.text(key)

    def unit_name(self, unit: UnitFact) -> str:
        """`books/`, `command migrate`."""
        return unit_name(unit.kind, self.text(unit.unit.name_id))

    def place(self, key: str) -> Place:
        """The place that `key` stands for, or the innermost application frame of such a stack."""
        definitions = self.session.definitions
        stack = definitions.stack(key)
        return next((p for p in stack if p.app), stack[0]) if stack else definitions.place(key)
