"""What queries have in common, and where the rows they expand came from.

An *origin* is a line where rows were loaded, or a relation path from one. An *evaluation* is one
run of an origin's queryset; its rows carry its tag, an int in `instance._state`, which survives
pickling and copying and means nothing elsewhere.
"""

from __future__ import annotations

from types import CodeType
from typing import Any, NamedTuple

from djscope_probes.wire import StackFrame

MAX_PARAMS = 64
HIST = 40
# Times that may wait to be booked, from one record of a unit to the next.
ROOM = 2_000
# Longer paths are booked as one of this length: who follows a chain of rows would make a path, and
# a longer one, of each step.
MAX_STEPS = 12


class Step:
    """One relation, from instances of `owner` through `name` to instances of `model`.

    `kind`: `fk` and `one` (a one-to-one's other side) lead to one row, `gfk` (generic) to one of
    any model, `reverse`, `m2m`, `generic` and `prefetch` to many, `deferred` to a column left out.
    Holds on to the field it was made of, by whose id it is found.
    """

    __slots__ = ("back", "field", "kind", "model", "name", "number", "owner")

    def __init__(
        self, field: object, owner: str, name: str, kind: str, model: str, number: int, back: str
    ) -> None:
        self.field = field
        # Stands for the step where an object must not: in what the host may pickle.
        self.number = number
        self.owner = owner
        self.name = name
        self.kind = kind
        self.model = model
        # What `model` filters by to come back here, where that is known: Exists, bulk loading.
        self.back = back


class Origin:
    """Where rows came from: a line, or a path of steps from one."""

    __slots__ = ("children", "kinds", "model", "path", "root", "site", "step", "steps")

    def __init__(self, site: StackFrame | None, model: str) -> None:
        self.site = site
        self.model = model
        self.root = self
        self.step: Step | None = None
        self.steps = 0
        self.path = ""
        self.kinds = ""
        self.children: dict[Step, Origin] = {}

    def child(self, step: Step) -> Origin:
        """The rows reached from here by one more step."""
        found = self.children.get(step)
        if found is None:
            if self.steps >= MAX_STEPS:
                return self
            found = Origin(self.root.site, step.model)
            found.steps = self.steps + 1
            found.root = self.root
            found.step = step
            found.path = f"{self.path}__{step.name}" if self.path else step.name
            found.kinds = f"{self.kinds}.{step.kind}" if self.kinds else step.kind
            self.children[step] = found
        return found


# What most evaluations have of everything; whoever adds the first puts a new one in its place.
NONE: dict[Any, Any] = {}


class Evaluation:
    """One run of an origin's queryset, or all lazy loads through one path from such a run."""

    __slots__ = ("_root", "children", "expansions", "origin", "repeats", "rows", "tag")

    def __init__(self, origin: Origin, tag: int, root: Evaluation | None = None) -> None:
        self.origin = origin
        self.tag = tag
        self.rows = 0
        self._root = root
        # Of a root: the evaluations that stand for all lazy loads through one path.
        self.children: dict[Origin, Evaluation] = NONE
        self.expansions: dict[Step, Expansion] = NONE
        # What to expect, by the descriptor that is touched.
        self.repeats: dict[object, Repeat] = NONE

    @property
    def root(self) -> Evaluation:
        """Itself, if it started anew. (Not kept: a circle would wait for the garbage collector.)"""
        return self._root or self


class Expansion:
    """Lazy loads from the rows of one evaluation through `step`; `root` is whose rows they are."""

    __slots__ = ("loads", "path", "places", "root", "step", "tag")

    def __init__(self, path: Origin, step: Step, root: Evaluation | None) -> None:
        self.path = path
        self.step = step
        self.root = root
        self.loads = 0
        # Of the rows that are loaded, 0 until there are any.
        self.tag = 0
        # At how many places the next load was expected so far.
        self.places = 0

    def count(self, n: int, group: Group) -> None:
        """So many loads more, booked on `group`."""
        self.loads += n
        if self.root is not None and self.loads > group.peak:
            group.peak, group.parents = self.loads, self.root.rows


