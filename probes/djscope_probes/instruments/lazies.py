"""Attributes that query when they are touched: who knows the instance that a lazy load starts from.

`ForwardManyToOneDescriptor.get_object` runs only when the relation is not cached (so cached access
pays nothing), `ContentType.get_object_for_this_type` on behalf of a generic foreign key,
`Model.refresh_from_db` for a deferred field. One-to-ones' other sides are known by their queryset,
see `relations`. Checked in Django 4.2 to 6.1.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from djscope_probes import landmarks
from djscope_probes.groups import NONE, Repeat, Step, Touch
from djscope_probes.instruments.intent import Intent
from djscope_probes.instruments.provenance import TAG, Provenance
from djscope_probes.instruments.repeats import chain
from djscope_probes.patching import Function, Patch, Patches
from djscope_probes.stacks import is_app
from djscope_probes.units import CURRENT, Unit

_getframe = sys._getframe


class Lazies:
    """Wraps them for one `Provenance`."""

    def __init__(self, provenance: Provenance) -> None:
        self._provenance = provenance
        self._hand = provenance.hand
        self._guard = provenance.guard
        self._generic: frozenset[int] = frozenset()
        self._deferred: frozenset[int] = frozenset()
        # Frames from `get_object` out to whoever touched the attribute: 6.1 has two more.
        self._out = 2

    def reach(self, patches: Patches) -> None:
        related = landmarks.loaded("django.db.models.fields.related_descriptors")
        base = landmarks.loaded("django.db.models.base")
        utils = landmarks.loaded("django.db.models.query_utils")
        if related is None or base is None or utils is None:
            return
        forward = related.ForwardManyToOneDescriptor
        self._out = 4 if "fetch_one" in vars(forward) else 2
        patches.wrap(forward, "get_object", self._get_object)
        self._deferred = codes(utils.DeferredAttribute, "__get__", "fetch_one")
        patches.wrap(base.Model, "refresh_from_db", self._refresh)
        types = landmarks.loaded("django.contrib.contenttypes.models")
        fields = landmarks.loaded("django.contrib.contenttypes.fields")
        if types is not None and fields is not None:
            name = "GenericForeignKeyDescriptor" if self._out == 4 else "GenericForeignKey"
            self._generic = codes(getattr(fields, name, None), "__get__", "fetch_one")
            patches.wrap(types.ContentType, "get_object_for_this_type", self._generic_object)

    def _get_object(self, original: Function, patch: Patch) -> Function:
        hand, out, find, arrived = self._hand, self._out, self._find, self._arrived
        current, failed = CURRENT.get, self._guard.failed

        def get_object(descriptor: Any, instance: Any) -> Any:
            if not patch.on:
                return original(descriptor, instance)
            try:
                intent, unit, frame = hand.intent, current(), _getframe(out)
                repeat = unit.repeated if unit is not None else None
                if (
                    repeat is None
                    or repeat.descriptor is not descriptor
                    or repeat.tag != getattr(instance._state, TAG, 0)
                    or repeat.instruction != frame.f_lasti
                    or repeat.code is not frame.f_code
                    or (unit is not None and unit.deep and repeat.chain != chain(frame))
                ):
                    repeat = find(intent, unit, descriptor, instance, frame)
                intent.repeat, intent.direct = repeat, True
            except Exception:
                failed()
                return original(descriptor, instance)
            try:
                found = original(descriptor, instance)
            finally:
                intent.repeat = intent.lazy = intent.touch = None
                intent.direct = False
            try:
                if repeat is None:
                    arrived(intent, unit, found)
                else:
                    found._state._djscope_tag = repeat.inner_tag
            except Exception:
                failed()
            return found

        return get_object

    def _find(
        self, intent: Intent, unit: Unit | None, descriptor: Any, instance: Any, frame: FrameType
    ) -> Repeat | None:
        """What is expected where lines or relations take turns; else leave what is touched."""
        start = None
        if unit is not None and unit.open:
            start = unit.evaluations.get(getattr(instance._state, TAG, 0))
        found = start.repeats.get(descriptor) if start is not None else None
        if unit is not None and found is not None and is_at(found, frame, unit.deep):
            unit.repeated = found
            return found
        intent.lazy = (self._provenance.relations.forward(descriptor.field), instance)
        intent.tag, intent.next = 0, None
        # In a library (a template, say) one line touches for many: its place says nothing.
        if is_app(frame.f_code):
            callers = chain(frame) if unit is not None and unit.deep else []
            intent.touch = Touch(descriptor, frame.f_code, frame.f_lasti, callers)
        return None

    def _arrived(self, intent: Intent, unit: Unit | None, found: Any) -> None:
        if not intent.tag:
            return
        found._state._djscope_tag = intent.tag
        # Through `__dict__`: the attribute makes a cache where there is none.
        if found._state.__dict__.get("fields_cache"):
            # Its manager brings more along than the row: each has to be looked at.
            self._provenance.tag_joined(found, intent.tag)
        elif intent.next is not None and intent.next.start is not None and unit is not None:
            start = intent.next.start
            if start.repeats is NONE:
                start.repeats = {}
            start.repeats[intent.next.descriptor] = intent.next

    def _refresh(self, original: Function, patch: Patch) -> Function:
        def refresh_from_db(instance: Any, *args: Any, **kwargs: Any) -> Any:
            step = self._deferred_step(instance, kwargs, _getframe(1)) if patch.on else None
            if step is None:
                return original(instance, *args, **kwargs)
            try:
                intent = self._hand.intent
                # Not `lazy` yet: a manager's own `get()` may ask for something else before.
                intent.refresh = (step, instance)
            except Exception:
                self._guard.failed()
                return original(instance, *args, **kwargs)
            try:
                return original(instance, *args, **kwargs)
            finally:
                intent.refresh, intent.lazy, intent.direct = None, None, False

        return refresh_from_db

    def _deferred_step(self, instance: Any, kwargs: Any, frame: FrameType) -> Step | None:
        try:
            fields = kwargs.get("fields")
            if not fields or called_by(self._deferred, frame) is None:
                return None
            return self._provenance.relations.named(
                type(instance), str(fields[0]), "deferred", None
            )
        except Exception:
            self._guard.failed()
            return None

    def _generic_object(self, original: Function, patch: Patch) -> Function:
        def get_object_for_this_type(content_type: Any, *args: Any, **kwargs: Any) -> Any:
            lazy = self._generic_step(_getframe(1)) if patch.on else None
            if lazy is None:
                return original(content_type, *args, **kwargs)
            try:
                intent = self._hand.intent
                intent.lazy = lazy
            except Exception:
                self._guard.failed()
                return original(content_type, *args, **kwargs)
            try:
                return original(content_type, *args, **kwargs)
            finally:
                intent.lazy = None

        return get_object_for_this_type

    def _generic_step(self, caller: FrameType) -> tuple[Step, Any] | None:
        """The descriptor (or its field) and the instance are its `__get__`'s locals."""
        try:
            frame = called_by(self._generic, caller)
            if frame is None:
                return None
            local = frame.f_locals
            instance, descriptor = local["instance"], local["self"]
            field = getattr(descriptor, "field", descriptor)
            step = self._provenance.relations.named(type(instance), field.name, "gfk", None)
            return step, instance
        except Exception:
            self._guard.failed()
            return None


def is_at(repeat: Repeat, frame: FrameType, deep: bool) -> bool:
    """Whether it was this place where it was touched before."""
    if repeat.instruction != frame.f_lasti or repeat.code is not frame.f_code:
        return False
    return not deep or repeat.chain == chain(frame)


def called_by(ids: frozenset[int], frame: FrameType | None) -> FrameType | None:
    """The caller among `ids`, if it is not further out than an override in between."""
    for _ in range(3):
        if frame is None or id(frame.f_code) in ids:
            return frame
        frame = frame.f_back
    return None


def codes(owner: Any, *names: str) -> frozenset[int]:
    """Ids of the code of these functions of a class, those that it has."""
    found = (landmarks.code_of(owner, name) for name in names)
    return frozenset(id(code) for code in found if code is not None)
