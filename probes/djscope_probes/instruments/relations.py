"""Relations as steps: from fields, and from the querysets of related managers.

Checked in Django 4.2 to 6.1. A manager's queryset says in `_hints` whose it is, a foreign key's
other side also through which field; many-to-many and one-to-one are known by the column that its
`WHERE` compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from djscope_probes.groups import Step

# On a generic relation's query, whose queryset has no hint: (step's number, tag of the instance).
MARK = "_djscope_from"


class Relations:
    """Steps by what they are made of; holds on to that, so that an id stays its own."""

    def __init__(self) -> None:
        self._steps: dict[object, Step] = {}
        self._by_number: list[Step] = []
        self._accessors: dict[type, dict[int, Step]] = {}

    def forward(self, field: Any) -> Step:
        """`Book.author`, from the field that a descriptor is about."""
        return self._steps.get(id(field)) or self._step(
            id(field), field, field.model, field.name, "fk", field.related_model
        )

    def reverse(self, remote: Any) -> Step:
        """`Author.books`, from the other side of `Book.author`; a one-to-one's leads to one row."""
        kind = "one" if remote.one_to_one else "reverse"
        return self._steps.get(id(remote)) or self._step(
            id(remote), remote, remote.model, accessor(remote), kind, remote.related_model,
            remote.field.name,
        )  # fmt: skip

    def named(self, owner: type, name: str, kind: str, model: type | None) -> Step:
        """A step that no field stands for: a prefetch by its name, a deferred or generic field."""
        key = (owner, name, kind)
        return self._steps.get(key) or self._step(key, key, owner, name, kind, model)

    def numbered(self, number: int) -> Step:
        """The step that a mark of ours names."""
        return self._by_number[number]

    def of_manager(self, queryset: Any, instance: Any) -> Step | None:
        """What a related manager's queryset goes through from `instance`."""
        known = getattr(queryset, "_known_related_objects", None)
        if known:
            return self.reverse(next(iter(known)).remote_field)
        steps = self._accessors.get(type(instance))
        if steps is None:
            steps = self._accessors[type(instance)] = dict(self._by_column(type(instance)))
        where = getattr(queryset.query, "where", None)
        return next((steps[key] for key in compared(where) if key in steps), None)

    def _by_column(self, model: Any) -> Iterator[tuple[int, Step]]:
        """id(field that a manager of `model` compares with the instance) → its step."""
        for field in model._meta.many_to_many:
            through = field.remote_field.through._meta
            column = through.get_field(field.m2m_field_name())
            back = field.related_query_name()
            yield id(column), self._many(column, model, field.name, field.related_model, back)
        for remote in model._meta.related_objects:
            if remote.one_to_one:
                yield id(remote.field), self.reverse(remote)
            elif remote.many_to_many:
                through = remote.through._meta
                column = through.get_field(remote.field.m2m_reverse_field_name())
                name, back = accessor(remote), remote.field.name
                yield id(column), self._many(column, model, name, remote.related_model, back)

    def _many(self, column: Any, owner: type, name: str, model: type, back: str) -> Step:
        return self._step(("m2m", id(column)), column, owner, name, "m2m", model, back)

    def _step(
        self, index: object, key: object, owner: type, name: str, kind: str, model: type | None,
        back: str = "",
    ) -> Step:  # fmt: skip
        to = model.__name__ if model is not None else ""
        number = len(self._by_number)
        step = self._steps[index] = Step(key, owner.__name__, str(name), kind, to, number, back)
        self._by_number.append(step)
        return step


def accessor(remote: Any) -> str:
    """The attribute by which the other side is reached, or would be if it were not hidden."""
    return str(remote.get_accessor_name() or remote.field.name)


def compared(where: Any) -> Iterator[int]:
    """Ids of the fields that a `WHERE` compares, outermost first."""
    for child in getattr(where, "children", ()):
        target = getattr(getattr(child, "lhs", None), "target", None)
        if target is not None:
            yield id(target)
        else:
            yield from compared(child)


def narrowed(queryset: Any) -> bool:
    """Whether a related manager was asked for less than all, or in another order: a prefetch of
    all is no help then.
    """
    query = queryset.query
    if query.is_sliced or query.order_by or query.distinct:
        return True
    return len(list(compared(query.where))) > 1
