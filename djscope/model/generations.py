"""Which processes replaced those that had a problem, and whether they did enough to tell."""

from __future__ import annotations

import math
from copy import copy
from dataclasses import dataclass
from functools import lru_cache

from djscope.model.processes import REMEMBERED, ProcessFact, unknown_process
from djscope.model.queries import QueryStat, Sample
from djscope.model.routes import RouteStat
from djscope.model.session import Session

# A process that is off says each 30 s that it is there.
STALE_S = 75.0
# So many units at the least; of what not every unit did, so many that chance is this unlikely.
LEAST = 3
CHANCE = 0.001
# Commands and threads are not served again and again by what replaced them.
SERVED_KINDS = frozenset({"request", "task"})


@dataclass(frozen=True, slots=True)
class Succession:
    """`past`: samples of processes that ended; `staying`: of older ones that are still there.

    `heirs` started after all that ended; they served `units` units of this route `since` then.
    """

    route: RouteStat
    past: list[Sample]
    staying: list[Sample]
    heirs: frozenset[str]
    units: int
    needed: int
    since: float

    @property
    def enough(self) -> bool:
        """What these samples told would have shown by now if it were still so."""
        return self.units >= self.needed


class Generations:
    """The processes of a session at one moment, as those that are there and those that ended."""

    def __init__(self, session: Session, now: float) -> None:
        self._routes = session.routes
        self._later: dict[tuple[str, str, float], dict[str, tuple[int, float]]] = {}
        self.there = {each.id for each in session.processes.values() if is_there(each, now)}

    def present(self, stat: QueryStat) -> QueryStat:
        """`stat` as the code that runs now makes it: without what ended processes did, once their
        heirs have done enough.
        """
        succession = self.succession(stat)
        if succession is None or not succession.enough:
            return stat
        return with_samples(stat, [each for each in stat.samples if each.process in self.there])

    def succession(self, stat: QueryStat) -> Succession | None:
        """None where no process with samples of these queries has ended, or nobody came after."""
        if len(stat.processes) < REMEMBERED and stat.processes <= self.there:
            return None
        past = [each for each in stat.samples if each.process not in self.there]
        route = self._routes.get((stat.unit_kind, stat.name_id))
        if not past or route is None or stat.unit_kind not in SERVED_KINDS:
            return None
        ended = {each.process for each in past}
        latest = max(started(process) for process in ended)
        served = self._served_after(route, latest)
        if not served:
            return None
        return Succession(
            route,
            past,
            [e for e in stat.samples if e.process in self.there and e.process not in served],
            frozenset(served),
            sum(n for n, _ in served.values()),
            needed(len(past), sum(route.served.get(process, (0, 0))[0] for process in ended)),
            min(since for _, since in served.values()),
        )

    def _served_after(self, route: RouteStat, latest: float) -> dict[str, tuple[int, float]]:
        """What processes that started after `latest` have done of a route."""
        key = (route.kind, route.name_id, latest)
        if key not in self._later:
            self._later[key] = {
                process: told for process, told in route.served.items() if started(process) > latest
            }
        return self._later[key]


def is_there(process: ProcessFact, now: float) -> bool:
    """It is in the list of processes, or it is not yet and has not said that it is off."""
    if process.level == "silent" or now - process.seen_at > STALE_S:
        return False
    said_off = process.level == "off" and process.reported_at > 0
    return process.listed or not (process.kind or said_off)


def needed(with_it: int, units: int) -> int:
    """How many units without it are no chance, where `with_it` of `units` had it."""
    share = (with_it + 1) / (max(units, with_it) + 2)
    return max(LEAST, math.ceil(math.log(CHANCE) / math.log(1 - share)))


@lru_cache(10_000)
def started(process: str) -> float:
    """When a process started, as its id says."""
    return unknown_process(process).started


def with_samples(stat: QueryStat, samples: list[Sample]) -> QueryStat:
    """The same statistic judged by these units alone."""
    twin = copy(stat)
    twin.samples = type(stat.samples)(samples, stat.samples.maxlen)
    return twin