class Repeat:
    """Queries of one group at one place with one text: of the next, only the time is noted.

    `tag` is of the rows that it starts from, `inner_tag` and `inner` of those it leads to (of a
    queryset that starts anew, the first one's evaluation). `near` is the code through which the
    line at `code` and `instruction` is left, `depth` frames out from the query.
    """

    __slots__ = (
        "chain", "code", "depth", "descriptor", "expansion", "group", "inner", "inner_tag",
        "instruction", "near", "noting", "room", "sql", "start", "tag", "took",
    )  # fmt: skip

    def __init__(
        self, group: Group, sql: str, touch: Touch, expansion: Expansion | None,
        start: Evaluation | None,
    ) -> None:  # fmt: skip
        self.group = group
        self.sql = sql
        self.expansion = expansion
        self.start = start
        self.tag = start.tag if start is not None else 0
        self.inner_tag = expansion.tag if expansion is not None else 0
        self.descriptor = touch.descriptor
        self.code = touch.code
        self.instruction = touch.instruction
        self.chain = touch.chain
        self.near: CodeType | None = None
        self.depth = 0
        self.inner: Evaluation | None = None
        self.took: list[int] = []
        self.room = ROOM
        # Whether parameters and order are still of interest.
        self.noting = True

    def settle(self) -> None:
        """Book what was noted so far. Called by one thread, while another may note more."""
        n = len(self.took)
        for took in self.took[:n]:
            self.group.add(took)
        del self.took[:n]
        if self.descriptor is not None:
            self.group.rows += n  # the one each that an attribute wants
        if self.expansion is not None:
            self.expansion.count(n, self.group)
        self.room = ROOM


class Touch(NamedTuple):
    """Where a line of the application touches a foreign key: the line as code and instruction (its
    number takes long to find); `chain` is its callers, in a deep unit.
    """

    descriptor: object
    code: CodeType
    instruction: int
    chain: list[CodeType | int]


class Shape:
    """A SQL text at a site: what a first sight finds out, once per process."""

    __slots__ = ("access", "manager", "root", "signed", "site", "sql", "stack")

    def __init__(
        self, sql: str, site: StackFrame | None, stack: list[StackFrame], access: str
    ) -> None:
        self.sql = sql
        self.site = site
        self.stack = stack
        self.access = access
        self.root: Origin | None = None
        # Frames of libraries stand for lines of templates, or classes, in its stack.
        self.signed = False
        # What a related manager's queryset with this text goes through: the text determines it.
        self.manager: Step | None = None


class Group:
    """Queries of one unit with the same shape and path. Times in nanoseconds.

    `dialect`: how the database reads their text, see `dialects`.
    """

    __slots__ = (
        "database", "dialect", "fetch", "hist", "max", "most", "n", "note", "params", "parents",
        "path", "peak", "rows", "shape", "stacks", "total",
    )  # fmt: skip

    def __init__(self, shape: Shape, path: Origin | None, database: str, dialect: str = "") -> None:
        self.shape = shape
        self.path = path
        self.database = database
        self.dialect = dialect
        self.n = 0
        self.total = 0
        self.max = 0
        self.fetch = 0
        self.rows = 0
        self.params: set[int] | None = set()
        self.hist = [0] * HIST
        self.peak = 0
        self.parents = 0
        # Of queries that no relation explains: how often each whole stack asked, while that is
        # counted, and the most that one did; 0 when that is as good as all.
        self.stacks: dict[int, int] | None = {}
        self.most = 0
        # `bypassed`: the relation was prefetched; `per_instance`: prefetched for one row at a time.
        self.note = ""

    def add(self, took: int) -> None:
        """One query. No call between reading and writing a number: threads share units."""
        bucket = (took // 1000).bit_length()
        if bucket >= HIST:
            bucket = HIST - 1
        self.n += 1
        self.total += took
        if took > self.max:
            self.max = took
        self.hist[bucket] += 1
