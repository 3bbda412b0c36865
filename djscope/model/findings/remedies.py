"""What to write where rows were loaded, so that nothing is loaded from them one by one."""

from __future__ import annotations

from typing import NamedTuple

from djscope.model.definitions import Place, Relation
from djscope.model.finding import Advice
from djscope.model.findings.homes import Home
from djscope.model.findings.statements import Statement

# Steps that lead to one row are joined, if all of a path do.
JOINED = frozenset({"fk", "one"})
# Steps to one row, or one column: what Django 6.1 loads for all rows at once when told to.
PEERS = JOINED | {"gfk", "deferred"}
MANY = frozenset({"reverse", "m2m", "generic"})
_ENDS = {"first": "first", "earliest": "first", "last": "last", "latest": "last"}
_NARROWED = frozenset({"filter", "get", *_ENDS})
_AGGREGATES = {"count": "count", "exists": "test", "aggregate": "aggregate"}


class Lazy(NamedTuple):
    """Loads through `relation`, asked for as `access` says, from rows that were loaded at `origin`.

    `loaded`: `raw`, `iterator` or empty, how those rows came. `statement`: of one such load.
    `home`: whose rows they were.
    """

    relation: Relation
    origin: Place
    access: str
    note: str
    loaded: str
    statement: Statement
    home: Home = Home()

    @property
    def steps(self) -> list[str]:
        return self.relation.kind.split(".")

    @property
    def parents(self) -> str:
        """The path to the rows that the attribute belongs to."""
        return self.relation.path.rpartition("__")[0]

    @property
    def where(self) -> str:
        model = self.relation.root or self.relation.model
        rows = "raw query" if self.loaded == "raw" else "queryset"
        if name := self.home.name:
            at = self.origin.short
            return f"the {model} {rows} of {at if at.startswith(name) else f'{name} ({at})'}"
        return f"the {model} {rows} evaluated at {self.origin.short}"

    @property
    def narrowed(self) -> bool:
        """Whether it asked for more than the relation itself, which compares one column, a generic
        one two.
        """
        return self.statement.conditions > (2 if self.steps[-1] == "generic" else 1)

    @property
    def some(self) -> bool:
        """Whether a prefetch of all related rows is no help."""
        if self.steps[-1] == "generic" and self.narrowed and not self.access:
            return True
        return self.steps[-1] not in PEERS and self.access in _NARROWED


def for_relation(lazy: Lazy, peers: bool) -> list[Advice]:
    """`peers`: the process has Django's fetch modes."""
    advice = _of_raw(lazy) if lazy.loaded == "raw" else _remedy(lazy)
    if lazy.loaded == "iterator" and "prefetch_related(" in advice.code:
        text = f"{advice.text}; iterator() prefetches if it has a chunk_size"
        advice = Advice(text, f"{advice.code}.iterator(chunk_size=2000)")
    # Rows that an iterator hands on are gone before their peers are there.
    if peers and not lazy.loaded and not lazy.note and set(lazy.steps) <= PEERS:
        text = "or let Django load what is missing for all rows at once, when it is first touched"
        fetching = Advice(text, ".fetch_mode(FETCH_PEERS)")
        return [lazy.home.adapt(advice), lazy.home.adapt(fetching)]
    return [lazy.home.adapt(advice)]


def _remedy(lazy: Lazy) -> Advice:
    steps, path = lazy.steps, lazy.relation.path
    if steps[-1] == "deferred":
        return _whole(lazy)
    if lazy.access in _AGGREGATES:
        # Two joins multiply each other's rows.
        beside = "; with distinct=True where it stands beside another" * (lazy.access == "count")
        return Advice(f"{_AGGREGATES[lazy.access]} in {lazy.where}{beside}", _annotated(lazy))
    if lazy.note == "bypassed" or lazy.some:
        return Advice(f"prefetch just those rows in {lazy.where}", _prefetch_some(lazy))
    if set(steps) <= JOINED:
        return Advice(f"add it to {lazy.where}", f'.select_related("{path}")')
    return Advice(f"add it to {lazy.where}{_through(lazy)}", f'.prefetch_related("{path}")')


