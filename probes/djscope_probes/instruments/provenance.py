"""From the intent of a query to its path: which rows it expands, and where those were loaded."""

from __future__ import annotations

import random
from typing import Any

from djscope_probes.groups import Evaluation, Origin, Shape, Step
from djscope_probes.guard import Guard
from djscope_probes.instruments.intent import Hand, Rows
from djscope_probes.units import MAX_EVALUATIONS, Unit, working

TAG = "_djscope_tag"
# Field name → tag of the joined instance's evaluation, and its own parts.
Parts = dict[str, tuple[int, Any]]


class Provenance:
    """Knows relations as steps, and hands out the tags of evaluations.

    One per instrument: a wrapper that somebody else holds on to is revived with it.
    """

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.hand = Hand()
        self.renew()

    def renew(self) -> None:
        """Begin an arm: what was tagged before means nothing any more."""
        # Pickled instances travel to other processes: their tags must mean nothing there.
        self._tags = iter(range(random.getrandbits(48) << 8, 1 << 62))
        self._steps: dict[object, Step] = {}
        # Rows that were loaded before we came, by somebody else, or by nobody.
        self._nowhere = Origin(None, "")

    def path_of(self, unit: Unit, shape: Shape) -> tuple[Origin | None, Evaluation | None]:
        """What the query under way expands: its path, and the evaluation its start belongs to.

        Also gives the rows about to come (if it is a queryset's) their evaluation.
        """
        intent = self.hand.intent
        rows, lazy, prefetch = intent.rows, intent.lazy, intent.prefetch
        intent.rows = intent.lazy = intent.prefetch = None
        if lazy is not None:
            field, instance = lazy
            step = self._steps.get(id(field)) or self._foreign_key(field)
        elif rows is None:
            return None, None
        elif prefetch is not None:
            rows.evaluation = self._prefetched(unit, shape, rows, *prefetch)
            return None, None
        else:
            known = rows.queryset._known_related_objects
            instance = rows.queryset._hints.get("instance")
            if not known or instance is None:
                rows.evaluation = self._evaluation(unit, self._root(shape, rows), None)
                return None, None
            remote = next(iter(known)).remote_field
            step = self._steps.get(id(remote)) or self._reverse(remote)
        start = unit.evaluations.get(instance._state.__dict__.get(TAG, 0))
        origin = self._nowhere if start is None else start.origin
        path = origin.children.get(step) or origin.child(step)
        if rows is not None:
            rows.evaluation = (
                self._evaluation(unit, path, None)
                if start is None
                else start.root.children.get(path) or self._inner(unit, start.root, path)
            )
        return path, start

    def parts(self, row: Any, evaluation: Evaluation) -> Parts:
        """What `select_related` brought along with a row, each with a tag of its own."""
        try:
            cache = row._state.fields_cache
            return self._joined(row, evaluation) if cache else {}
        except Exception:
            self.guard.failed()
            return {}

    def _joined(self, row: Any, evaluation: Evaluation) -> Parts:
        unit, found = working(), Parts()
        for name, part in row._state.fields_cache.items():
            if unit is None or not hasattr(type(part), "_meta") or TAG in part._state.__dict__:
                continue
            field = type(row)._meta.get_field(name)
            forward = field.concrete
            step = self._foreign_key(field) if forward else self._reverse(field)
            inner = self._inner(unit, evaluation.root, evaluation.origin.child(step))
            found[name] = (inner.tag, self._joined(part, inner))
        return found

    def _prefetched(
        self, unit: Unit, shape: Shape, rows: Rows, instance: Any, name: str
    ) -> Evaluation:
        """Prefetched rows start anew: what is loaded lazily from them counts per prefetch."""
        start = unit.evaluations.get(instance._state.__dict__.get(TAG, 0))
        if start is None:
            return self._evaluation(unit, self._root(shape, rows), None)
        model = rows.queryset.model
        step = self._step((type(instance), name), type(instance).__name__, name, "prefetch", model)
        return self._evaluation(unit, start.origin.child(step), None)

    def _foreign_key(self, field: Any) -> Step:
        """`Book.author`, from the field that the descriptor is about."""
        return self._step(field, field.model.__name__, field.name, "fk", field.related_model)

    def _reverse(self, remote: Any) -> Step:
        """`Author.books`, from the other side of `Book.author`."""
        name = remote.get_accessor_name() or remote.field.name
        return self._step(remote, remote.model.__name__, name, "reverse", remote.related_model)

    def _step(self, key: Any, owner: str, name: str, kind: str, model: type) -> Step:
        index = key if type(key) is tuple else id(key)
        step = self._steps.get(index)
        if step is None:
            step = self._steps[index] = Step(key, owner, str(name), kind, model.__name__)
        return step

    def _inner(self, unit: Unit, root: Evaluation, path: Origin) -> Evaluation:
        """One evaluation stands for all lazy loads through one path from one root."""
        found = root.children.get(path)
        if found is None:
            found = root.children[path] = self._evaluation(unit, path, root)
        return found

    def _evaluation(self, unit: Unit, origin: Origin, root: Evaluation | None) -> Evaluation:
        evaluation = Evaluation(origin, next(self._tags), root)
        if len(unit.evaluations) < MAX_EVALUATIONS:
            unit.evaluations[evaluation.tag] = evaluation
        return evaluation

    def _root(self, shape: Shape, rows: Rows) -> Origin:
        if shape.root is None:
            shape.root = Origin(shape.site, rows.queryset.model.__name__)
        return shape.root
