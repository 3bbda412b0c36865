"""From the intent of a query to its path: which rows it expands, and where those were loaded."""

from __future__ import annotations

import random
from typing import Any

from djscope_probes.groups import NONE, Evaluation, Expansion, Origin, Shape, Step
from djscope_probes.guard import Guard
from djscope_probes.instruments.intent import Hand, Rows
from djscope_probes.instruments.relations import MARK, Relations, narrowed
from djscope_probes.units import MAX_EVALUATIONS, Unit, working

TAG = "_djscope_tag"
BATCH, PER_INSTANCE, BYPASSED = "batch", "per_instance", "bypassed"
# Field name → tag of the joined instance's evaluation, and its own parts.
Parts = dict[str, tuple[int, Any]]


class Provenance:
    """Knows relations as steps, and hands out the tags of evaluations.

    One per instrument: a wrapper that somebody else holds on to is revived with it.
    """

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.hand = Hand()
        self.relations = Relations()
        self.renew()

    def renew(self) -> None:
        """Begin an arm: what was tagged before means nothing any more."""
        # Pickled instances travel to other processes: their tags must mean nothing there.
        self._tags = iter(range(random.getrandbits(48) << 8, 1 << 62))
        # Rows that were loaded before we came, by somebody else, or by nobody.
        self._nowhere = Origin(None, "")

    def expansion(
        self, unit: Unit, shape: Shape
    ) -> tuple[Expansion | None, Evaluation | None, str]:
        """What the query under way expands, the evaluation its start belongs to, and a note on how
        (see `Group.note`).

        Also gives the rows about to come (if it is a queryset's) their evaluation.
        """
        intent = self.hand.intent
        if intent.repeat is not None:
            # The next of an expansion that we know, with another text than before.
            intent.tag = intent.repeat.inner_tag
            return intent.repeat.expansion, intent.repeat.start, ""
        rows, lazy, prefetch = intent.rows, intent.lazy, intent.prefetch
        intent.rows = intent.lazy = intent.prefetch = None
        step: Step | None
        if lazy is not None:
            step, instance = lazy
            tag, note = getattr(instance._state, TAG, 0), ""
        elif rows is None:
            return None, None, ""
        else:
            if prefetch is not None:
                step, tag, note = self._prefetched(rows, *prefetch)
            else:
                step, tag, note = self._managed(unit, rows.queryset, shape)
            if step is None or note == BATCH:
                rows.evaluation = self._begun(unit, rows, shape, step, tag)
                return None, None, ""
        start = unit.evaluations.get(tag)
        found = self._expanded(start, step)
        if intent.direct or rows is not None:
            inner = self.inner(unit, start, found.path)
            found.tag = intent.tag = inner.tag
            if rows is not None:
                rows.evaluation = inner
        return found, start, note

    def _expanded(self, start: Evaluation | None, step: Step) -> Expansion:
        if start is None:
            return Expansion(self._nowhere.child(step), step, None)
        found = start.expansions.get(step)
        if found is None:
            if start.expansions is NONE:
                start.expansions = {}
            found = start.expansions[step] = Expansion(start.origin.child(step), step, start.root)
        return found

    def inner(self, unit: Unit, start: Evaluation | None, path: Origin) -> Evaluation:
        """The evaluation that rows reached through `path` belong to."""
        if start is None:
            return self.evaluation(unit, path, None)
        return self._inner(unit, start.root, path)

    def _begun(
        self, unit: Unit, rows: Rows, shape: Shape, step: Step | None, tag: int
    ) -> Evaluation:
        """Rows that start anew: of a queryset at its line; or of a prefetch, at the line of the
        rows it is for, so that what is loaded lazily from them counts per prefetch.
        """
        start = unit.evaluations.get(tag) if step is not None else None
        if start is None or step is None:
            return self.evaluation(unit, self._root(shape, rows), None)
        return self.evaluation(unit, start.origin.child(step), None)

    def _managed(self, unit: Unit, queryset: Any, shape: Shape) -> tuple[Step | None, int, str]:
        """The step and start of a related manager's queryset; no step for any other."""
        instance = queryset._hints.get("instance")
        if instance is None:
            number, tag = queryset.query.__dict__.get(MARK, (0, 0))
            return (self.relations.numbered(number) if tag in unit.evaluations else None), tag, ""
        if shape.manager is None:
            if shape.access == "refresh_from_db":
                return None, 0, ""
            shape.manager = self.relations.of_manager(queryset, instance)
            if not shape.access and narrowed(queryset):
                shape.access = "filter"
        step = shape.manager
        if step is None:
            return None, 0, ""
        state = instance.__dict__
        bypassed = step.name in state.get("_prefetched_objects_cache", ())
        return step, getattr(instance._state, TAG, 0), BYPASSED if bypassed else ""

    def _prefetched(
        self, rows: Rows, instances: Any, name: str, whole: bool
    ) -> tuple[Step, int, str]:
        """A batch, as it should be, or one row at a time of more."""
        instance = instances[0]
        step = self.relations.named(type(instance), name, "prefetch", rows.queryset.model)
        tag = getattr(instance._state, TAG, 0)
        return step, tag, BATCH if whole else PER_INSTANCE

    def parts(self, row: Any, evaluation: Evaluation) -> Parts:
        """What `select_related` brought along with a row, each with a tag of its own."""
        try:
            # Through `__dict__`: the attribute makes a cache where there is none.
            cache = row._state.__dict__.get("fields_cache")
            return self._joined(row, evaluation, {id(row)}) if cache else {}
        except Exception:
            self.guard.failed()
            return {}

    def mark(self, query: Any, manager: Any) -> None:
        """Say on a generic relation's query, which has no hint, whose rows it is for.

        Clones of a query copy its attributes; two ints are pickled harmlessly.
        """
        instance = manager.instance
        step = self.relations.named(
            type(instance), manager.prefetch_cache_name, "generic", manager.model
        )
        setattr(query, MARK, (step.number, getattr(instance._state, TAG, 0)))

    def tag(self, row: Any, tag: int, joined: Parts) -> None:
        """Say on a row, and on what was joined to it, where it came from."""
        try:
            row._state._djscope_tag = tag
            for name, (inner_tag, inner) in joined.items():
                part = row._state.fields_cache.get(name)
                if part is not None:
                    self.tag(part, inner_tag, inner)
        except Exception:
            self.guard.failed()

    def tag_joined(self, row: Any, tag: int) -> None:
        """What came along with a row that an attribute loaded."""
        unit = working()
        evaluation = unit.evaluations.get(tag) if unit is not None else None
        if evaluation is not None:
            self.tag(row, tag, self.parts(row, evaluation))

    def _joined(self, row: Any, evaluation: Evaluation, seen: set[int]) -> Parts:
        """`seen`: a one-to-one leads back to where it came from."""
        unit, found = working(), Parts()
        for name, part in row._state.__dict__.get("fields_cache", {}).items():
            if unit is None or not hasattr(type(part), "_meta") or id(part) in seen:
                continue
            if hasattr(part._state, TAG):
                continue
            seen.add(id(part))
            field = type(row)._meta.get_field(name)
            forward = field.concrete
            step = self.relations.forward(field) if forward else self.relations.reverse(field)
            inner = self._inner(unit, evaluation.root, evaluation.origin.child(step))
            found[name] = (inner.tag, self._joined(part, inner, seen))
        return found

    def _inner(self, unit: Unit, root: Evaluation, path: Origin) -> Evaluation:
        """One evaluation stands for all lazy loads through one path from one root."""
        found = root.children.get(path)
        if found is None:
            if root.children is NONE:
                root.children = {}
            found = root.children[path] = self.evaluation(unit, path, root)
        return found

    def evaluation(self, unit: Unit, origin: Origin, root: Evaluation | None = None) -> Evaluation:
        evaluation = Evaluation(origin, next(self._tags), root)
        if len(unit.evaluations) < MAX_EVALUATIONS:
            unit.evaluations[evaluation.tag] = evaluation
        return evaluation

    def _root(self, shape: Shape, rows: Rows) -> Origin:
        if shape.root is None:
            shape.root = Origin(shape.site, rows.queryset.model.__name__)
        return shape.root