def _of_raw(lazy: Lazy) -> Advice:
    """A raw query can prefetch; it has neither joins nor annotations."""
    if lazy.steps[-1] == "deferred":
        return Advice(f"select {lazy.relation.name} in {lazy.where} as well")
    if lazy.some or (lazy.steps[-1] in MANY and lazy.narrowed):
        return Advice(f"prefetch just those rows in {lazy.where}", _prefetch_some(lazy))
    text = f"add it to {lazy.where}{_through(lazy)}"
    return Advice(text, f'.prefetch_related("{lazy.relation.path}")')


def _through(lazy: Lazy) -> str:
    """`values()` and the like ask anew whatever was prefetched."""
    if lazy.steps[-1] not in MANY:
        return ""
    if lazy.access in _AGGREGATES:
        return f", and reckon in Python with .{lazy.relation.name}.all()"
    return f", and go through .{lazy.relation.name}.all()"


def _whole(lazy: Lazy) -> Advice:
    """A column that `only()` or `defer()` left out."""
    name, parents = lazy.relation.name, lazy.parents
    text = f"{name} is left out of {lazy.where}: take it out of defer(), or add it to only()"
    if set(lazy.steps[:-1]) <= JOINED:
        return Advice(text, f'.only("{lazy.relation.path}", …)')
    text = f"{name} is left out of the rows prefetched for {lazy.where}"
    if lazy.steps[-2] in JOINED:
        return Advice(f"{text}: take it out of defer(), or add it to only()")
    some = f'{lazy.relation.model}.objects.only("{name}", …)'
    return Advice(text, f'.prefetch_related(Prefetch("{parents}", queryset={some}))')


def _annotated(lazy: Lazy) -> str:
    """On the root queryset, through what is joined to it; else where a prefetch loads the owners,
    for one that is there already is not prefetched again.
    """
    if set(lazy.steps[:-1]) <= JOINED:
        return f".annotate({_annotation(lazy, lazy.parents)})"
    owners = f"{lazy.relation.model}.objects.annotate({_annotation(lazy, '')})"
    if lazy.steps[-2] == "gfk":  # Django 5.0 on
        return f'.prefetch_related(GenericPrefetch("{lazy.parents}", [{owners}]))'
    return f'.prefetch_related(Prefetch("{lazy.parents}", queryset={owners}))'


def _annotation(lazy: Lazy, parents: str) -> str:
    relation, statement = lazy.relation, lazy.statement
    name, begin = relation.name, f"{parents}__" if parents else ""
    only = ", filter=Q(…)" if lazy.narrowed else ""
    if lazy.access == "count":
        return f'{name}_count=Count("{begin}{name}"{only})'
    if lazy.access == "aggregate":
        function, operand = statement.function or "Sum", statement.operand or "…"
        return f'{name}_{function.lower()}={function}("{begin}{name}__{operand}"{only})'
    more = ", …" if lazy.narrowed else ""
    outer = f'OuterRef("{begin}pk")'
    # A symmetrical relation's other side has a name that no code can say.
    if relation.back.isidentifier():
        return f"has_{name}=Exists({relation.to}.objects.filter({relation.back}={outer}{more}))"
    some = f"__in={relation.to}.objects.filter(…)" if more else "__isnull=False"
    return f"has_{name}=Exists({relation.model}.objects.filter(pk={outer}, {name}{some}))"


def _prefetch_some(lazy: Lazy) -> str:
    name, end = lazy.relation.name, _ENDS.get(lazy.access, "")
    order = ", ".join(f'"{column}"' for column in lazy.statement.order)
    some = f"{lazy.relation.to}.objects"
    if lazy.narrowed or not (end or order):
        some += ".filter(…)"
    if end or (order and not lazy.narrowed):
        some += f".order_by({order or '…'})"
    # Slices of what a generic relation prefetches: Django has none.
    if end and lazy.steps[-1] != "generic":
        some += "[:1]"
    elif lazy.access == "filter" and lazy.statement.sliced:
        some += "[:…]"
    attribute = f"{end or 'some'}_{name}"
    path = lazy.relation.path
    return f'.prefetch_related(Prefetch("{path}", queryset={some}, to_attr="{attribute}"))'
