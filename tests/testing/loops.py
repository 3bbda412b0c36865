"""Code that asks in a loop, the advice it gets, and what becomes of it; all cases of loops."""

from __future__ import annotations

from typing import Any

from tests.testing.cases import Loop, execute, keys, titled
from tests.testing.writing import WRITING

NAMES = [f"n{number}" for number in range(4)] * 2
SELECT = "SELECT id, title FROM library_work "
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
