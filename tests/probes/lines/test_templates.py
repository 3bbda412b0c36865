"""A query of a template's is at the template's line, unless application code lies inside of it."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from django.template.defaulttags import ForNode

from djscope_probes.arming import Armament
from djscope_probes.instruments.queries import QueriesInstrument
from djscope_probes.stacks import template_line
from djscope_probes.units import Unit
from tests.probes.library.cases import ROWS
from tests.probes.lines.conftest import HERE, Ask, Asked, line

FILES = "django.template.loaders.filesystem.Loader"
LIST, JINJA = "templates/lines/list.html", "jinja/list.html"
TWICE = "templates/lines/twice.html"
VIEW = line("pages.py", 'return render(request, f"lines/{name}.html", {"works": works, "tags"')


def by_path(found: list[Asked]) -> dict[str, Asked]:
    return {each.path: each for each in found}


def remembered(armament: Armament) -> int:
    """How many shapes the query instrument knows."""
    (queries,) = (each for each in armament._instruments if isinstance(each, QueriesInstrument))
    return sum(map(len, queries._sites._seen.values()))


def test_two_lines_with_the_same_sql_are_two_sites(ask: Ask) -> None:
    """And the rows come from the line of the `{% for %}`; the view stays in the stack."""
    found = by_path(ask("pages", "/pages/list/"))
    rows = line(LIST, "{% for work in works %}")

    assert [(each.n, each.where, each.origin) for each in found.values()] == [
        (1, rows, ""),
        (ROWS, line(LIST, "work.editor"), rows),
        (ROWS, line(LIST, "work.writer"), rows),
    ]
    assert found["editor"].function == "template"
    assert found["editor"].stack[:3] == [line(LIST, "work.editor"), rows, VIEW]


@pytest.mark.parametrize("page", ["/pages/list/", "/pages/including/"])
def test_a_remembered_line_is_found_again(ask: Ask, armament: Armament, page: str) -> None:
    """The same each time, and nothing new to remember."""
    ask("pages", page)  # what is loaded by it is wrapped then
    first = ask("pages", page)
    known = remembered(armament)

    assert ask("pages", page) == first
    assert remembered(armament) == known


def test_an_included_template_is_the_site(ask: Ask) -> None:
    """Nearer than the line that includes it, which is in the stack."""
    found = by_path(ask("pages", "/pages/including/"))["writer"]
    for_line = line("templates/lines/including.html", "{% for")

    assert found.where == line("templates/lines/row.html", "work.writer")
    assert found.origin == for_line
    assert found.stack[1:3] == [line("templates/lines/including.html", "{% include"), for_line]


def test_blocks_belong_to_the_template_that_wrote_them(ask: Ask) -> None:
    """What a page extends asks for its own; `{% extends %}` itself asks for nothing."""
    found = ask("pages", "/pages/extending/")
    child, base = "templates/lines/extending.html", "templates/lines/base.html"

    assert {each.where for each in found} == {
        line(child, "work.writer"), line(child, "{% for work"), line(base, "tag.name")
    }  # fmt: skip
    assert all(line(child, "{% extends") not in each.stack for each in found)


def test_application_code_inside_of_a_template_is_the_site(ask: Ask) -> None:
    """A template tag, a property; the template's line is next in the stack."""
    found = by_path(ask("pages", "/calling/"))
    page = "templates/lines/calling.html"

    assert found["writer"].where == line("tags.py", "work.writer.name")
    assert found["writer"].stack[1] == line(page, "writer_of")
    assert found["editor"].where == line("pages.py", "self._work.editor.name")
    assert found["editor"].stack[1] == line(page, "each.editor")


@pytest.mark.parametrize("name", ["list", "including"])
def test_what_is_loaded_already_is_not_asked_for(ask: Ask, name: str) -> None:
    """A template that goes through joined relations makes the one query that loads the rows."""
    assert [(each.n, each.path) for each in ask("pages", f"/joined/{name}/")] == [(1, "")]


def test_a_template_without_a_file_is_its_views_line(ask: Ask) -> None:
    """Nobody could open it."""
    found = ask("pages", "/string/")

    assert {each.where for each in found} == {line("pages.py", "HttpResponse(template.render")}


