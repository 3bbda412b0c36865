"""Findings of djscope as zeal names them: `social.Post.author`, `social.Post.get()`.

zeal knows relations, deferred fields and `.get()` in loops. What djscope finds beyond (writes,
`.count()` and so on in loops) zeal has no word for, and no test.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.apps import apps
from django.db.models import Model

from djscope.model.definitions import Place
from djscope.model.finding import Finding
from djscope.model.queries import QueryStat
from djscope.testing import Capture

LOOPS = ("query_loop", "duplicate_query")


class Verdict(NamedTuple):
    """`stat`: the queries it is about; `calls`: the application's frames of each."""

    stat: QueryStat
    model: type[Model]
    field: str
    where: Place
    calls: list[list[Place]]


def verdicts(found: Capture) -> Iterator[Verdict]:
    known = found.session.definitions
    for finding in found.so_far():
        if "queries" not in finding.evidence:
            continue
        sql, stat = known.text(finding.sql_id), stat_of(found, finding)
        if finding.relation:
            field = finding.relation.partition(".")[2]
            model = model_with(finding.model, field, sql)
        elif finding.kind in LOOPS and is_get(found, stat):
            field, model = "get()", model_of(sql)
        else:
            continue
        stack = [place for place in known.stack(finding.stack_id) if place.app]
        yield Verdict(stat, model, field, finding.where, [stack] * stat.n)


def stat_of(found: Capture, finding: Finding) -> QueryStat:
    """What a finding was found in."""
    alike = (finding.sql_id, finding.stack_id, finding.evidence["queries"])
    relations = found.session.definitions.relation
    for stat in found.session.queries.stats.values():
        if (stat.sql_id, stat.stack_id, stat.n) == alike:
            relation = relations(stat.relation_id)
            if not finding.relation or (relation and relation.label == finding.relation):
                return stat
    raise LookupError(finding)


def is_get(found: Capture, stat: QueryStat) -> bool:
    """`Model.objects.get(…)`, written in the application.

    Not a relation's; nor what `refresh_from_db` asks through a queryset of the application's, which
    are some of the columns: djscope finds that loop as well, zeal has no word for it.
    """
    if stat.access != "get" or stat.relation_id:
        return False
    sql = found.session.definitions.text(stat.sql_id)
    stack = found.session.definitions.stack(stat.stack_id)
    columns = sql.partition(" FROM ")[0].count(",") + 1
    refreshes = any(place.function.endswith("refresh_from_db") for place in stack)
    return not refreshes or columns == len(model_of(sql)._meta.concrete_fields)


def names_of(model: type[Model]) -> set[str]:
    """Fields, and the attributes by which others' fields are reached."""
    names = {field.name for field in model._meta.get_fields(include_hidden=True)}
    return names | {str(each.get_accessor_name()) for each in model._meta.related_objects}


def model_with(name: str, field: str, sql: str) -> type[Model]:
    """The model of that name with such a field: of two the one that the query reads."""
    models = [each for each in apps.get_models() if each.__name__ == name]
    having = [each for each in models if field in names_of(each)]
    return next((each for each in having if f'"{each._meta.db_table}"' in sql), having[0])


def model_of(sql: str) -> type[Model]:
    """Whose table a query is from."""
    table = sql.partition(" FROM ")[2].split()[0].strip('"')
    return next(each for each in apps.get_models() if each._meta.db_table == table)
