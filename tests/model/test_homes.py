"""Where advice is to be written that no line of the application evaluates a queryset for."""

from __future__ import annotations

import pytest

from djscope.feed.shapes import Relation, StackFrame
from djscope.model.finding import Finding
from tests.model.scene import Scene, lazy

LIB = "/lib/site-packages"
LIST = StackFrame(f"{LIB}/django/contrib/admin/templatetags/admin_list.py", 330, "results", False)
OPTIONS = StackFrame(f"{LIB}/django/contrib/admin/options.py", 1700, "ModelAdmin._view", False)
GENERIC = StackFrame(f"{LIB}/rest_framework/generics.py", 203, "ListAPIView.get", False)
SHORTCUTS = StackFrame(f"{LIB}/django/shortcuts.py", 24, "render", False)
CODE = '.select_related("author")'


def found(beside: StackFrame, name: str = "BookAdmin", relation: str = "rfk") -> Finding:
    """An N+1 whose rows were loaded for `name`, with `beside` next to it in the stack."""
    scene = Scene()
    owner = StackFrame("/app/shop/admin.py", 12, name, True)
    scene.session.define("lowner", owner)
    scene.session.define("sowner", [beside, owner])
    tags = Relation("Book", "tags", "tags", "m2m", "Book", "Tag", "books")
    scene.session.define("rtags", tags)
    ids = {"origin_id": "lowner", "stack_id": "sowner", "relation_id": relation}
    scene.request(lazy(**ids, access="get" if relation == "rfk" else ""))
    return scene.findings("n_plus_one")[0]


@pytest.mark.parametrize(
    ("beside", "relation", "code"),
    [
        (LIST, "rfk", 'list_select_related = ("author",)'),
        (LIST, "rtags", 'return super().get_queryset(request).prefetch_related("tags")'),
        (OPTIONS, "rfk", f"return super().get_queryset(request){CODE}"),
        (GENERIC, "rfk", CODE),
    ],
    ids=["list", "list, prefetched", "form", "view"],
)
def test_the_class_whose_queryset_it_is_gets_the_advice(
    beside: StackFrame, relation: str, code: str
) -> None:
    """A ModelAdmin joins by `list_select_related`, and else in `get_queryset`; a view as it is."""
    (advice,) = found(beside, relation=relation).advice

    assert advice == found(beside, "class BookAdmin", relation).advice[0]
    assert advice.code == code
    assert "of BookAdmin (shop/admin.py:12)" in advice.text


@pytest.mark.parametrize(("beside", "name"), [(SHORTCUTS, "BookList"), (LIST, "books")])
def test_an_ordinary_line_stays_one(beside: StackFrame, name: str) -> None:
    """Neither a function in the admin's stack nor a class beside something else."""
    (advice,) = found(beside, name).advice

    assert advice.code == CODE
    assert "evaluated at shop/admin.py:12" in advice.text
