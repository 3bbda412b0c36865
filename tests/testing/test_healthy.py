"""No false verdict: code that repeats queries, or looks as if, and has nothing to mend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from djscope.testing import capture

RELATIONS = {"n_plus_one", "per_instance_prefetch", "prefetch_bypassed"}


def name_of(work: Any) -> str:
    return str(work.writer.name)


def singly(m: Any) -> None:
    """Each row by a line of its own, each asked for its relation."""
    a = m.Work.objects.get(title="n0")
    b = m.Work.objects.filter(title="n1").first()
    c = m.Work.objects.filter(title="n2")[0]
    d = m.Work.objects.order_by("pk").last()
    assert {a.writer.name, b.writer.name}
    assert {c.writer.name, d.writer.name}


def a_helper_from_different_places(m: Any) -> None:
    """As often as is no loop yet."""
    works = [m.Work.objects.get(title="n0")]
    works += [m.Work.objects.get(title="n1")]
    works += [m.Work.objects.get(title="n2")]
    name_of(works[0])
    name_of(works[1])
    name_of(works[2])


def fresh_objects(m: Any) -> None:
    """Nobody loaded them: there is no queryset to mend."""
    first = m.Member.objects.order_by("pk").values_list("pk", flat=True)[0]
    for _ in range(4):
        assert m.Work(writer_id=first + _).writer.name


def validators(m: Any) -> None:
    """A formset whose forms have a unique field, and instances, ask for each."""
    from django.forms import modelformset_factory

    formset = modelformset_factory(m.Card, fields=["number", "member"], extra=8)
    data = {f"form-{n}-number": str(n) for n in range(8)}
    data |= {"form-TOTAL_FORMS": "8", "form-INITIAL_FORMS": "0"}
    forms = formset(data, queryset=m.Card.objects.none())
    assert not forms.is_valid()
    for each in list(m.Card.objects.all()) * 2:
        each.validate_unique()


def prefetch_and_bulk(m: Any) -> None:
    """One call, many batches."""
    titles = [f"bulk {n}" for n in range(24)]
    m.Tag.objects.bulk_create([m.Tag(name=title) for title in titles], batch_size=2)
    made = list(m.Tag.objects.filter(name__in=titles).prefetch_related("works"))
    for tag in made:
        tag.name += "!"
        assert list(tag.works.all()) == []
    m.Tag.objects.bulk_update(made, ["name"], batch_size=2)
    assert len(m.Tag.objects.in_bulk([tag.pk for tag in made])) == 24
    for tag in m.Tag.objects.prefetch_related("works__writer").iterator(chunk_size=2):
        assert all(work.writer for work in tag.works.all())
    m.Tag.objects.filter(pk__in=[tag.pk for tag in made]).delete()


def pagination(m: Any) -> None:
    """A count, and a page: for each of several lists."""
    from django.core.paginator import Paginator

    for rows in (m.Work.objects, m.Member.objects, m.Tag.objects, m.Card.objects):
        page = Paginator(rows.order_by("pk"), 2).page(1)
        assert page.paginator.count >= len(list(page)) == 2


def identical_sql(m: Any) -> None:
    """Two relations make one text; each is loaded from one row."""
    work = m.Work.objects.get(title="n0")
    assert work.writer
    assert work.editor
    another = m.Work.objects.get(title="n1")
    assert another.editor
    assert another.writer


HEALTHY: dict[str, Callable[[Any], None]] = {
    "rows loaded singly": singly,
    "one helper, different places": a_helper_from_different_places,
    "fresh objects": fresh_objects,
    "validators": validators,
    "prefetch and bulk batches": prefetch_and_bulk,
    "pagination and count": pagination,
    "identical SQL": identical_sql,
}


@pytest.mark.parametrize("case", HEALTHY)
def test_healthy_code_is_left_in_peace(library: Any, case: str) -> None:
    """Not one finding."""
    with capture() as found:
        HEALTHY[case](library)

    assert found.report() == ""


def test_validators_of_many_serializers_are_left_in_peace(library: Any) -> None:
    """Each asks whether its value is unique."""
    pytest.importorskip("rest_framework")
    from rest_framework import serializers, validators

    class Numbered(serializers.Serializer):  # type: ignore[type-arg]
        unique = validators.UniqueValidator(library.Card.objects.all())
        number = serializers.IntegerField(validators=[unique])

    with capture() as found:
        assert not Numbered(data=[{"number": n} for n in range(8)], many=True).is_valid()

    assert (found.queries, found.report()) == (8, "")


def test_rows_loaded_singly_in_a_loop_are_a_loop_and_no_relation(library: Any) -> None:
    """What helps is to load them at once; there is no queryset of many rows to mend."""
    titles = [f"n{n % 4}" for n in range(8)]
    with capture() as found:
        for title in titles:
            assert name_of(library.Work.objects.get(title=title))
    kinds = {each.kind for each in found.findings}

    assert kinds
    assert not kinds & RELATIONS


def test_one_helper_from_many_places_is_no_loop(library: Any) -> None:
    """Six lines call it, each once."""
    works = [library.Work.objects.get(title="n0"), library.Work.objects.get(title="n1")]
    works += [library.Work.objects.get(title="n2"), library.Work.objects.get(title="n3")]
    works += [library.Work.objects.get(title="n0"), library.Work.objects.get(title="n1")]
    with capture() as found:
        name_of(works[0])
        name_of(works[1])
        name_of(works[2])
        name_of(works[3])
        name_of(works[4])
        name_of(works[5])

    assert found.report() == ""


def test_relations_with_the_same_sql_are_told_apart(library: Any) -> None:
    """`Work.editor` repeats, `Work.writer` beside it does not."""
    with capture() as found:
        works = list(library.Work.objects.order_by("pk"))
        assert works[0].writer.name
        assert [work.editor.name for work in works]

    assert [each.relation for each in found.findings] == ["Work.editor"]


def test_rows_loaded_before_the_recording_have_no_origin(library: Any) -> None:
    """Nobody saw how: a loop at most, never a relation to mend."""
    works = list(library.Work.objects.order_by("pk")) * 2
    with capture() as found:
        for work in works:
            work.refresh_from_db()
            assert work.writer.name

    assert not {each.kind for each in found.findings} & RELATIONS


def test_peers_that_fetch_together_are_left_in_peace(library: Any) -> None:
    """Django 6.1 loads a relation for all rows at once if it is asked to."""
    models = pytest.importorskip("django.db.models")
    if not hasattr(models, "FETCH_PEERS"):
        pytest.skip("Django before 6.1 has no fetch modes")
    with capture(n_plus_one=2, query_loop=2) as found:
        for work in library.Work.objects.fetch_mode(models.FETCH_PEERS):
            assert work.writer.card.number >= 0
        for work in library.Work.objects.defer("blurb").fetch_mode(models.FETCH_PEERS):
            assert work.blurb is not None
        for note in library.Note.objects.filter(text="x").fetch_mode(models.FETCH_PEERS):
            assert note.about.pk

    assert found.report() == ""
