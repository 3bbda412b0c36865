"""Which rows does a query expand? Where Django still knows, it is written down.

Three doors see the instance that a lazy load starts from: `ForwardManyToOneDescriptor.get_object`
(only called when the relation is not cached), a related manager's queryset (its hints), and
`prefetch_one_level`. Rows are tagged in `ModelIterable.__iter__`, every row of every queryset: an
origin that is only noted after a repetition is a wrong one. Checked in Django 4.2 to 6.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from djscope_probes import landmarks
from djscope_probes.instruments.intent import Rows
from djscope_probes.instruments.provenance import TAG, Parts, Provenance
from djscope_probes.patching import Function, Patch, Patches
from djscope_probes.units import working


class Doors:
    """Wraps them for one `Provenance`."""

    def __init__(self, provenance: Provenance) -> None:
        self._provenance = provenance
        self._hand = provenance.hand
        self._guard = provenance.guard

    def reach(self, patches: Patches) -> None:
        """Wrap the doors that this process has."""
        query = landmarks.loaded("django.db.models.query")
        related = landmarks.loaded("django.db.models.fields.related_descriptors")
        if query is None or related is None:
            return
        patches.wrap(query.ModelIterable, "__iter__", self._iterate)
        patches.wrap(query, "prefetch_one_level", self._prefetch)
        patches.wrap(related.ForwardManyToOneDescriptor, "get_object", self._get_object)

    def _get_object(self, original: Function, patch: Patch) -> Function:
        hand, failed = self._hand, self._guard.failed

        def get_object(descriptor: Any, instance: Any) -> Any:
            if not patch.on:
                return original(descriptor, instance)
            try:
                intent = hand.intent
                intent.lazy = (descriptor.field, instance)
            except Exception:
                failed()
                return original(descriptor, instance)
            try:
                return original(descriptor, instance)
            finally:
                intent.lazy = None

        return get_object

    def _prefetch(self, original: Function, patch: Patch) -> Function:
        hand, failed = self._hand, self._guard.failed

        def prefetch_one_level(instances: Any, prefetcher: Any, lookup: Any, level: int) -> Any:
            if not patch.on or not instances:
                return original(instances, prefetcher, lookup, level)
            try:
                intent = hand.intent
                intent.prefetch = (instances[0], lookup.prefetch_through.split("__")[level])
            except Exception:
                failed()
                return original(instances, prefetcher, lookup, level)
            try:
                return original(instances, prefetcher, lookup, level)
            finally:
                intent.prefetch = None

        return prefetch_one_level

    def _iterate(self, original: Function, patch: Patch) -> Function:
        tagged, failed = self._tagged, self._guard.failed

        def __iter__(iterable: Any) -> Iterator[Any]:  # noqa: N807
            rows: Iterator[Any] = original(iterable)
            if not patch.on or working() is None:
                return rows
            try:
                return tagged(rows, Rows(iterable.queryset))
            except Exception:
                failed()
                return rows

        return __iter__

    def _tagged(self, rows: Iterator[Any], pending: Rows) -> Iterator[Any]:
        """Pass rows through one by one, never ahead, with the tag of their evaluation."""
        intent = self._hand.intent
        intent.rows = pending
        try:
            first = next(rows, self)
        finally:
            intent.rows = None
        pending.queryset = None
        if first is self:
            return
        evaluation = pending.evaluation
        if evaluation is None:
            yield first
            yield from rows
            return
        tag = evaluation.tag
        joined = self._provenance.parts(first, evaluation)
        self._tag(first, tag, joined)
        evaluation.rows = 1
        yield first
        del first
        for evaluation.rows, row in enumerate(rows, 2):
            if joined:
                self._tag(row, tag, joined)
            else:
                try:
                    row._state.__dict__[TAG] = tag
                except Exception:  # `from_db` may return anything
                    self._guard.failed()
            yield row

    def _tag(self, row: Any, tag: int, joined: Parts) -> None:
        try:
            row._state.__dict__[TAG] = tag
            for name, (inner_tag, inner) in joined.items():
                part = row._state.fields_cache.get(name)
                if part is not None:
                    self._tag(part, inner_tag, inner)
        except Exception:
            self._guard.failed()
