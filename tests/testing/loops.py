"""Code that asks or writes in a loop, the advice it gets, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Told(NamedTuple):
    """The advice's code, to be run with what it leaves to the reader."""

    code: str
    names: dict[str, Any]

    def __call__(self, model: Any = None, **names: Any) -> Any:
        return eval(self.code, {**self.names, "Model": model, **names})  # our own text

    def part(self, number: int) -> Told:
        """One of several pieces of advice that belong together."""
        return Told(self.code.split("\n")[number], self.names)


class Loop(NamedTuple):
    """`do` is the loop, `mended` what the advice makes of it; both return the same, or leave the
    same `state`. `before` is done before. `which`: the advice that counts; `code` has a line for
    each that belongs to it; `rest` stands for each `…` in turn.
    """

    do: Callable[[Any], Any]
    code: str
    mended: Callable[[Any, Told], Any]
    rest: tuple[str, ...] = ()
    which: int = 0
    state: Callable[[Any], Any] | None = None
    before: Callable[[Any], Any] | None = None


def keys(model: Any) -> list[int]:
    """Of all rows, twice."""
    return [*model.objects.order_by("pk").values_list("pk", flat=True)] * 2


def titled(m: Any) -> list[Any]:
    """Objects that were changed, all differently."""
    works = list(m.Work.objects.order_by("pk")) * 2
    for number, work in enumerate(works):
        work.title = f"t{number % 4}"
    return works


def edited(m: Any) -> list[Any]:
    """Objects whose foreign key was changed."""
    works = list(m.Work.objects.order_by("pk")) * 2
    for work in works:
        work.editor_id = work.writer_id
    return works


def rows(model: str, *fields: str) -> Callable[[Any], Any]:
    """What the table holds."""
    return lambda m: sorted(getattr(m, model).objects.values_list(*fields))


def execute(sql: str, values: list[Any]) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if sql.startswith("SELECT") else []


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


NAMES = [f"n{number}" for number in range(4)] * 2
# Six that are there, six that are not, each twice.
SOME = [*(f"x{number}" for number in range(6)), *(f"new {number}" for number in range(6))] * 2
NEW = [f"new {number}" for number in range(6)]
SELECT, UPDATE = "SELECT id, title FROM library_work ", "UPDATE library_work SET title = %s"
TITLES, TAGS, CARDS = rows("Work", "pk", "title"), rows("Tag", "name"), rows("Card", "member_id")
BY_WRITER = "Model.objects.filter(writer_id__in=writer_ids)"

READING = {
    ".get() by primary key": Loop(
        lambda m: [m.Work.objects.get(pk=pk).title for pk in keys(m.Work)],
        "Model.objects.in_bulk(ids)",
        lambda m, told: titles_of(told(m.Work, ids=keys(m.Work)), keys(m.Work)),
    ),
    ".get() by a unique column": Loop(
        lambda m: [m.Card.objects.get(member_id=pk).number for pk in keys(m.Member)],
        'Model.objects.in_bulk(member_ids, field_name="member_id")',
        lambda m, told: numbers_of(told(m.Card, member_ids=keys(m.Member)), keys(m.Member)),
    ),
    ".get() by another column": Loop(
        lambda m: [m.Work.objects.get(title=name).pk for name in NAMES],
        "Model.objects.filter(title__in=values)",
        lambda m, told: by_title(told(m.Work, values=NAMES), NAMES),
        which=1,
    ),
    ".first() of a filter": Loop(
        lambda m: [m.Work.objects.filter(title=name).first().pk for name in NAMES],
        "Model.objects.filter(title__in=values)",
        lambda m, told: by_title(told(m.Work, values=NAMES), NAMES),
    ),
    ".filter() in a loop": Loop(
        lambda m: [[w.pk for w in m.Work.objects.filter(title=name)] for name in NAMES],
        "Model.objects.filter(title__in=values)",
        lambda m, told: [[pk] for pk in by_title(told(m.Work, values=NAMES), NAMES)],
    ),
    ".iterator() in a loop": Loop(
        lambda m: [[w.pk for w in m.Work.objects.filter(title=n).iterator()] for n in NAMES],
        "Model.objects.filter(title__in=values)",
        lambda m, told: [[pk] for pk in by_title(told(m.Work, values=NAMES), NAMES)],
    ),
    ".count() in a loop": Loop(
        lambda m: [m.Work.objects.filter(writer_id=pk).count() for pk in keys(m.Member)],
        f'dict({BY_WRITER}.values_list("writer_id").annotate(n=Count("pk")))',
        lambda m, told: in_order(told(m.Work, writer_ids=keys(m.Member)), keys(m.Member)),
    ),
    ".exists() in a loop": Loop(
        lambda m: [m.Work.objects.filter(writer_id=pk).exists() for pk in keys(m.Member)],
        f'set({BY_WRITER}.values_list("writer_id", flat=True))',
        lambda m, told: tested(told(m.Work, writer_ids=keys(m.Member)), keys(m.Member)),
    ),
    ".aggregate() in a loop": Loop(
        lambda m: [
            m.Work.objects.filter(writer_id=pk).aggregate(n=m.models.Max("title"))["n"]
            for pk in keys(m.Member)
        ],
        f'dict({BY_WRITER}.values_list("writer_id").annotate(result=Max("title")))',
        lambda m, told: in_order(told(m.Work, writer_ids=keys(m.Member)), keys(m.Member)),
    ),
    ".refresh_from_db() in a loop": Loop(
        lambda m: [w.refresh_from_db() or w.title for w in titled(m)],
        "Model.objects.in_bulk(ids)",
        lambda m, told: titles_of(told(m.Work, ids=keys(m.Work)), keys(m.Work)),
    ),
    "raw() in a loop": Loop(
        lambda m: [
            [w.title for w in m.Work.objects.raw(SELECT + "WHERE id = %s", [pk])]
            for pk in keys(m.Work)
        ],
        'Model.objects.raw("… WHERE id IN (%s, …)", values)',
        lambda m, told: titles_in(told(m.Work, values=keys(m.Work)), keys(m.Work)),
        rest=(SELECT, ", ".join(["%s"] * 7)),
    ),
    "a raw cursor in a loop": Loop(
        lambda m: [execute(SELECT + "WHERE id = %s", [pk])[0][1] for pk in keys(m.Work)],
        "WHERE id IN (%s, …)",
        lambda m, told: in_order(dict(execute(SELECT + told.code, keys(m.Work))), keys(m.Work)),
        rest=(", ".join(["%s"] * 7),),
    ),
}

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
CASES = {**READING, **WRITING}


def titles_of(found: dict[int, Any], wanted: list[int]) -> list[str]:
    return [found[key].title for key in wanted]


def numbers_of(found: dict[int, Any], wanted: list[int]) -> list[int]:
    return [found[key].number for key in wanted]


def titles_in(found: Any, wanted: list[int]) -> list[list[str]]:
    known = {work.pk: work.title for work in found}
    return [[known[key]] for key in wanted]


def by_title(found: Any, wanted: list[str]) -> list[int]:
    known = {work.title: work.pk for work in found}
    return [known[key] for key in wanted]


def in_order(found: dict[int, Any], wanted: list[int]) -> list[Any]:
    return [found[key] for key in wanted]


def tested(found: set[int], wanted: list[int]) -> list[bool]:
    return [key in found for key in wanted]
