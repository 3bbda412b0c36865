"""Which rows does this query expand? Hands over what Django knows while a query is on its way.

Three doors see the instance that a lazy load starts from: `ForwardManyToOneDescriptor.get_object`
(only called when the relation is not cached), a related manager's queryset (its hints), and
`prefetch_one_level`. Each leaves it in a thread-local hand; the query hook takes it out.
Rows are tagged in `ModelIterable.__iter__`, every row of every queryset: an origin that is only
noted after a repetition is a wrong one.
"""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from typing import Any

from djscope_probes.groups import Evaluation, Group, Origin, Shape
from djscope_probes.guard import Guard
from djscope_probes.patching import Function, Patch, Patches
from djscope_probes.units import MAX_EVALUATIONS, Unit, current

TAG = "_djscope_tag"
# Field name → tag of the joined instance's evaluation, and its own parts.
Parts = dict[str, tuple[int, Any]]


class Rows:
    """A queryset about to produce rows; the query hook puts in the evaluation they belong to."""

    __slots__ = ("evaluation", "queryset")

    def __init__(self, queryset: Any) -> None:
        self.queryset = queryset
        self.evaluation: Evaluation | None = None


class Hand(threading.local):
    """What this thread is about to query for. Set around one call, emptied by its first query."""

    rows: Rows | None = None
    lazy: tuple[Any, Any] | None = None
    prefetch: tuple[Any, str] | None = None
    group: Group | None = None