def test_templates_that_are_compiled_each_time_are_the_same_lines(
    ask: Ask, armament: Armament, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nodes come and go: they are known by what they say, not by what they are."""
    from tests.probes.lines import conftest

    loaders = [("django.template.loaders.filesystem.Loader", [conftest.HERE / "templates"])]
    options = {**conftest.DJANGO["OPTIONS"], "loaders": loaders}
    fresh = {**conftest.DJANGO, "APP_DIRS": False, "OPTIONS": options}
    monkeypatch.setattr(conftest, "DJANGO", fresh)
    ask("pages", "/pages/list/")
    first = ask("pages", "/pages/list/")
    known = remembered(armament)
    again = [ask("pages", "/pages/list/") for _ in range(3)]

    assert again == [first] * 3
    assert [each.where for each in first if each.path == "editor"] == [line(LIST, "work.editor")]
    assert remembered(armament) == known


def test_deep_tells_lines_of_a_template_apart(ask: Ask, armament: Armament) -> None:
    """Although all Python frames stand at the same lines."""
    watched = ask("pages", "/pages/list/")
    armament.deepen([("process", "web/1@1")], "web/1@1")
    deep = [ask("pages", "/pages/list/") for _ in range(2)]

    assert deep == [watched, watched]


def test_deep_tells_lines_apart_that_call_the_same_property(ask: Ask, armament: Armament) -> None:
    """Its own line is the site of both; the lines of the template stand behind it."""
    (watched,) = (each for each in ask("pages", "/twice/") if each.path)
    armament.deepen([("process", "web/1@1")], "web/1@1")
    deep = [each for each in ask("pages", "/twice/") if each.path]
    property_line = line("pages.py", "self._work.editor.name")

    assert (watched.where, watched.n) == (property_line, ROWS)
    assert {each.where for each in deep} == {property_line}
    assert sorted(each.n for each in deep) == [ROWS // 2, ROWS - ROWS // 2]
    assert {each.stack[1] for each in deep} == {line(TWICE, "}}!"), line(TWICE, "}}?")}


def test_jinja2_lines_are_those_of_the_template(ask: Ask) -> None:
    """Not of the Python that it was compiled to; macros are lines of their own."""
    pytest.importorskip("jinja2", reason="Jinja2 is not here: pip install jinja2")
    found = by_path(ask("pages", "/jinja/"))
    rows = line(JINJA, "{% for")

    assert (found["writer"].where, found["writer"].origin) == (line(JINJA, "work.writer"), rows)
    assert (found["editor"].where, found["editor"].origin) == (line(JINJA, "work.editor"), rows)
    assert found["editor"].stack[1] == line(JINJA, "row(work) }}")
    assert found["editor"].function == "template"


@pytest.mark.parametrize(
    ("info", "compiled", "expected"),
    [
        ("1=8&3=12&9=30", 8, 1), ("1=8&3=12&9=30", 11, 1), ("1=8&3=12&9=30", 12, 3),
        ("1=8&3=12&9=30", 99, 9), ("1=8", 3, 1), ("", 3, 1), (None, 3, 1),
    ],
)  # fmt: skip
def test_the_line_of_a_compiled_line(info: Any, compiled: int, expected: int) -> None:
    """The last one that began before, as Jinja2 itself reads it."""
    assert template_line({"debug_info": info}, compiled) == expected


def test_a_view_class_is_named_where_it_only_renders(ask: Ask) -> None:
    """The paginator counts for the class; the rows are the template's."""
    found = ask("pages", "/works/")

    assert line("pages.py", "class Works(") in [each.where for each in found if not each.path]
    assert by_path(found)["writer"].where == line(LIST, "work.writer")


def test_nothing_of_a_template_is_kept(library: Any, unit: Unit) -> None:
    """Its nodes go with it, although its lines are remembered."""
    from django.template import Context, Engine

    engine = Engine(dirs=[str(HERE / "templates")], loaders=[FILES])
    template = engine.get_template("lines/list.html")
    nodes = [weakref.ref(node) for node in template.nodelist.get_nodes_by_type(ForNode)]
    template.render(Context({"works": library.Work.objects.order_by("pk")}))
    assert nodes
    del template
    gc.collect()

    assert unit.queries == 1 + 2 * ROWS
    assert [node() for node in nodes] == [None] * len(nodes)
