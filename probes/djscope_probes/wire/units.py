"""A unit and what it is made of: lines, relations, groups of queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class StackFrame(NamedTuple):
    """One line of a stack, innermost first; `app` tells the project's code from libraries'.

    `digest` is of the file as the process has it, in stacks only: see `djscope_probes.sources`.
    """

    file: str
    line: int
    function: str
    app: bool = False
    digest: str = ""


class Relation(NamedTuple):
    """What a lazy load went through: `path` counts from the rows of the origin queryset.

    `kind` has one of `djscope_probes.groups.Step`'s for each step of it. `to` is the model it leads
    to, `back` what that filters by to come back.
    """

    model: str
    name: str
    path: str
    kind: str
    root: str = ""
    to: str = ""
    back: str = ""


class Group(NamedTuple):
    """Queries of one unit with the same SQL, site, relation and origin.

    `hist` is sparse: pairs of (bit length of the microseconds, count). `params` counts distinct
    parameter sets up to a bound, -1 when they could not be compared. `peak` is the most lazy loads
    that rows of *one* evaluation of the origin queryset caused, `parents` how many rows that had.
    `note`: `bypassed` (the relation was prefetched already), `per_instance` (prefetched for one
    row at a time). `most` is the most queries that one whole stack asked for, 0 when all may be:
    one helper asked from many places is no loop.
    """

    sql_id: str
    site_id: str
    stack_id: str
    access: str
    relation_id: str
    origin_id: str
    n: int
    total_us: int
    max_us: int
    fetch_us: int
    rows: int
    params: int
    hist: list[list[int]]
    peak: int = 0
    parents: int = 0
    database: str = ""
    note: str = ""
    most: int = 0


class Operation(NamedTuple):
    """One of the first queries of an exemplary unit; `group` indexes its groups, -1 is `other`."""

    group: int
    offset_us: int
    took_us: int


class Unit(NamedTuple):
    """One request, task or command: its whole state so far, so that a lost revision costs nothing.

    `state` is `running`, `ended`, or `vanished` (adopted work that ended unseen). `cpu_us` is -1
    where it cannot be told from other work (an event loop's thread). `adopted` work was under way
    when the probe armed; then `started` may be only "at the latest" (`exact_start` false).
    """

    id: str
    revision: int
    state: str
    name_id: str
    started: float
    wall_us: int
    cpu_us: int
    queries: int
    sql_us: int
    fetch_us: int
    groups: list[Group]
    other: Group | None = None
    operations: Sequence[Operation] = ()
    adopted: bool = False
    exact_start: bool = True
    exception: str = ""
    site_id: str = ""
    stack_id: str = ""
    now_id: str = ""
