"""Code that loads row by row, the advice it gets, and what becomes of it: relations."""

from __future__ import annotations

from typing import Any

from tests.testing.cases import CARDS, MEMBERS, RAW, WORKS, Case, Use
from tests.testing.managers import PER_ROW


def many(name: str) -> Use:
    """All rows that an attribute leads to, of each row."""
    return lambda rows: [sorted(one.pk for one in getattr(row, name).all()) for row in rows]


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
