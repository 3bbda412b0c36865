"""Each advice is applied as it stands: the finding is gone, the result is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pytest

from djscope.testing import Capture, capture

Use = Callable[[Iterable[Any]], list[Any]]


class Case(NamedTuple):
    """`root` loads the rows, `use` goes on from each of them; the finding says `code`.

    `mended` uses what the code brings along, where that is not the same attribute; `rest` stands
    for `…` in it.
    """

    root: str
    use: Use
    kind: str
    code: str
    mended: Use | None = None
    rest: str = ""


WORKS, MEMBERS, CARDS = "m.Work.objects.all()", "m.Member.objects.all()", "m.Card.objects.all()"
CASES = {
    "foreign key": Case(
        WORKS, lambda rows: [w.writer.name for w in rows], "n_plus_one",
        '.select_related("writer")',
    ),
    "a chain": Case(
        CARDS, lambda rows: [c.member.card.number for c in rows], "n_plus_one",
        '.select_related("member")',
    ),
    "its other side": Case(
        MEMBERS, lambda rows: [[w.title for w in a.works.all()] for a in rows], "n_plus_one",
        '.prefetch_related("works")',
    ),
    "counted": Case(
        MEMBERS, lambda rows: [a.works.count() for a in rows], "n_plus_one",
        '.annotate(works_count=Count("works"))',
        lambda rows: [a.works_count for a in rows],
    ),
    "tested": Case(
        MEMBERS, lambda rows: [a.works.exists() for a in rows], "n_plus_one",
        '.annotate(has_works=Exists(Work.objects.filter(writer=OuterRef("pk"))))',
        lambda rows: [a.has_works for a in rows],
    ),
    "aggregated": Case(
        MEMBERS, lambda rows: [a.works.aggregate(n=Sum("pk"))["n"] for a in rows], "n_plus_one",
        '.annotate(works_total=Sum("works__…"))',
        lambda rows: [a.works_total for a in rows], "pk",
    ),
    "narrowed": Case(
        MEMBERS, lambda rows: [[w.title for w in a.works.filter(title="n1")] for a in rows],
        "n_plus_one",
        '.prefetch_related(Prefetch("works", queryset=Work.objects.filter(…),'
        ' to_attr="some_works"))',
        lambda rows: [[w.title for w in a.some_works] for a in rows], 'title="n1"',
    ),
    "past a prefetch": Case(
        MEMBERS + '.prefetch_related("works")',
        lambda rows: [[w.title for w in a.works.filter(title="n1")] for a in rows],
        "prefetch_bypassed",
        '.prefetch_related(Prefetch("works", queryset=Work.objects.filter(…),'
        ' to_attr="some_works"))',
        lambda rows: [[w.title for w in a.some_works] for a in rows], 'title="n1"',
    ),
    "many to many": Case(
        WORKS, lambda rows: [sorted(t.name for t in w.tags.all()) for w in rows], "n_plus_one",
        '.prefetch_related("tags")',
    ),
    "many to many, tested": Case(
        WORKS, lambda rows: [w.tags.exists() for w in rows], "n_plus_one",
        '.annotate(has_tags=Exists(Tag.objects.filter(works=OuterRef("pk"))))',
        lambda rows: [w.has_tags for w in rows],
    ),
    "many to many, the other side": Case(
        "m.Tag.objects.all()", lambda rows: [t.works.exists() for t in rows], "n_plus_one",
        '.annotate(has_works=Exists(Work.objects.filter(tags=OuterRef("pk"))))',
        lambda rows: [t.has_works for t in rows],
    ),
    "nested, counted": Case(
        MEMBERS + '.prefetch_related("works")',
        lambda rows: [[w.tags.count() for w in a.works.all()] for a in rows], "n_plus_one",
        '.prefetch_related(Prefetch("works",'
        ' queryset=Work.objects.annotate(tags_count=Count("tags"))))',
        lambda rows: [[w.tags_count for w in a.works.all()] for a in rows],
    ),
    "nested": Case(
        MEMBERS + '.prefetch_related("works")',
        lambda rows: [[w.editor.name for w in a.works.all()] for a in rows], "n_plus_one",
        '.prefetch_related("works__editor")',
    ),
    "one to one, the other side": Case(
        MEMBERS, lambda rows: [a.card.number for a in rows], "n_plus_one",
        '.select_related("card")',
    ),
    "generic foreign key": Case(
        'm.Note.objects.filter(text="x")', lambda rows: [n.about.pk for n in rows], "n_plus_one",
        '.prefetch_related("about")',
    ),
    "generic relation": Case(
        WORKS, lambda rows: [[n.text for n in w.notes.all()] for w in rows], "n_plus_one",
        '.prefetch_related("notes")',
    ),
    "deferred": Case(
        'm.Work.objects.only("title")', lambda rows: [w.blurb for w in rows], "n_plus_one",
        '.only("blurb", …)', rest='"title"',
    ),
}  # fmt: skip


def names(library: Any) -> dict[str, Any]:
    """What advice may name."""
    from django.db.models import Count, Exists, OuterRef, Prefetch

    models = {model.__name__: model for model in library.MODELS}
    tools = {"Count": Count, "Exists": Exists, "OuterRef": OuterRef, "Prefetch": Prefetch}
    return {"m": library, "Sum": Sum, **tools, **models}


def Sum(name: str) -> Any:  # noqa: N802  (Django's name)
    from django.db.models import Sum as DjangoSum

    return DjangoSum(name)


def run(expression: str, use: Use, library: Any) -> tuple[list[Any], Capture]:
    """What comes of it, and what is found."""
    with capture() as found:
        result = use(eval(expression, names(library)))  # our own text
    return result, found


@pytest.mark.parametrize("name", CASES)
def test_the_advice_mends_it(library: Any, name: str) -> None:
    """Word for word, at the queryset that the finding names."""
    case = CASES[name]
    before, found = run(case.root, case.use, library)
    told = [one for one in found.findings if one.kind == case.kind]

    assert [one.advice[0].code for one in told] == [case.code], found.report()
    root = "m.Work.objects.all()" if name == "deferred" else case.root.partition(".prefetch")[0]
    code = case.code.replace("…", case.rest)
    after, left = run(root + code, case.mended or case.use, library)
    assert after == before
    assert [one.kind for one in left.findings] == []
    assert left.queries < found.queries
