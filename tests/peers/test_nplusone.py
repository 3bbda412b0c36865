"""The relation cases of nplusone 1.0.0 (`tests/testapp`), as a table, over `capture()`.

What it does that is not ours: it speaks up at the first lazy load from a queryset of several rows
(`list(cards)[0].member`), where we wait until the load is repeated from row to row; and at eager
loading that goes unused within one request, which another request may need.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from djscope.testing import capture

Rows = Callable[[Any], Any]
Touch = Callable[[Any], object]

# Rows, what is touched of each, and what nplusone calls that.
LAZY: dict[str, tuple[Rows, Touch, str]] = {
    "one to one": (lambda m: m.Card.objects, lambda c: c.member, "Card.member"),
    "one to one, reverse": (lambda m: m.Member.objects, lambda a: a.card, "Member.card"),
    "many to one": (lambda m: m.Work.objects, lambda w: w.writer, "Work.writer"),
    "one to many": (lambda m: m.Member.objects, lambda a: list(a.works.all()), "Member.works"),
    "one to many, first": (lambda m: m.Member.objects, lambda a: a.works.first(), "Member.works"),
    "one to many, no related name": (
        lambda m: m.Member.objects, lambda a: a.shelf_set.first(), "Member.shelf_set",
    ),
    "many to many": (lambda m: m.Work.objects, lambda w: list(w.tags.all()), "Work.tags"),
    "many to many, reverse": (
        lambda m: m.Tag.objects, lambda t: list(t.works.all()), "Tag.works",
    ),
    "many to many, no related name": (
        lambda m: m.Work.objects, lambda w: w.shelf_set.first(), "Work.shelf_set",
    ),
    "deferred": (lambda m: m.Work.objects.defer("blurb"), lambda w: w.blurb, "Work.blurb"),
    "only": (lambda m: m.Work.objects.only("title"), lambda w: w.blurb, "Work.blurb"),
}  # fmt: skip

EAGER: dict[str, tuple[Rows, Touch]] = {
    "one to one, joined": (
        lambda m: m.Card.objects.select_related("member"), lambda c: c.member,
    ),
    "one to one, prefetched": (
        lambda m: m.Card.objects.prefetch_related("member"), lambda c: c.member,
    ),
    "one to one, reverse, joined": (
        lambda m: m.Member.objects.select_related("card"), lambda a: a.card,
    ),
    "one to one, reverse, prefetched": (
        lambda m: m.Member.objects.prefetch_related("card"), lambda a: a.card,
    ),
    "many to one, joined": (lambda m: m.Work.objects.select_related("writer"), lambda w: w.writer),
    "many to one, prefetched": (
        lambda m: m.Work.objects.prefetch_related("writer"), lambda w: w.writer,
    ),
    "one to many, prefetched": (
        lambda m: m.Member.objects.prefetch_related("works"), lambda a: list(a.works.all()),
    ),
    "many to many, prefetched": (
        lambda m: m.Work.objects.prefetch_related("tags"), lambda w: list(w.tags.all()),
    ),
    "many to many, reverse, prefetched": (
        lambda m: m.Tag.objects.prefetch_related("works"), lambda t: list(t.works.all()),
    ),
    "many to many, no related name, prefetched": (
        lambda m: m.Work.objects.prefetch_related("shelf_set"), lambda w: w.shelf_set.all()[0],
    ),
    "nested, joined": (
        lambda m: m.Work.objects.select_related("writer__card"), lambda w: w.writer.card,
    ),
    "nested, prefetched": (
        lambda m: m.Work.objects.prefetch_related("writer__card"), lambda w: w.writer.card,
    ),
    "joined, not used": (lambda m: m.Work.objects.select_related("writer"), lambda w: w.title),
    "prefetched, not used": (lambda m: m.Work.objects.prefetch_related("tags"), lambda w: w.title),
    "nested, not used": (
        lambda m: m.Work.objects.prefetch_related("writer__card"), lambda w: w.title,
    ),
    "values": (lambda m: m.Work.objects.values("pk"), lambda row: row["pk"]),
    "a relation of the class": (lambda m: m.Member.objects, lambda a: type(a).card),
}  # fmt: skip


@pytest.mark.parametrize("case", LAZY)
def test_what_each_row_loads_lazily_is_one_finding(library: Any, case: str) -> None:
    """Of the relation that nplusone names, with the line where the rows were loaded."""
    rows, touch, relation = LAZY[case]
    with capture() as found:
        for row in rows(library).all():
            touch(row)
    (finding,) = found.findings

    assert (finding.kind, finding.relation) == ("n_plus_one", relation)
    assert finding.origin is not None
    assert finding.origin.short.startswith("peers/test_nplusone.py:")


@pytest.mark.parametrize("case", LAZY)
def test_what_one_row_loads_is_none(library: Any, case: str) -> None:
    """Loaded by `first()`, by `get()`, or one of a list; also beside a list of the same rows."""
    rows, touch, _ = LAZY[case]
    with capture(n_plus_one=2, query_loop=2) as found:
        touch(rows(library).order_by("pk").first())
        one = rows(library).order_by("-pk").first()
        same = rows(library).get(pk=one.pk)
        everyone = list(rows(library).all())
        touch(same)
        touch(everyone[0])

    assert found.findings == []
    assert found.queries == 7


@pytest.mark.parametrize("case", EAGER)
def test_what_is_loaded_with_the_rows_is_none(library: Any, case: str) -> None:
    """Joined or prefetched, whether it is used or not, whether there are rows or not."""
    rows, touch = EAGER[case]
    with capture(n_plus_one=2, query_loop=2) as found:
        for row in rows(library).all():
            touch(row)
        for row in rows(library).filter(pk=-1):
            touch(row)
        touch(rows(library).all()[0])

    assert found.findings == []


def test_a_template_that_goes_through_prefetched_rows_is_none(library: Any) -> None:
    """The loop is Django's, the rows are there."""
    from django.template import Context, Engine

    text = "{% for a in all %}{% for w in a.works.all %}{{ w.title }} {% endfor %}{% endfor %}"
    template = Engine().from_string(text)
    with capture(n_plus_one=2, query_loop=2) as found:
        context = Context({"all": library.Member.objects.prefetch_related("works")})
        assert "n1" in template.render(context)

    assert found.findings == []
