"""Querysets about to ask: for rows of any shape, for a number, on behalf of a prefetch.

Rows are tagged in `ModelIterable.__iter__`, every row of every queryset: an origin that is only
noted after a repetition is a wrong one. What counts, tests or aggregates says in its hints which
instance's manager it came from. Checked in Django 4.2 to 6.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from sys import _getframe
from typing import Any

from djscope_probes import landmarks
from djscope_probes.groups import NONE
from djscope_probes.instruments.intent import Intent, Rows
from djscope_probes.instruments.lazies import codes
from djscope_probes.instruments.provenance import Provenance
from djscope_probes.instruments.relations import MARK
from djscope_probes.patching import Function, Patch, Patches
from djscope_probes.units import CURRENT, working

_VALUES = (
    "ValuesIterable", "ValuesListIterable", "NamedValuesListIterable", "FlatValuesListIterable",
)  # fmt: skip
_NUMBERS = ("count", "exists", "aggregate", "update", "delete")

HandOn = Callable[[Iterator[Any], Rows], Iterator[Any]]


class Doors:
    """Wraps them for one `Provenance`."""

    def __init__(self, provenance: Provenance) -> None:
        self._provenance = provenance
        self._hand = provenance.hand
        self._guard = provenance.guard
        self._querysets: frozenset[int] = frozenset()

    def reach(self, patches: Patches) -> None:
        """Wrap the doors that this process has."""
        query = landmarks.loaded("django.db.models.query")
        if query is None:
            return
        self._querysets = codes(query.QuerySet, "_prefetch_related_objects", "_iterator")
        patches.wrap(query.ModelIterable, "__iter__", partial(self._iterate, self._tagged))
        patches.wrap(query.RawModelIterable, "__iter__", partial(self._iterate, self._tagged))
        patches.wrap(query, "prefetch_one_level", self._prefetch)
        for name in _VALUES:
            patches.wrap(getattr(query, name), "__iter__", partial(self._iterate, self._announced))
        for name in _NUMBERS:
            patches.wrap(query.QuerySet, name, self._ask)
        for manager in generic_managers():
            patches.wrap(manager, "_apply_rel_filters", self._mark)

    def _prefetch(self, original: Function, patch: Patch) -> Function:
        hand, failed = self._hand, self._guard.failed

        def prefetch_one_level(instances: Any, prefetcher: Any, lookup: Any, level: int) -> Any:
            if not patch.on or not instances:
                return original(instances, prefetcher, lookup, level)
            try:
                intent = hand.intent
                name = lookup.prefetch_through.split("__")[level]
                # Out of `prefetch_related_objects`, to who called that.
                whole = len(instances) > 1 or id(_getframe(2).f_code) in self._querysets
                intent.prefetch = (instances, name, whole)
            except Exception:
                failed()
                return original(instances, prefetcher, lookup, level)
            try:
                return original(instances, prefetcher, lookup, level)
            finally:
                intent.prefetch = None

        return prefetch_one_level

    def _ask(self, original: Function, patch: Patch) -> Function:
        hand, failed = self._hand, self._guard.failed

        def ask(queryset: Any, *args: Any, **kwargs: Any) -> Any:
            intent = None
            try:
                if patch.on and (queryset._hints or MARK in queryset.query.__dict__):
                    intent = hand.intent
                    intent.rows = Rows(queryset)
            except Exception:
                failed()
            try:
                return original(queryset, *args, **kwargs)
            finally:
                if intent is not None:
                    intent.rows = None

        return ask

    def _mark(self, original: Function, patch: Patch) -> Function:
        def _apply_rel_filters(manager: Any, queryset: Any) -> Any:
            found = original(manager, queryset)
            if patch.on:
                try:
                    self._provenance.mark(found.query, manager)
                except Exception:
                    self._guard.failed()
            return found

        return _apply_rel_filters

    def _iterate(self, hand_on: HandOn, original: Function, patch: Patch) -> Function:
        hand, failed, current = self._hand, self._guard.failed, CURRENT.get

        def __iter__(iterable: Any) -> Iterator[Any]:  # noqa: N807
            rows: Iterator[Any] = original(iterable)
            try:
                intent = hand.intent
                if intent.refresh is not None:
                    reloading(intent, iterable.queryset)
                if not patch.on or intent.direct:
                    return rows
                unit = current()
                if (unit is None or not unit.open) and working() is None:
                    return rows
                return hand_on(rows, Rows(iterable.queryset))
            except Exception:
                failed()
                return rows

        return __iter__

    def _announced(self, rows: Iterator[Any], pending: Rows) -> Iterator[Any]:
        """Pass rows through that are no instances."""
        # Inline in both: a function more would be one more to fail in the host's iteration.
        intent = self._hand.intent
        intent.rows = pending
        try:
            first = next(rows, self)
        finally:
            intent.rows = None
            pending.queryset = None
        if first is not self:
            yield first
            yield from rows

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
        joined = self._provenance.parts(first, evaluation) if pending.joins else NONE
        self._provenance.tag(first, tag, joined)
        evaluation.rows = 1
        yield first
        del first
        if joined:
            for evaluation.rows, row in enumerate(rows, 2):
                self._provenance.tag(row, tag, joined)
                yield row
            return
        for evaluation.rows, row in enumerate(rows, 2):
            try:
                row._state._djscope_tag = tag
            except Exception:  # `from_db` may return anything
                self._guard.failed()
            yield row


def reloading(intent: Intent, queryset: Any) -> None:
    """Whether this is the queryset by which `Model.refresh_from_db` reloads one deferred field."""
    if intent.refresh is None:
        return
    step, _ = intent.refresh
    if queryset.query.deferred_loading == ({step.name}, False):
        intent.lazy, intent.direct, intent.refresh = intent.refresh, True, None


def generic_managers() -> Iterator[Any]:
    """The manager classes of generic relations, which leave no hint on their querysets."""
    apps = landmarks.loaded("django.apps")
    fields = landmarks.loaded("django.contrib.contenttypes.fields")
    if apps is None or fields is None or not apps.apps.models_ready:
        return
    for model in apps.apps.get_models():
        for field in model._meta.private_fields:
            descriptor = vars(model).get(field.name)
            if isinstance(descriptor, fields.ReverseGenericManyToOneDescriptor):
                yield descriptor.related_manager_cls
