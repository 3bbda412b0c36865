"""Code that loads row by row, the advice it gets, and what becomes of it: relations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Use = Callable[[Iterable[Any]], list[Any]]


class Case(NamedTuple):
    """`root` loads the rows, `use` goes on from each of them; the finding says `code`.

    `mended` uses what the code brings along, where that is not the same attribute; `rest` stands
    for each `…` in turn. `where`: where the code goes, if not after `root`, `{}` being the code.
    """

    root: str
    use: Use
    kind: str
    code: str
    mended: Use | None = None
    rest: tuple[str, ...] = ()
    where: str = ""

    @property
    def place(self) -> str:
        return self.where or f"{self.root}{{}}"


def many(name: str) -> Use:
    """All rows that an attribute leads to, of each row."""
    return lambda rows: [sorted(one.pk for one in getattr(row, name).all()) for row in rows]


def kept(name: str) -> Use:
    """The same of a list that a `to_attr` made."""
    return lambda rows: [sorted(one.pk for one in getattr(row, name)) for row in rows]


def head(name: str) -> Use:
    """The first of each such list."""
    return lambda rows: [(getattr(row, name) or [None])[0] for row in rows]


WORKS, MEMBERS, CARDS = (
    f"m.{model}.objects.order_by('pk')" for model in ("Work", "Member", "Card")
)
SOME = '.prefetch_related(Prefetch("works", queryset=Work.objects.{}, to_attr="{}_works"))'
RAW = 'm.Work.objects.raw("SELECT * FROM library_work")'
N1 = ('title="n1"',)

FOREIGN_KEYS = {
    "foreign key": Case(
        WORKS, lambda rows: [w.writer.name for w in rows], "n_plus_one",
        '.select_related("writer")',
    ),
    "another with the same SQL": Case(
        WORKS, lambda rows: [w.editor.name for w in rows], "n_plus_one",
        '.select_related("editor")',
    ),
    "one to one": Case(
        CARDS, lambda rows: [c.member.name for c in rows], "n_plus_one",
        '.select_related("member")',
    ),
    "one to one, there and back": Case(
        CARDS, lambda rows: [c.member.card.number for c in rows], "n_plus_one",
        '.select_related("member")',
    ),
    "one to one, the other side": Case(
        MEMBERS, lambda rows: [a.card.number for a in rows], "n_plus_one",
        '.select_related("card")',
    ),
    "from a joined parent": Case(
        WORKS + '.select_related("writer")', lambda rows: [w.writer.card.number for w in rows],
        "n_plus_one", '.select_related("writer__card")',
    ),
    "from a prefetched parent": Case(
        MEMBERS + '.prefetch_related("works")',
        lambda rows: [[w.editor.name for w in a.works.all()] for a in rows], "n_plus_one",
        '.prefetch_related("works__editor")',
    ),
    "from an iterator": Case(
        "m.Work.objects.iterator()", lambda rows: [w.writer.name for w in rows], "n_plus_one",
        '.select_related("writer")', where="m.Work.objects{}.iterator()",
    ),
    "from raw()": Case(
        RAW, lambda rows: [w.writer.name for w in rows], "n_plus_one",
        '.prefetch_related("writer")',
    ),
    "from in_bulk()": Case(
        "m.Work.objects.in_bulk().values()", lambda rows: [w.writer.name for w in rows],
        "n_plus_one", '.select_related("writer")', where="m.Work.objects{}.in_bulk().values()",
    ),
    "of an inherited model": Case(
        "m.Novel.objects.all()", lambda rows: [n.writer.name for n in rows], "n_plus_one",
        '.select_related("writer")',
    ),
    "a child's columns": Case(
        WORKS, lambda rows: [w.novel.chapters for w in rows], "n_plus_one",
        '.select_related("novel")',
    ),
    "in another database": Case(
        'm.Work.objects.using("other")', lambda rows: [w.writer.name for w in rows], "n_plus_one",
        '.select_related("writer")',
    ),
    "generic foreign key": Case(
        'm.Note.objects.filter(text="x")', lambda rows: [n.about.pk for n in rows], "n_plus_one",
        '.prefetch_related("about")',
    ),
}  # fmt: skip

TO_MANY = {
    "its other side": Case(MEMBERS, many("works"), "n_plus_one", '.prefetch_related("works")'),
    "many to many": Case(WORKS, many("tags"), "n_plus_one", '.prefetch_related("tags")'),
    "many to many, the other side": Case(
        "m.Tag.objects.all()", many("works"), "n_plus_one", '.prefetch_related("works")'
    ),
    "to the same model": Case(MEMBERS, many("follows"), "n_plus_one",
        '.prefetch_related("follows")',
    ),
    "to the same model, the other side": Case(
        MEMBERS, many("followers"), "n_plus_one", '.prefetch_related("followers")'
    ),
    "to the same model, symmetrical": Case(
        MEMBERS, many("friends"), "n_plus_one", '.prefetch_related("friends")'
    ),
    "generic relation": Case(WORKS, many("notes"), "n_plus_one", '.prefetch_related("notes")'),
    "nested": Case(
        MEMBERS + '.prefetch_related("works")',
        lambda rows: [[many("tags")([w]) for w in a.works.all()] for a in rows], "n_plus_one",
        '.prefetch_related("works__tags")',
    ),
    "through a joined parent": Case(
        WORKS + '.select_related("writer")', lambda rows: many("works")(w.writer for w in rows),
        "n_plus_one", '.prefetch_related("writer__works")',
    ),
    "many, from an iterator": Case(
        "m.Work.objects.iterator()", many("tags"), "n_plus_one",
        '.prefetch_related("tags").iterator(chunk_size=2000)', where="m.Work.objects{}",
    ),
    "many, from raw()": Case(RAW, many("tags"), "n_plus_one", '.prefetch_related("tags")'),
    "many, in another database": Case(
        'm.Member.objects.using("other")', many("works"), "n_plus_one",
        '.prefetch_related("works")',
    ),
    "its values": Case(
        MEMBERS, lambda rows: [sorted(a.works.values_list("title", flat=True)) for a in rows],
        "n_plus_one", '.prefetch_related("works")',
        lambda rows: [sorted(w.title for w in a.works.all()) for a in rows],
    ),
    "a prefetch for each row": Case(
        MEMBERS, lambda rows: [fetched(a) for a in rows], "per_instance_prefetch",
        '.prefetch_related("works")', many("works"),
    ),
}  # fmt: skip

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

DEFERRED = {
    "deferred by only()": Case(
        'm.Work.objects.only("title")', lambda rows: [w.blurb for w in rows], "n_plus_one",
        '.only("blurb", …)', rest=('"title"',), where="m.Work.objects{}",
    ),
    "deferred by defer()": Case(
        'm.Work.objects.defer("blurb")', lambda rows: [w.blurb for w in rows], "n_plus_one",
        '.only("blurb", …)', rest=('"title"',), where="m.Work.objects{}",
    ),
    "deferred, of a joined row": Case(
        'm.Work.objects.select_related("writer").only("title", "writer__id")',
        lambda rows: [w.writer.name for w in rows], "n_plus_one", '.only("writer__name", …)',
        rest=('"title"',), where='m.Work.objects.select_related("writer"){}',
    ),
    "deferred, of a prefetched row": Case(
        MEMBERS + '.prefetch_related(Prefetch("works", queryset=Work.objects.only("writer")))',
        lambda rows: [[w.blurb for w in a.works.all()] for a in rows], "n_plus_one",
        '.prefetch_related(Prefetch("works", queryset=Work.objects.only("blurb", …)))',
        rest=('"writer"',), where=MEMBERS + "{}",
    ),
}  # fmt: skip

CASES = {**FOREIGN_KEYS, **TO_MANY, **PER_ROW, **DEFERRED}

# Django 6.1: the second advice, instead of the first.
PEERS = {
    name: CASES[name]
    for name in (
        "foreign key", "one to one, the other side", "generic foreign key", "deferred by only()",
    )
}  # fmt: skip


def fetched(row: Any) -> list[int]:
    """What a helper of somebody's does: it prefetches for the row that it is given."""
    from django.db.models import prefetch_related_objects

    prefetch_related_objects([row], "works")
    return sorted(work.pk for work in row.works.all())


def Max(name: str) -> Any:  # noqa: N802  (Django's name)
    from django.db.models import Max as DjangoMax

    return DjangoMax(name)
