"""What to write where rows were loaded, so that nothing is loaded from them one by one."""

from __future__ import annotations

from djscope.model.definitions import Place, Relation
from djscope.model.finding import Advice

# Steps that lead to one row are joined, if all of a path do.
JOINED = frozenset({"fk", "one"})
# Steps to one row, or one column: what Django 6.1 loads for all rows at once when told to.
PEERS = JOINED | {"gfk", "deferred"}
_NARROWED = frozenset({"filter", "first", "last", "get", "earliest", "latest"})


def for_relation(
    relation: Relation, origin: Place, access: str, note: str, peers: bool
) -> list[Advice]:
    """The remedy for lazy loads through `relation`, asked for as `access` says, from rows that were
    loaded at `origin`. `peers`: the process has Django's fetch modes, and the rows are kept.
    """
    steps = relation.kind.split(".")
    found = [_remedy(relation, origin, access, note, steps)]
    if peers and not note and set(steps) <= PEERS:
        found.append(
            Advice(
                "or let Django load what is missing for all rows at once, when it is first touched",
                ".fetch_mode(FETCH_PEERS)",
            )
        )
    return found


def _remedy(relation: Relation, origin: Place, access: str, note: str, steps: list[str]) -> Advice:
    where = f"the {relation.root or relation.model} queryset evaluated at {origin.short}"
    if steps[-1] == "deferred":
        return Advice(
            f"{relation.name} is left out of {where}: take it out of defer(), or add it to only()",
            f'.only("{relation.path}", …)',
        )
    if access in _AGGREGATES:
        text = f"{_AGGREGATES[access]} in {where}"
        return Advice(text, _nested(relation, f".annotate({_annotation(relation, access)})"))
    if note == "bypassed" or (access in _NARROWED and steps[-1] not in PEERS):
        return Advice(f"prefetch just those rows in {where}", _prefetch_some(relation))
    if set(steps) <= JOINED:
        return Advice(f"add it to {where}", f'.select_related("{relation.path}")')
    return Advice(f"add it to {where}", f'.prefetch_related("{relation.path}")')


_AGGREGATES = {
    "count": "count",
    "exists": "test",
    "aggregate": "aggregate",
}


def _annotation(relation: Relation, access: str) -> str:
    name = relation.name
    if access == "count":
        return f'{name}_count=Count("{name}")'
    if access == "exists":
        back = relation.back or "…"
        return f'has_{name}=Exists({relation.to}.objects.filter({back}=OuterRef("pk")))'
    return f'{name}_total=Sum("{name}__…")'


def _nested(relation: Relation, call: str) -> str:
    """On the root queryset, or on the one that a prefetch loads the owners with."""
    parents = relation.path.rpartition("__")[0]
    if not parents:
        return call
    owners = f"{relation.model}.objects{call}"
    return f'.prefetch_related(Prefetch("{parents}", queryset={owners}))'


def _prefetch_some(relation: Relation) -> str:
    some = f"{relation.to}.objects.filter(…)"
    attribute = f"some_{relation.name}"
    path = relation.path
    return f'.prefetch_related(Prefetch("{path}", queryset={some}, to_attr="{attribute}"))'
