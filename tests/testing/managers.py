"""Code that asks a related manager row by row: how many, whether any, which of them."""

from __future__ import annotations

from typing import Any

from tests.testing.cases import MEMBERS, RAW, WORKS, Case, Use

SOME = '.prefetch_related(Prefetch("works", queryset=Work.objects.{}, to_attr="{}_works"))'
N1 = ('title="n1"',)


def kept(name: str) -> Use:
    """All rows of a list that a `to_attr` made, of each row."""
    return lambda rows: [sorted(one.pk for one in getattr(row, name)) for row in rows]


def head(name: str) -> Use:
    """The first of each such list."""
    return lambda rows: [(getattr(row, name) or [None])[0] for row in rows]


PER_ROW = {
    "counted": Case(
        MEMBERS, lambda rows: [a.works.count() for a in rows], "n_plus_one",
        '.annotate(works_count=Count("works"))', lambda rows: [a.works_count for a in rows],
    ),
    "counted, some": Case(
        MEMBERS, lambda rows: [a.works.filter(title="n1").count() for a in rows], "n_plus_one",
        '.annotate(works_count=Count("works", filter=Q(…)))',
        lambda rows: [a.works_count for a in rows], ('works__title="n1"',),
    ),
    "counted, of a joined parent": Case(
        WORKS + '.select_related("writer")', lambda rows: [w.writer.works.count() for w in rows],
        "n_plus_one", '.annotate(works_count=Count("writer__works"))',
        lambda rows: [w.works_count for w in rows],
    ),
    "counted, of a prefetched parent": Case(
        MEMBERS + '.prefetch_related("works")',
        lambda rows: [[w.tags.count() for w in a.works.all()] for a in rows], "n_plus_one",
        '.prefetch_related(Prefetch("works",'
        ' queryset=Work.objects.annotate(tags_count=Count("tags"))))',
        lambda rows: [[w.tags_count for w in a.works.all()] for a in rows], where=MEMBERS + "{}",
    ),
    "counted, of a generic parent": Case(
        'm.Note.objects.filter(text="y")', lambda rows: [n.about.tags.count() for n in rows],
        "n_plus_one",
        '.prefetch_related(GenericPrefetch("about",'
        ' [Work.objects.annotate(tags_count=Count("tags"))]))',
        lambda rows: [n.about.tags_count for n in rows],
    ),
    "counted, from raw()": Case(
        RAW, lambda rows: [w.tags.count() for w in rows], "n_plus_one",
        '.prefetch_related("tags")', lambda rows: [len(w.tags.all()) for w in rows],
    ),
    "tested": Case(
        MEMBERS, lambda rows: [a.works.exists() for a in rows], "n_plus_one",
        '.annotate(has_works=Exists(Work.objects.filter(writer=OuterRef("pk"))))',
        lambda rows: [a.has_works for a in rows],
    ),
    "tested, some": Case(
        MEMBERS, lambda rows: [a.works.filter(title="n1").exists() for a in rows], "n_plus_one",
        '.annotate(has_works=Exists(Work.objects.filter(writer=OuterRef("pk"), …)))',
        lambda rows: [a.has_works for a in rows], N1,
    ),
    "tested, of a joined parent": Case(
        WORKS + '.select_related("writer")', lambda rows: [w.writer.edited.exists() for w in rows],
        "n_plus_one",
        '.annotate(has_edited=Exists(Work.objects.filter(editor=OuterRef("writer__pk"))))',
        lambda rows: [w.has_edited for w in rows],
    ),
    "tested, many to many": Case(
        WORKS, lambda rows: [w.tags.exists() for w in rows], "n_plus_one",
        '.annotate(has_tags=Exists(Tag.objects.filter(works=OuterRef("pk"))))',
        lambda rows: [w.has_tags for w in rows],
    ),
    "tested, the other side": Case(
        "m.Tag.objects.all()", lambda rows: [t.works.exists() for t in rows], "n_plus_one",
        '.annotate(has_works=Exists(Work.objects.filter(tags=OuterRef("pk"))))',
        lambda rows: [t.has_works for t in rows],
    ),
    "tested, symmetrical": Case(
        MEMBERS, lambda rows: [a.friends.exists() for a in rows], "n_plus_one",
        '.annotate(has_friends=Exists('
        'Member.objects.filter(pk=OuterRef("pk"), friends__isnull=False)))',
        lambda rows: [a.has_friends for a in rows],
    ),
    "tested, generic": Case(
        WORKS, lambda rows: [w.notes.exists() for w in rows], "n_plus_one",
        '.annotate(has_notes=Exists(Work.objects.filter(pk=OuterRef("pk"), notes__isnull=False)))',
        lambda rows: [w.has_notes for w in rows],
    ),
    "tested, some generic": Case(
        WORKS, lambda rows: [w.notes.filter(text="y").exists() for w in rows], "n_plus_one",
        '.annotate(has_notes=Exists('
        'Work.objects.filter(pk=OuterRef("pk"), notes__in=Note.objects.filter(…))))',
        lambda rows: [w.has_notes for w in rows], ('text="y"',),
    ),
    "aggregated": Case(
        MEMBERS, lambda rows: [a.works.aggregate(n=Max("pk"))["n"] for a in rows], "n_plus_one",
        '.annotate(works_max=Max("works__id"))', lambda rows: [a.works_max for a in rows],
    ),
    "the first": Case(
        MEMBERS, lambda rows: [a.works.order_by("title").first() for a in rows], "n_plus_one",
        SOME.format('order_by("title")[:1]', "first"), head("first_works"),
    ),
    "the last": Case(
        MEMBERS, lambda rows: [a.works.last() for a in rows], "n_plus_one",
        SOME.format('order_by("-id")[:1]', "last"), head("last_works"),
    ),
    "the first of some": Case(
        MEMBERS, lambda rows: [a.works.filter(title="n1").first() for a in rows], "n_plus_one",
        SOME.format('filter(…).order_by("id")[:1]', "first"), head("first_works"), N1,
    ),
    "the first, generic": Case(
        WORKS, lambda rows: [w.notes.first() for w in rows], "n_plus_one",
        '.prefetch_related(Prefetch("notes", queryset=Note.objects.order_by("id"),'
        ' to_attr="first_notes"))',
        head("first_notes"),
    ),
    "one of them": Case(
        MEMBERS, lambda rows: [a.works.get(blurb="") for a in rows], "n_plus_one",
        SOME.format("filter(…)", "some"), head("some_works"), ('blurb=""',),
    ),
    "narrowed": Case(
        MEMBERS, lambda rows: [[w.pk for w in a.works.filter(title="n1")] for a in rows],
        "n_plus_one",
        SOME.format("filter(…)", "some"), kept("some_works"), N1,
    ),
    "sorted": Case(
        MEMBERS, lambda rows: [[w.pk for w in a.works.order_by("-title")] for a in rows],
        "n_plus_one", SOME.format('order_by("-title")', "some"),
        lambda rows: [[w.pk for w in a.some_works] for a in rows],
    ),
    "sliced": Case(
        MEMBERS, lambda rows: [list(a.works.order_by("pk")[:1]) for a in rows], "n_plus_one",
        SOME.format('order_by("id")[:…]', "some"),
        lambda rows: [a.some_works for a in rows], ("1",),
    ),
    "narrowed, generic": Case(
        WORKS, lambda rows: [[n.pk for n in w.notes.filter(text="y")] for w in rows], "n_plus_one",
        '.prefetch_related(Prefetch("notes", queryset=Note.objects.filter(…),'
        ' to_attr="some_notes"))',
        kept("some_notes"), ('text="y"',),
    ),
    "past a prefetch": Case(
        MEMBERS + '.prefetch_related("works")',
        lambda rows: [[w.pk for w in a.works.filter(title="n1")] for a in rows],
        "prefetch_bypassed", SOME.format("filter(…)", "some"), kept("some_works"), N1,
        where=MEMBERS + "{}",
    ),
}  # fmt: skip


def Max(name: str) -> Any:  # noqa: N802  (Django's name)
    from django.db.models import Max as DjangoMax

    return DjangoMax(name)
