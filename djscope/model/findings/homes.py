"""Whose queryset it was where no line of the application evaluated it: a ModelAdmin's, a view's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from djscope.model.definitions import NOWHERE, Place, Stack
from djscope.model.finding import Advice

ADMIN, CHANGELIST = "/django/contrib/admin/", "/django/contrib/admin/templatetags/admin_list.py"
JOIN = ".select_related("
VIEWS = ("/django/views/generic/", "/rest_framework/")


class Home(NamedTuple):
    """`name`: of the class, empty for an ordinary line."""

    name: str = ""
    admin: bool = False
    changelist: bool = False

    def adapt(self, advice: Advice) -> Advice:
        """Where a ModelAdmin wants it."""
        if not self.admin or not advice.code:
            return advice
        if self.changelist and advice.code.startswith(JOIN):
            names = advice.code.removeprefix(JOIN).removesuffix(")")
            return Advice(f"{advice.text}: in its list", f"list_select_related = ({names},)")
        text = f"{advice.text}: in its get_queryset(request)"
        return Advice(text, f"return super().get_queryset(request){advice.code}")


def home_of(origin: Place, stack: Stack) -> Home:
    """By what stands beside the origin in the stack of a lazy load: libraries that call it, or that
    it calls. `stack`: innermost first.
    """
    name = origin.function.removeprefix("class ").partition(".")[0]
    if not name[:1].isupper():
        return Home()
    for file in _beside(origin, stack):
        if ADMIN in file:
            return Home(name, True, any(place.file.endswith(CHANGELIST) for place in stack))
        if any(part in file for part in VIEWS):
            return Home(name)
    return Home()


def _beside(origin: Place, stack: Stack) -> Iterator[str]:
    padded = (NOWHERE, *stack, NOWHERE)
    for inner, place, outer in zip(padded, padded[1:], padded[2:], strict=False):
        if place == origin:
            yield inner.file
            yield outer.file
