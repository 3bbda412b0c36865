"""Attributes that query when they are touched: who knows the instance that a lazy load starts from.

`ForwardManyToOneDescriptor.get_object` runs only when the relation is not cached (so cached access
pays nothing), `ContentType.get_object_for_this_type` on behalf of a generic foreign key,
`Model.refresh_from_db` for a deferred field. One-to-ones' other sides are known by their queryset,
see `relations`. Checked in Django 4.2 to 6.1.
"""

from __future__ import annotations

import sys
from types import CodeType, FrameType
from typing import Any

from djscope_probes import landmarks
from djscope_probes.groups import Step
from djscope_probes.instruments.intent import Place
from djscope_probes.instruments.provenance import TAG, Provenance
from djscope_probes.patching import Function, Patch, Patches
from djscope_probes.stacks import is_app

MAX_PLACES = 5_000
_getframe = sys._getframe


class Lazies:
    """Wraps them for one `Provenance`."""

    def __init__(self, provenance: Provenance) -> None:
        self._provenance = provenance
        self._hand = provenance.hand
        self._guard = provenance.guard
        self._places: dict[tuple[int, int, int], Place] = {}
        self._kept: list[CodeType] = []
        self._generic: frozenset[int] = frozenset()
        self._deferred: frozenset[int] = frozenset()
        # Frames from `get_object` out to whoever touched the attribute: 6.1 has two more.
        self._out = 2

    def renew(self) -> None:
        """Begin an arm."""
        self._places.clear()
        self._kept.clear()

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
        hand, places, out = self._hand, self._places, self._out

        def get_object(descriptor: Any, instance: Any) -> Any:
            if not patch.on:
                return original(descriptor, instance)
            try:
                intent = hand.intent
                frame = _getframe(out)
                # Not the line, which takes long to find; the specialising interpreter may move
                # `f_lasti` once or twice, which makes one place two.
                key = (id(descriptor), id(frame.f_code), frame.f_lasti)
                place = places.get(key) or self._new_place(key, frame, descriptor.field)
                intent.place, intent.lazy = place, (place.step, instance)
                intent.direct, intent.tag = True, 0
            except Exception:
                self._guard.failed()
                return original(descriptor, instance)
            try:
                found = original(descriptor, instance)
            finally:
                intent.lazy, intent.direct, intent.place = None, False, None
            tag = intent.tag
            if tag:
                try:
                    found._state.__dict__[TAG] = tag
                    if found._state.fields_cache:
                        self._provenance.tag_joined(found, tag)
                except Exception:
                    self._guard.failed()
            return found

        return get_object

    def _new_place(self, key: tuple[int, int, int], frame: FrameType, field: Any) -> Place:
        if len(self._places) >= MAX_PLACES:
            self.renew()
        self._kept.append(frame.f_code)
        place = self._places[key] = Place(self._provenance.relations.forward(field))
        # In a library (a template, say) one line touches for many: its place says nothing.
        place.near = is_app(frame.f_code)
        return place

    def _refresh(self, original: Function, patch: Patch) -> Function:
        def refresh_from_db(instance: Any, *args: Any, **kwargs: Any) -> Any:
            step = self._deferred_step(instance, kwargs, _getframe(1)) if patch.on else None
            if step is None:
                return original(instance, *args, **kwargs)
            try:
                intent = self._hand.intent
                intent.lazy, intent.direct = (step, instance), True
            except Exception:
                self._guard.failed()
                return original(instance, *args, **kwargs)
            try:
                return original(instance, *args, **kwargs)
            finally:
                intent.lazy, intent.direct = None, False

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