class Provenance:
    """Tags rows and resolves lazy loads to a path from the rows they started at."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.hand = Hand()
        # Pickled instances travel to other processes: their tags must mean nothing there.
        self._tags = iter(range(random.getrandbits(48) << 8, 1 << 62))
        self._unknown: dict[str, Origin] = {}
        self._accessors: dict[int, str] = {}

    def arm(self, patches: Patches) -> None:
        """Wrap the doors that this process has."""
        query = sys.modules.get("django.db.models.query")
        related = sys.modules.get("django.db.models.fields.related_descriptors")
        if query is None or related is None:
            return
        patches.wrap(query.ModelIterable, "__iter__", self._iterate)
        patches.wrap(query, "prefetch_one_level", self._prefetch)
        patches.wrap(related.ForwardManyToOneDescriptor, "get_object", self._get_object)

    def _get_object(self, original: Function, patch: Patch) -> Function:
        hand = self.hand

        def get_object(descriptor: Any, instance: Any) -> Any:
            if not patch.on:
                return original(descriptor, instance)
            hand.lazy = (descriptor.field, instance)
            try:
                return original(descriptor, instance)
            finally:
                hand.lazy = None

        return get_object

    def _prefetch(self, original: Function, patch: Patch) -> Function:
        hand = self.hand

        def prefetch_one_level(instances: Any, prefetcher: Any, lookup: Any, level: int) -> Any:
            if patch.on and instances:
                hand.prefetch = (instances[0], lookup.prefetch_through.split("__")[level])
            try:
                return original(instances, prefetcher, lookup, level)
            finally:
                hand.prefetch = None

        return prefetch_one_level

    def _iterate(self, original: Function, patch: Patch) -> Function:
        def __iter__(iterable: Any) -> Iterator[Any]:  # noqa: N807
            rows: Iterator[Any] = original(iterable)
            if not patch.on or current() is None:
                return rows
            return self._tagged(rows, Rows(iterable.queryset))

        return __iter__

    def _tagged(self, rows: Iterator[Any], pending: Rows) -> Iterator[Any]:
        self.hand.rows = pending
        try:
            first = next(rows, self)
        finally:
            self.hand.rows = None
        pending.queryset = None
        if first is self:
            return
        evaluation = pending.evaluation
        if evaluation is None:
            yield first
            yield from rows
            return
        tag, joined = evaluation.tag, self._parts(first, evaluation)
        self._tag(first, tag, joined)
        evaluation.rows = 1
        yield first
        del first
        if joined:
            for evaluation.rows, row in enumerate(rows, 2):
                self._tag(row, tag, joined)
                yield row
            return
        for evaluation.rows, row in enumerate(rows, 2):
            try:
                row._state.__dict__[TAG] = tag
            except AttributeError:  # `from_db` may return anything.
                self.guard.failed()
            yield row

    def _parts(self, row: Any, evaluation: Evaluation) -> Parts:
        try:
            return self._joined(row, evaluation)
        except Exception:
            self.guard.failed()
            return {}

    def _joined(self, row: Any, evaluation: Evaluation) -> Parts:
        """What `select_related` brought along with a row."""
        found: Parts = {}
        for name, part in row._state.fields_cache.items():
            if hasattr(type(part), "_meta") and TAG not in part._state.__dict__:
                inner = self._through(evaluation, type(row).__name__, name, type(part))
                found[name] = (inner.tag, self._joined(part, inner))
        return found

    def _tag(self, row: Any, tag: int, joined: Parts) -> None:
        try:
            row._state.__dict__[TAG] = tag
            for name, (inner_tag, inner) in joined.items():
                part = row._state.fields_cache.get(name)
                if part is not None:
                    self._tag(part, inner_tag, inner)
        except Exception:
            self.guard.failed()

    def path_of(self, unit: Unit, shape: Shape) -> tuple[Origin | None, Evaluation | None]:
        """What the query under way expands: its path, and the evaluation its start belongs to.

        Also gives the rows about to come (if it is a queryset's) their evaluation.
        """
        hand = self.hand
        rows, lazy, prefetch = hand.rows, hand.lazy, hand.prefetch
        hand.rows = hand.lazy = hand.prefetch = None
        if lazy is not None:
            field, instance = lazy
            start = self._start(unit, instance)
            path = self._step(start, type(instance), field.name, "fk", field.related_model)
        elif rows is None:
            return None, None
        elif prefetch is not None:
            rows.evaluation = self._prefetched(unit, shape, rows, *prefetch)
            return None, None
        else:
            known, instance = (
                rows.queryset._known_related_objects,
                rows.queryset._hints.get("instance"),
            )
            if not known or instance is None:
                rows.evaluation = self._evaluation(unit, self._root(shape, rows), None)
                return None, None
            start = self._start(unit, instance)
            name = self._accessor(next(iter(known)))
            path = self._step(start, type(instance), name, "reverse", rows.queryset.model)
        if rows is not None:
            rows.evaluation = (
                self._inner(unit, start.root, path)
                if start is not None
                else self._evaluation(unit, path, None)
            )
        return path, start

    def _prefetched(
        self, unit: Unit, shape: Shape, rows: Rows, instance: Any, name: str
    ) -> Evaluation:
        """Prefetched rows start anew: what is loaded lazily from them counts per prefetch."""
        start = self._start(unit, instance)
        if start is None:
            return self._evaluation(unit, self._root(shape, rows), None)
        path = self._step(start, type(instance), name, "prefetch", rows.queryset.model)
        return self._evaluation(unit, path, None)

    def _start(self, unit: Unit, instance: Any) -> Evaluation | None:
        return unit.evaluations.get(instance._state.__dict__.get(TAG, 0))

    def _step(
        self, start: Evaluation | None, owner: type, name: str, kind: str, model: type
    ) -> Origin:
        """The path one relation further; without a known start (rows older than us) a bare one."""
        if start is not None:
            return start.origin.child(owner.__name__, name, kind, model.__name__)
        unknown = self._unknown.setdefault(owner.__name__, Origin(None, owner.__name__))
        return unknown.child(owner.__name__, name, kind, model.__name__)

    def _through(self, start: Evaluation, owner: str, name: str, model: type) -> Evaluation:
        path = start.origin.child(owner, name, "fk", model.__name__)
        unit = current()
        return start if unit is None else self._inner(unit, start.root, path)

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

    def _accessor(self, field: Any) -> str:
        """`books` of `Book.author`: the name by which the other side reaches the rows."""
        name = self._accessors.get(id(field))
        if name is None:
            name = str(field.remote_field.get_accessor_name() or field.name)
            self._accessors[id(field)] = name
        return name
