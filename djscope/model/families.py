"""Query statistics put together: by SQL, by route or task, by the line that loaded the rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from djscope.model.tally import Tally
from djscope.model.units import UnitKey

if TYPE_CHECKING:
    from djscope.model.queries import QueryKey, QueryStat

# Counts per unit that medians are taken over.
SAMPLES = 200


class By(StrEnum):
    """What the statistics of a family share."""

    SQL = "sql"
    ROUTE = "route"
    ORIGIN = "origin"


FamilyKey = tuple[str, ...]


@dataclass(slots=True, eq=False)
class Family(Tally):
    """Statistics that share their SQL, their route or task, or their origin.

    `key` is (SQL id), (unit kind, name id) or (origin id); `members` are keys of statistics.
    """

    by: By
    key: FamilyKey
    members: list[QueryKey] = field(default_factory=list)
    # Queries of the whole family in units that ended, and in those under way.
    ended: deque[int] = field(default_factory=lambda: deque(maxlen=SAMPLES))
    under_way: dict[UnitKey, int] = field(default_factory=dict)

    def per_unit(self) -> list[int]:
        return list(self.ended or self.under_way.values())

    def counted(self, unit: UnitKey, n: int, *, running: bool) -> None:
        """So many queries of the family in one unit, so far or in all."""
        if running:
            self.under_way[unit] = n
        else:
            self.ended.append(n)
            self.under_way.pop(unit, None)


class Families:
    """Every family of every kind, kept up as statistics grow: looking costs nothing."""

    def __init__(self) -> None:
        self.all: dict[By, dict[FamilyKey, Family]] = {by: {} for by in By}
        self._of: dict[QueryKey, tuple[Family, ...]] = {}

    def join(self, stat: QueryStat) -> None:
        """A new statistic belongs to its families from here on."""
        self._of[stat.key] = tuple(self._joined(stat))

    def known(self, key: QueryKey) -> tuple[Family, ...]:
        """Those that the statistic with `key` has joined."""
        return self._of.get(key, ())

    def _joined(self, stat: QueryStat) -> Iterator[Family]:
        for by, key in kinships(stat):
            family = self.all[by].get(key)
            if family is None:
                family = self.all[by][key] = Family(by, key)
            family.members.append(stat.key)
            yield family


def kinships(stat: QueryStat) -> Iterator[tuple[By, FamilyKey]]:
    """Which families; rows that were not loaded lazily have no origin."""
    yield By.SQL, (stat.sql_id,)
    yield By.ROUTE, (stat.unit_kind, stat.name_id)
    if stat.origin_id:
        yield By.ORIGIN, (stat.origin_id,)
