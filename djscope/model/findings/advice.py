"""What to do about repeated queries, as right Django.

A statement names a table and columns, not the model: the code says `Model` where no relation tells
which one that is, and the text says the table.
"""

from __future__ import annotations

from djscope.model.definitions import Relation
from djscope.model.finding import Advice
from djscope.model.findings.statements import Statement

KEEP_RESULT = Advice(
    "run it once and keep the result: a local variable, functools.cached_property, or the cache"
)
LOOK_AT_PLAN = Advice("look at its plan: an index may be missing, or it reads more than it needs")
# More columns than this: a save() of all of them, few of which will have changed.
MANY_FIELDS = 3
_FETCH = "fetch all of them at once, before the loop"


def for_loop(access: str, statement: Statement, relation: Relation | None) -> list[Advice]:
    """By how the application asked, for what."""
    if not statement.quoted and access in ("", "raw"):
        return [_by_hand(access, statement)]
    model = f"{relation.to if relation is not None and relation.to else 'Model'}.objects"
    of = f" (table {statement.table})" if statement.table and model == "Model.objects" else ""
    several = f"{model}.filter({_condition(statement, relation)})"
    if access in ("get_or_create", "update_or_create"):
        return _upsert(access, statement, of, model, several)
    if access == "create" or statement.verb == "INSERT":
        text = f"insert all of them at once{of}, without save() and signals"
        return [Advice(text, f"{model}.bulk_create(objects)")]
    if access in ("save", "update", "delete"):
        return _write(access, statement, of, model, several)
    if access in ("get", "refresh_from_db"):
        return _get(statement, f"{_FETCH}{of}", model, several)
    return [_read(access, statement, of, several)]


def _write(access: str, statement: Statement, of: str, model: str, several: str) -> list[Advice]:
    each = f"{model}.bulk_update(objects, [{_fields(statement)}])"
    if access == "save":
        return [Advice(f"write all of them at once{of}, without save() and signals", each)]
    if access == "update":
        fields = ", ".join(f"{name}=…" for name in statement.written) or "…"
        same = f"write all of them at once{of}, if all get the same value"
        return [
            Advice(same, f"{several}.update({fields})"),
            Advice("or, if each gets its own", each),
        ]
    return [_delete(statement, of, model, several)]


def _delete(statement: Statement, of: str, model: str, several: str) -> Advice:
    rows = (
        several if statement.key or model != "Model.objects" else "Model.objects.filter(pk__in=ids)"
    )
    text = f"delete all of them at once{of}, without Model.delete()"
    # An object is deleted by its key, `IN (%s)`; what goes along with it, by other columns.
    if rows != several and statement.among != "id":
        text = "delete all of the rows at once that it goes along with, without Model.delete()"
    return Advice(text, f"{rows}.delete()")


def _by_hand(access: str, statement: Statement) -> Advice:
    """SQL that the application wrote itself."""
    if statement.writes:
        return Advice(
            "hand all rows to the database at once, or to Model.objects.bulk_create() and"
            " bulk_update()",
            "cursor.executemany(sql, rows)",
        )
    condition = f"WHERE {statement.key or '…'} IN (%s, …)"
    code = f'Model.objects.raw("… {condition}", values)' if access else condition
    return Advice(f"{_FETCH}, with one statement", code)


def _upsert(access: str, statement: Statement, of: str, model: str, several: str) -> list[Advice]:
    """The database finds duplicates by a unique constraint alone, which no statement tells of."""
    # What is written does not tell what was looked up.
    if statement.writes:
        several = f"{model}.filter(…__in=values)"
    told = [
        Advice(f"fetch those that exist at once, before the loop{of}", several),
        Advice(
            "insert those that are missing at once, without save() and signals",
            f"{model}.bulk_create(missing)",
        ),
    ]
    options = "ignore_conflicts=True"
    if access == "update_or_create":
        each = f"{model}.bulk_update(existing, [{_fields(statement)}])"
        told.append(Advice("write the others at once", each))
        options = "update_conflicts=True, update_fields=[…], unique_fields=[…]"
    only = (
        "or all in one statement, only if a unique constraint covers what is looked up: without"
        " one this inserts duplicates"
    )
    return [*told, Advice(only, f"{model}.bulk_create(objects, {options})")]


def _get(statement: Statement, text: str, model: str, several: str) -> list[Advice]:
    key = statement.key
    if key == "id":
        return [Advice(text, f"{model}.in_bulk(ids)")]
    if not key:
        return [Advice(text, several)]
    return [
        Advice(text, f'{model}.in_bulk({_values(key)}, field_name="{key}")'),
        Advice(f"or, if {key} is not unique", several),
    ]


def _read(access: str, statement: Statement, of: str, several: str) -> Advice:
    key = statement.key or "…"
    pairs = f'{several}.values_list("{key}")'
    if access == "count":
        return Advice(
            f"count in one query, before the loop{of}",
            f'dict({pairs}.annotate(n=Count("pk")))',
        )
    if access == "exists":
        flat = f'{several}.values_list("{key}", flat=True)'
        return Advice(f"test in one query, before the loop{of}", f"set({flat})")
    if access == "aggregate":
        function, operand = statement.function or "Sum", statement.operand or "…"
        return Advice(
            f"aggregate in one query, before the loop{of}",
            f'dict({pairs}.annotate(result={function}("{operand}")))',
        )
    return Advice(f"{_FETCH}{of}, and take them from there", several)


def _condition(statement: Statement, relation: Relation | None) -> str:
    if statement.key:
        return f"{statement.key}__in={_values(statement.key)}"
    if relation is not None and relation.back.isidentifier():
        return f"{relation.back}__in=rows"
    return "…__in=values"


def _values(column: str) -> str:
    """`ids`, `author_ids`; any other column's are `values`."""
    return f"{column}s" if column == "id" or column.endswith("_id") else "values"


def _fields(statement: Statement) -> str:
    if 0 < len(statement.written) <= MANY_FIELDS:
        return ", ".join(f'"{name}"' for name in statement.written)
    return "…"
