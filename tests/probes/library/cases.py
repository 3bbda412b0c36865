"""Code that goes through relations: one by one, as it should not, and healthy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ROWS = 4

# Name → what is done with the models; the lazy group that is seen: model.name, path, kinds, access,
# note. Each loads its parents once, and goes from each of them through one relation.
CASES: dict[str, tuple[Callable[[Any], object], tuple[str, str, str, str, str]]] = {
    "foreign key": (
        lambda m: [w.writer.name for w in m.Work.objects.all()],
        ("Work.writer", "writer", "fk", "get", ""),
    ),
    "another with the same SQL": (
        lambda m: [w.editor.name for w in m.Work.objects.all()],
        ("Work.editor", "editor", "fk", "get", ""),
    ),
    "its other side": (
        lambda m: [list(a.works.all()) for a in m.Member.objects.all()],
        ("Member.works", "works", "reverse", "", ""),
    ),
    "its other side, filtered": (
        lambda m: [list(a.works.filter(title="x").order_by("pk")) for a in m.Member.objects.all()],
        ("Member.works", "works", "reverse", "filter", ""),
    ),
    "its other side, counted": (
        lambda m: [a.works.count() for a in m.Member.objects.all()],
        ("Member.works", "works", "reverse", "count", ""),
    ),
    "its other side, tested": (
        lambda m: [a.works.exists() for a in m.Member.objects.all()],
        ("Member.works", "works", "reverse", "exists", ""),
    ),
    "its other side, aggregated": (
        lambda m: [a.works.aggregate(n=m.models.Max("pk")) for a in m.Member.objects.all()],
        ("Member.works", "works", "reverse", "aggregate", ""),
    ),
    "its other side, the first": (
        lambda m: [a.works.first() for a in m.Member.objects.all()],
        ("Member.works", "works", "reverse", "first", ""),
    ),
    "its other side, one of them": (
        lambda m: [a.works.get(title=f"n{n}") for n, a in enumerate(m.Member.objects.all())],
        ("Member.works", "works", "reverse", "get", ""),
    ),
    "its other side, values": (
        lambda m: [list(a.works.values_list("title", flat=True)) for a in m.Member.objects.all()],
        ("Member.works", "works", "reverse", "", ""),
    ),
    "its other side, updated": (
        lambda m: [a.works.update(blurb="") for a in m.Member.objects.all()],
        ("Member.works", "works", "reverse", "update", ""),
    ),
    "many to many": (
        lambda m: [list(w.tags.all()) for w in m.Work.objects.all()],
        ("Work.tags", "tags", "m2m", "", ""),
    ),
    "many to many, the other side": (
        lambda m: [list(t.works.all()) for t in m.Tag.objects.all()],
        ("Tag.works", "works", "m2m", "", ""),
    ),
    "many to many, counted": (
        lambda m: [w.tags.count() for w in m.Work.objects.all()],
        ("Work.tags", "tags", "m2m", "count", ""),
    ),
    "to the same model": (
        lambda m: [list(a.follows.all()) for a in m.Member.objects.all()],
        ("Member.follows", "follows", "m2m", "", ""),
    ),
    "to the same model, the other side": (
        lambda m: [list(a.followers.all()) for a in m.Member.objects.all()],
        ("Member.followers", "followers", "m2m", "", ""),
    ),
    "to the same model, symmetrical": (
        lambda m: [list(a.friends.all()) for a in m.Member.objects.all()],
        ("Member.friends", "friends", "m2m", "", ""),
    ),
    "one to one": (
        lambda m: [c.member.name for c in m.Card.objects.all()],
        ("Card.member", "member", "fk", "get", ""),
    ),
    "one to one, the other side": (
        lambda m: [a.card.number for a in m.Member.objects.all()],
        ("Member.card", "card", "one", "get", ""),
    ),
    "generic foreign key": (
        lambda m: [n.about.pk for n in m.Note.objects.filter(text="x")],
        ("Note.about", "about", "gfk", "get", ""),
    ),
    "generic relation": (
        lambda m: [list(w.notes.all()) for w in m.Work.objects.all()],
        ("Work.notes", "notes", "generic", "", ""),
    ),
    "generic relation, counted": (
        lambda m: [w.notes.count() for w in m.Work.objects.all()],
        ("Work.notes", "notes", "generic", "count", ""),
    ),
    "deferred field": (
        lambda m: [w.blurb for w in m.Work.objects.defer("blurb")],
        ("Work.blurb", "blurb", "deferred", "refresh_from_db", ""),
    ),
    "a parent's columns": (
        lambda m: [w.novel.chapters for w in m.Work.objects.all()],
        ("Work.novel", "novel", "one", "get", ""),
    ),
    "a relation of the parent's": (
        lambda m: [n.writer.name for n in m.Novel.objects.all()],
        ("Work.writer", "writer", "fk", "get", ""),
    ),
    "from raw SQL": (
        lambda m: [w.writer.name for w in m.Work.objects.raw("SELECT * FROM library_work")],
        ("Work.writer", "writer", "fk", "get", ""),
    ),
    "from an iterator": (
        lambda m: [w.writer.name for w in m.Work.objects.iterator()],
        ("Work.writer", "writer", "fk", "get", ""),
    ),
    "from a prefetch": (
        lambda m: [
            [w.editor.name for w in a.works.all()]
            for a in m.Member.objects.prefetch_related("works")
        ],
        ("Work.editor", "works__editor", "prefetch.fk", "get", ""),
    ),
    "past a prefetch": (
        lambda m: [
            list(a.works.filter(title="x")) for a in m.Member.objects.prefetch_related("works")
        ],
        ("Member.works", "works", "reverse", "filter", "bypassed"),
    ),
    "a prefetch for each row": (
        lambda m: [m.models.prefetch_related_objects([a], "works") for a in m.Member.objects.all()],
        ("Member.works", "works", "prefetch", "prefetch", "per_instance"),
    ),
}

HEALTHY: dict[str, Callable[[Any], object]] = {
    "select_related": lambda m: [
        (w.writer.name, w.editor.name) for w in m.Work.objects.select_related("writer", "editor")
    ],
    "a one-to-one's other side, joined": lambda m: [
        a.card.number for a in m.Member.objects.select_related("card")
    ],
    "prefetch_related": lambda m: [
        (list(a.works.all()), list(a.follows.all()), a.works.count())
        for a in m.Member.objects.prefetch_related("works", "follows")
    ],
    "a prefetch to an attribute": lambda m: [
        a.some
        for a in m.Member.objects.prefetch_related(
            m.models.Prefetch("works", m.Work.objects.filter(title="n1"), to_attr="some")
        )
    ],
    "an iterator's prefetch, one row at a time": lambda m: [
        list(a.works.all()) for a in m.Member.objects.prefetch_related("works").iterator(1)
    ],
    "an iterator's prefetch, and one row left": lambda m: [
        list(a.works.all()) for a in m.Member.objects.prefetch_related("works").iterator(3)
    ],
    "generic, prefetched": lambda m: [
        n.about.pk for n in m.Note.objects.filter(text="x").prefetch_related("about")
    ],
    "generic relation, prefetched": lambda m: [
        list(w.notes.all()) for w in m.Work.objects.prefetch_related("notes")
    ],
    "one row": lambda m: m.Work.objects.first().writer.name,
    "rows that are loaded one by one": lambda m: [
        m.Work.objects.get(title=f"n{n}").writer.name for n in range(ROWS)
    ],
    "nothing to go through": lambda m: list(m.Work.objects.values("writer__name")),
}
