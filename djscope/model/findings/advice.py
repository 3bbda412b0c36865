"""What to do about repeated queries, as right Django."""

from __future__ import annotations

from djscope.model.finding import Advice

KEEP_RESULT = Advice(
    "run it once and keep the result: a local variable, functools.cached_property, or the cache"
)
LOOK_AT_PLAN = Advice("look at its plan: an index may be missing, or it reads more than it needs")

_LOOPS = {
    "get": Advice("fetch all of them at once, before the loop", "Model.objects.in_bulk(ids)"),
    "first": Advice("fetch all of them at once, before the loop", ".filter(…__in=keys)"),
    "last": Advice("fetch all of them at once, before the loop", ".filter(…__in=keys)"),
    "count": Advice("count in the query that loads the rows", '.annotate(n=Count("…"))'),
    "exists": Advice("test in the query that loads the rows", ".annotate(has=Exists(…))"),
    "aggregate": Advice("aggregate in the query that loads the rows", '.annotate(total=Sum("…"))'),
    "create": Advice("insert all of them at once", "Model.objects.bulk_create(objects)"),
    "save": Advice("write all of them at once", "Model.objects.bulk_update(objects, fields)"),
    "update": Advice("write all of them at once", ".filter(…__in=keys).update(…)"),
    "delete": Advice("delete all of them at once", ".filter(…__in=keys).delete()"),
    "refresh_from_db": Advice("reload all of them at once", ".in_bulk(ids)"),
}
_LOOP = Advice("one query for all of them instead of one each", ".filter(…__in=keys)")


def for_loop(access: str) -> Advice:
    """By how the application asked."""
    return _LOOPS.get(access, _LOOP)
