"""What queries have in common, and where the rows they expand came from.

An *origin* is a line where rows were loaded, or a relation path from one. An *evaluation* is one
run of an origin's queryset; its rows carry its tag, an int in `instance._state`, which survives
pickling and copying and means nothing elsewhere.
"""

from __future__ import annotations

from djscope_probes.wire import StackFrame

MAX_PARAMS = 64
HIST = 40
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


class Evaluation:
    """One run of an origin's queryset, or all lazy loads through one path from such a run."""

    __slots__ = ("children", "expansions", "origin", "root", "rows", "tag")

    def __init__(self, origin: Origin, tag: int, root: Evaluation | None = None) -> None:
        self.origin = origin
        self.tag = tag
        self.rows = 0
        self.root = root or self
        # Of a root: the evaluations that stand for all lazy loads through one path.
        self.children: dict[Origin, Evaluation] = {}
        self.expansions: dict[Step, Expansion] = {}


class Expansion:
    """Lazy loads from the rows of one evaluation through one step: how many, and as what the last
    one was booked, which the next one is as a rule.
    """

    __slots__ = ("group", "loads", "path", "place", "sql", "tag")

    def __init__(self, path: Origin) -> None:
        self.path = path
        self.loads = 0
        # Of the rows that are loaded, 0 until there are any.
        self.tag = 0
        self.place: object = None
        self.sql = ""
        self.group: Group | None = None


class Shape:
    """A SQL text at a site: what a first sight finds out, once per process."""

    __slots__ = ("access", "manager", "root", "site", "sql", "stack")

    def __init__(
        self, sql: str, site: StackFrame | None, stack: list[StackFrame], access: str
    ) -> None:
        self.sql = sql
        self.site = site
        self.stack = stack
        self.access = access
        self.root: Origin | None = None
        # What a related manager's queryset with this text goes through: the text determines it.
        self.manager: Step | None = None


class Group:
    """Queries of one unit with the same shape and path. Times in nanoseconds.

    `dialect`: how the database reads their text, see `dialects`.
    """

    __slots__ = (
        "database", "dialect", "fetch", "hist", "max", "n", "note", "params", "parents", "path",
        "peak",
        "rows", "shape", "total",
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
        # `bypassed`: the relation was prefetched; `per_instance`: prefetched for one row at a time.
        self.note = ""
