"""Where no line of the application runs, the class that people recognise is the site."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from djscope_probes import ownership
from djscope_probes.classes import frame_of_class
from djscope_probes.classlines import line_of_class
from djscope_probes.signs import Resolver, of_context
from djscope_probes.wire import StackFrame
from tests.probes.library.cases import ROWS
from tests.probes.lines.conftest import Ask, Asked, line

REST = "Django REST framework is not here: pip install djangorestframework"
GRAPHENE = "graphene-django is not here: pip install graphene-django"
STRAWBERRY = "strawberry is not here: pip install strawberry-graphql"


def sites(found: list[Asked]) -> dict[str, tuple[int, str, str, str]]:
    return {each.path: (each.n, each.where, each.function, each.origin) for each in found}


def test_a_serializer_is_the_site_of_what_its_fields_read(ask: Ask) -> None:
    """The nested one where it is nearer; the rows are its view's, which is in the stack."""
    pytest.importorskip("rest_framework", reason=REST)
    found = ask("api", "/works/")
    work, view = line("api.py", "class WorkSerializer"), line("api.py", "class WorkList")
    member = line("api.py", "class MemberSerializer")

    assert sites(found) == {
        "": (1, view, "class WorkList", ""),
        "writer": (ROWS, work, "class WorkSerializer", view),
        "tags": (ROWS, work, "class WorkSerializer", view),
        "writer__follows": (ROWS, member, "class MemberSerializer", view),
    }
    assert [each.stack[:3] for each in found if each.path == "writer__follows"] == [
        [member, work, view]
    ]


def test_serializers_with_the_same_sql_are_told_apart(ask: Ask) -> None:
    """Also when they are remembered: their frames are alike, so the class is asked for."""
    pytest.importorskip("rest_framework", reason=REST)
    for _ in range(2):
        for name in ("Edited", "Written"):
            found = ask("api", f"/{name.lower()}/")
            (lazy,) = (each for each in found if each.path)
            assert lazy.where == line("api.py", f"class {name}Serializer")
            assert lazy.origin == line("api.py", f"class {name}List")


@pytest.mark.parametrize(
    ("page", "text"), [("/own/", "str(work.writer.name)"), ("/view/", "many=True).data")]
)
def test_a_line_of_the_application_comes_before_any_class(ask: Ask, page: str, text: str) -> None:
    """A serializer's own method, a view's own handler; also after others had the class as site."""
    pytest.importorskip("rest_framework", reason=REST)
    ask("api", "/written/")
    (lazy,) = (each for each in ask("api", page) if each.path)

    assert lazy.where == line("api.py", text)


def test_a_list_of_the_admins_is_its_model_admin(ask: Ask) -> None:
    """Rows are loaded and columns read by Django alone, in a middleware of the application."""
    for _ in range(2):
        found = ask("backstage", "/admin/library/work/")
        admin = line("backstage.py", "class WorkAdmin")

        assert sites(found)["editor"] == (ROWS, admin, "class WorkAdmin", admin)
        assert {each.where for each in found} == {admin}


def test_a_method_of_a_model_admin_is_a_line_as_any(ask: Ask) -> None:
    """The column that counts."""
    found = ask("backstage", "/admin/library/member/")
    (lazy,) = (each for each in found if each.path)

    assert lazy.where == line("backstage.py", "member.works.count()")
    assert lazy.origin == line("backstage.py", "class MemberAdmin")


def test_a_graphene_field_is_its_type_and_name(ask: Ask) -> None:
    """Default resolvers are the library's."""
    pytest.importorskip("graphene_django", reason=GRAPHENE)
    for _ in range(2):
        found = sites(ask("graphs", "/graphql/", "{works{title writer{name}}}"))
        query = line("graphs.py", "class Query")

        assert found[""] == (1, query, "field Query.works", "")
        assert found["writer"] == (
            ROWS, line("graphs.py", "class WorkType"), "field WorkType.writer", query
        )  # fmt: skip


def test_a_strawberry_field_is_its_type_and_name(ask: Ask) -> None:
    """A resolver of the application's own is a line as any."""
    pytest.importorskip("strawberry", reason=STRAWBERRY)
    found = sites(ask("berries", "/graphql/", "{works{title writer{name}}}"))
    rows = line("berries.py", "Work.objects")

    assert found[""][1] == rows
    count, where, function, origin = found["writer"]
    assert (count, function, origin) == (ROWS, "field Writing.writer", rows)
    # A decorated class begins with its decorator where Python knows its line (3.13).
    number = int(line("berries.py", "class Writing").partition(":")[2])
    assert where in (f"berries.py:{number}", f"berries.py:{number - 1}")


def test_a_field_of_no_class_is_named_alone() -> None:
    """A schema that was written as a text: graphql-core's own, ariadne's."""
    graphql = pytest.importorskip("graphql", reason="pip install graphql-core")
    told: list[object] = []

    def resolve(source: object, info: object) -> str:
        told.append(info)
        return "x"

    schema = graphql.build_schema("type Query { title: String }")
    assert graphql.graphql_sync(schema, "{title}", field_resolver=resolve).errors is None
    local = {"info": told[0]}

    assert Resolver().key(local) == ("Query", "title")
    assert Resolver().frame(local) == StackFrame("", 0, "field Query.title", True)


def test_a_response_is_named_by_who_made_its_context() -> None:
    """It is rendered when the view has returned: of the admin, a generic view, an API."""

    class Admin: ...

    class View: ...

    def named(**fields: object) -> type | None:
        return of_context({"self": SimpleNamespace(**fields)})

    listed = SimpleNamespace(model_admin=Admin())
    assert named(context_data={"view": View()}) is View
    assert named(context_data={"cl": listed, "view": View()}) is Admin
    assert named(context_data={"adminform": listed}) is Admin
    assert named(context_data=None, renderer_context={"view": View()}) is View
    assert named(context_data={"books": []}) is None
    assert named(context_data=listed) is None
    assert named() is None


SOURCE = '''
"""class Mentioned: not at the beginning of a line."""


class Outer(
    Base,
):
    x = 1

    class Meta:
        a = 1

    class Inner(Base):
        class Meta:
            b = 1


class Other:
    class Meta:
        c = 1


def made():
    class Local:
        pass


if x:
    class Twice:
        pass
else:
    class Twice:
        pass
'''


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Outer", "class Outer("), ("Outer.Meta", "a = 1"), ("Outer.Inner", "class Inner"),
        ("Outer.Inner.Meta", "b = 1"), ("Other.Meta", "c = 1"), ("Local", "class Local"),
        ("Other.field", "class Other:"), ("Twice", ""), ("Mentioned", ""), ("Absent", ""),
    ],
)  # fmt: skip
def test_a_class_statement_is_found_in_its_source(name: str, text: str) -> None:
    """By its name and what it is nested in; 0 where there is none, or a choice."""
    lines = SOURCE.splitlines()
    expected = next((at for at, each in enumerate(lines, 1) if text and text in each), 0)
    if text.endswith("= 1"):
        expected -= 1  # the statement above

    assert line_of_class(SOURCE, name) == expected


def test_a_class_of_no_file_has_its_name_alone() -> None:
    """A type that somebody made at run time is no line of the application."""
    made = type("Made", (), {"__module__": "nowhere.at.all"})

    assert frame_of_class(made)[:4] == ("", 0, "class Made", False)
    assert not frame_of_class(dict, "field").app
    assert ownership.is_app_file(__file__)
