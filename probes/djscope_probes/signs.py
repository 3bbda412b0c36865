"""Library frames that stand for something people recognise: a template's line, a serializer class.

A sign is known by its frame's code and reads the frame's locals. What it names is compared by its
`key`, names and numbers: an object would have to be kept, and an id may be another's later.
A further library is one more line in `SIGNS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from djscope_probes import landmarks
from djscope_probes.classes import frame_of_class, name_of_class
from djscope_probes.ownership import is_app_file
from djscope_probes.wire import StackFrame

Key = tuple[object, ...]
Locals = Mapping[str, Any]
TEMPLATE = "template"


class Sign(Protocol):
    """What a frame of a library's stands for.

    `line`: it is a line that somebody wrote, as good as a line of code. A class is second to those.
    """

    line: bool

    def key(self, local: Locals) -> Key:
        """What tells it from others with the same code; empty if there is nothing to name."""
        ...

    def frame(self, local: Locals) -> StackFrame:
        """As it stands in a stack, where there is a key."""
        ...


class TemplateLine:
    """`Node.render_annotated`: nodes know their template and line with debug off, too.

    `{% extends %}` renders a whole page: what happens there is no doing of its line.
    """

    line = True

    def key(self, local: Locals) -> Key:
        node = local["self"]
        if type(node).__name__ == "ExtendsNode":
            return ()
        token, origin = node.token, node.origin
        return (origin.name, token.lineno) if token is not None and origin is not None else ()

    def frame(self, local: Locals) -> StackFrame:
        node = local["self"]
        file = str(node.origin.name)
        return StackFrame(file, int(node.token.lineno), TEMPLATE, is_app_file(file))


class Class:
    """A class found in a frame's locals."""

    line = False

    def __init__(self, find: Callable[[Locals], type | None]) -> None:
        self._find = find

    def key(self, local: Locals) -> Key:
        found = self._find(local)
        return (found.__module__, name_of_class(found)) if found is not None else ()

    def frame(self, local: Locals) -> StackFrame:
        found = self._find(local)
        assert found is not None
        return frame_of_class(found)


class Resolver:
    """graphql-core's `execute_field`: a field of a type, which others made of a class.

    graphene 3: `GrapheneObjectType.graphene_type`; strawberry: the definition in `extensions`.
    """

    line = False

    def key(self, local: Locals) -> Key:
        info = local.get("info")
        return (info.parent_type.name, info.field_name) if info is not None else ()

    def frame(self, local: Locals) -> StackFrame:
        info = local["info"]
        owner, name = info.parent_type, str(info.field_name)
        found = owner.__dict__.get("graphene_type")
        if found is None:
            definition = owner.extensions.get("strawberry-definition")
            found = getattr(definition, "origin", None)
        if isinstance(found, type):
            return frame_of_class(found, name)
        return StackFrame("", 0, f"field {owner.name}.{name}", True)


def type_of(*path: str) -> Callable[[Locals], type | None]:
    """The type of a local, or of an attribute that is the instance's own."""

    def find(local: Locals) -> type | None:
        value = local.get(path[0])
        for name in path[1:]:
            value = getattr(value, "__dict__", {}).get(name)
        return type(value) if value is not None else None

    return find


def of_context(local: Locals) -> type | None:
    """Of a response that is rendered when its view has returned: who made its context.

    `view` is a generic view's (`ContextMixin`) or REST framework's, `cl` and `adminform` are a
    ModelAdmin's.
    """
    response = local["self"].__dict__
    context = response.get("context_data") or response.get("renderer_context")
    if type(context) is not dict:
        return None
    return next(filter(None, (find(context) for find in _IN_CONTEXT)), None)


_IN_CONTEXT = (type_of("cl", "model_admin"), type_of("adminform", "model_admin"), type_of("view"))
_SELF = Class(type_of("self"))
_LIST = Class(type_of("cl", "model_admin"))
# Module, function, sign. Names checked in Django 4.2 to 6.1, Django REST framework 3.15 to 3.18,
# graphql-core 3.2.
SIGNS: tuple[tuple[str, str, Sign], ...] = (
    ("django.template.base", "Node.render_annotated", TemplateLine()),
    ("django.template.response", "SimpleTemplateResponse.render", Class(of_context)),
    ("django.views.generic.base", "View.dispatch", _SELF),
    ("django.contrib.admin.options", "ModelAdmin.changelist_view", _SELF),
    ("django.contrib.admin.options", "ModelAdmin._changeform_view", _SELF),
    ("django.contrib.admin.options", "ModelAdmin._delete_view", _SELF),
    ("django.contrib.admin.options", "ModelAdmin.history_view", _SELF),
    (
        "django.contrib.admin.views.autocomplete", "AutocompleteJsonView.get",
        Class(type_of("self", "model_admin")),
    ),
    ("django.contrib.admin.templatetags.admin_list", "results", _LIST),
    ("django.contrib.admin.templatetags.admin_list", "items_for_result", _LIST),
    ("rest_framework.serializers", "Serializer.to_representation", _SELF),
    ("rest_framework.views", "APIView.dispatch", _SELF),
    ("graphql.execution.execute", "ExecutionContext.execute_field", Resolver()),
)  # fmt: skip


class Told(NamedTuple):
    """What a sign says of one frame."""

    key: Key
    frame: StackFrame


def told(sign: Sign, local: Locals) -> Told | None:
    """None where there is nothing to name, or something else than what was expected."""
    try:
        key = sign.key(local)
        return Told(key, sign.frame(local)) if key else None
    except Exception:  # a library of another version
        return None


def key_of(sign: Sign, local: Locals) -> Key:
    """Empty where there is nothing to name, or something else than what was expected."""
    try:
        return sign.key(local)
    except Exception:  # a library of another version
        return ()


def known() -> dict[int, Sign]:
    """id(code) → sign, of the libraries that this process has loaded."""
    found: dict[int, Sign] = {}
    for module, path, sign in SIGNS:
        owner = landmarks.loaded(module)
        *outer, name = path.split(".")
        for part in outer:
            owner = getattr(owner, part, None)
        code = landmarks.code_of(owner, name) if owner is not None else None
        if code is not None:
            found[id(code)] = sign
    return found
