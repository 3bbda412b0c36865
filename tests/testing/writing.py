"""Code that writes in a loop, the advice it gets, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.testing.cases import Loop, Told, execute, keys, titled


def edited(m: Any) -> list[Any]:
    """Objects whose foreign key was changed."""
    works = list(m.Work.objects.order_by("pk")) * 2
    for work in works:
        work.editor_id = work.writer_id
    return works


def rows(model: str, *fields: str) -> Callable[[Any], Any]:
    """What the table holds."""
    return lambda m: sorted(getattr(m, model).objects.values_list(*fields))


def executemany(told: Told, sql: str, values: list[Any]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        told(cursor=cursor, sql=sql, rows=values)


def more_tags(m: Any) -> None:
    m.Tag.objects.bulk_create(m.Tag(name=f"x{number}") for number in range(6))


def more_works(m: Any) -> None:
    m.Work.objects.bulk_create(m.Work(title=f"x{number}", writer_id=1) for number in range(6))


def made(m: Any, told: Told) -> None:
    """What exists is fetched, what is missing inserted."""
    known = {tag.name for tag in told.part(0)(m.Tag, values=SOME)}
    missing = [m.Tag(name=name) for name in dict.fromkeys(SOME) if name not in known]
    told.part(1)(m.Tag, missing=missing)


def written(m: Any, told: Told) -> None:
    """The same, and what exists is written."""
    known = {work.title: work for work in told.part(0)(m.Work, values=SOME)}
    given = {"blurb": "b", "writer_id": 1}
    wanted = [title for title in dict.fromkeys(SOME) if title not in known]
    told.part(1)(m.Work, missing=[m.Work(title=title, **given) for title in wanted])
    for work in known.values():
        work.blurb, work.writer_id = "b", 1
    told.part(2)(m.Work, existing=list(known.values()))


def no_cards(m: Any) -> None:
    m.Card.objects.all().delete()


# Six that are there, six that are not, each twice.
SOME = [*(f"x{number}" for number in range(6)), *(f"new {number}" for number in range(6))] * 2
NEW = [f"new {number}" for number in range(6)]
UPDATE = "UPDATE library_work SET title = %s"
TITLES, TAGS, CARDS = rows("Work", "pk", "title"), rows("Tag", "name"), rows("Card", "member_id")

WRITING = {
    "a raw cursor that writes": Loop(
        lambda m: [execute(UPDATE + " WHERE id = %s", ["t", pk]) for pk in keys(m.Work)],
        "cursor.executemany(sql, rows)",
        lambda m, told: executemany(
            told, UPDATE + " WHERE id = %s", [("t", pk) for pk in keys(m.Work)]
        ),
        state=TITLES,
    ),
    ".save() in a loop": Loop(
        lambda m: [work.save(update_fields=["title"]) for work in titled(m)],
        'Model.objects.bulk_update(objects, ["title"])',
        lambda m, told: told(m.Work, objects=titled(m)),
        state=TITLES,
    ),
    ".save() of all fields": Loop(
        lambda m: [work.save() for work in titled(m)],
        "Model.objects.bulk_update(objects, […])",
        lambda m, told: told(m.Work, objects=titled(m)),
        rest=('"title"',),
        state=TITLES,
    ),
    ".save() of a foreign key": Loop(
        lambda m: [work.save(update_fields=["editor"]) for work in edited(m)],
        'Model.objects.bulk_update(objects, ["editor_id"])',
        lambda m, told: told(m.Work, objects=edited(m)),
        state=rows("Work", "pk", "editor_id"),
    ),
    ".save() of new objects": Loop(
        lambda m: [m.Tag(name=name).save() for name in NEW],
        "Model.objects.bulk_create(objects)",
        lambda m, told: told(m.Tag, objects=[m.Tag(name=name) for name in NEW]),
        state=TAGS,
    ),
    ".create() in a loop": Loop(
        lambda m: [m.Tag.objects.create(name=name) for name in NEW],
        "Model.objects.bulk_create(objects)",
        lambda m, told: told(m.Tag, objects=[m.Tag(name=name) for name in NEW]),
        state=TAGS,
    ),
    ".get_or_create() by a column that is not unique": Loop(
        lambda m: [m.Tag.objects.get_or_create(name=name) for name in SOME],
        "Model.objects.filter(name__in=values)\nModel.objects.bulk_create(missing)",
        made,
        state=TAGS,
        before=more_tags,
    ),
    ".get_or_create() that inserts": Loop(
        lambda m: [m.Tag.objects.get_or_create(name=name) for name in SOME],
        "Model.objects.filter(…__in=values)\nModel.objects.bulk_create(missing)",
        made,
        rest=("name",),
        state=TAGS,
        before=more_tags,
    ),
    ".update_or_create() by a column that is not unique": Loop(
        lambda m: [
            m.Work.objects.update_or_create(title=title, defaults={"blurb": "b", "writer_id": 1})
            for title in SOME
        ],
        "Model.objects.filter(title__in=values)\nModel.objects.bulk_create(missing)\n"
        "Model.objects.bulk_update(existing, […])",
        written,
        rest=('"blurb", "writer_id"',),
        state=rows("Work", "title", "blurb", "writer_id"),
        before=more_works,
    ),
    ".get_or_create() in a loop": Loop(
        lambda m: [
            m.Card.objects.get_or_create(member_id=pk, defaults={"number": 1})
            for pk in keys(m.Member)
        ],
        "Model.objects.bulk_create(objects, ignore_conflicts=True)",
        lambda m, told: told(
            m.Card, objects=[m.Card(member_id=pk, number=1) for pk in keys(m.Member)]
        ),
        which=2,
        state=CARDS,
        before=no_cards,
    ),
    ".update_or_create() in a loop": Loop(
        lambda m: [
            m.Card.objects.update_or_create(member_id=pk, defaults={"number": 7})
            for pk in keys(m.Member)
        ],
        "Model.objects.bulk_create(objects, update_conflicts=True, update_fields=[…],"
        " unique_fields=[…])",
        lambda m, told: told(
            m.Card, objects=[m.Card(member_id=pk, number=7) for pk in keys(m.Member)]
        ),
        rest=('"number"', '"member"'),
        which=3,
        state=rows("Card", "member_id", "number"),
    ),
    ".update() to the same": Loop(
        lambda m: [m.Work.objects.filter(pk=pk).update(title="t") for pk in keys(m.Work)],
        "Model.objects.filter(id__in=ids).update(title=…)",
        lambda m, told: told(m.Work, ids=keys(m.Work)),
        rest=('"t"',),
        state=TITLES,
    ),
    ".update() to each its own": Loop(
        lambda m: [m.Work.objects.filter(pk=w.pk).update(title=w.title) for w in titled(m)],
        'Model.objects.bulk_update(objects, ["title"])',
        lambda m, told: told(m.Work, objects=titled(m)),
        which=1,
        state=TITLES,
    ),
    ".update() of related rows": Loop(
        lambda m: [a.works.update(title="t") for a in list(m.Member.objects.all()) * 2],
        "Work.objects.filter(writer_id__in=writer_ids).update(title=…)",
        lambda m, told: told(writer_ids=keys(m.Member)),
        rest=('"t"',),
        state=TITLES,
    ),
    ".update() of many to many": Loop(
        lambda m: [w.tags.update(name="t") for w in list(m.Work.objects.all()) * 2],
        "Tag.objects.filter(works__in=rows).update(name=…)",
        lambda m, told: told(rows=m.Work.objects.all()),
        rest=('"t"',),
        state=TAGS,
    ),
    ".delete() of each": Loop(
        lambda m: [tag.delete() for tag in m.Tag.objects.filter(name__startswith="x")],
        "Model.objects.filter(pk__in=ids).delete()",
        lambda m, told: told(
            m.Tag, ids=m.Tag.objects.filter(name__startswith="x").values_list("pk", flat=True)
        ),
        state=TAGS,
        before=more_tags,
    ),
    ".delete() of a filter": Loop(
        lambda m: [m.Tag.objects.filter(name=f"x{n}").delete() for n in range(6)],
        "Model.objects.filter(name__in=values).delete()",
        lambda m, told: told(m.Tag, values=[f"x{n}" for n in range(6)]),
        state=TAGS,
        before=more_tags,
    ),
}
