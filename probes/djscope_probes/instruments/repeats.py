"""The short way: a query that is the next of its kind needs nothing but its time noted.

Most of what a process queries is such, and so is most of what watching it costs. A foreign key that
is touched is expected by its descriptor (`lazies`), all else by its text: at the same line, through
the same neighbour, from rows of the same evaluation. Whatever differs goes the long way.
"""

from __future__ import annotations

import sys
from types import CodeType, FrameType
from typing import Any

from djscope_probes.groups import Evaluation, Expansion, Group, Repeat, Touch
from djscope_probes.instruments.intent import Intent
from djscope_probes.instruments.provenance import TAG, Provenance
from djscope_probes.instruments.relations import MARK
from djscope_probes.instruments.sites import Sight
from djscope_probes.units import Unit

# So many lines at which the next query of one expansion is expected; texts, in one unit.
MAX_PLACES = 4
MAX_TEXTS = 200
# Queries with one whole stack are a loop; of more stacks than this it is not asked any more.
A_LOOP = 8
MAX_STACKS = 32
_getframe = sys._getframe


class Repeats:
    """Expects queries by their text."""

    def __init__(self, provenance: Provenance) -> None:
        self._provenance = provenance

    def expected(self, unit: Unit, intent: Intent, sql: Any) -> Repeat | None:
        """What a query is the next of; called by the query hook itself. Gives the rows about to
        come their evaluation.
        """
        # Of the host's own kinds of text not even the hash is asked.
        repeat = unit.expected.get(sql) if type(sql) is str else None
        if repeat is None or repeat.room <= 0 or not simple(intent):
            return None
        frame = at_same_line(repeat)
        if frame is None or (unit.deep and repeat.chain != chain(frame)):
            return None
        rows, inner = intent.rows, repeat.inner
        if rows is not None and inner is not None:
            rows.evaluation = self._evaluation(unit, repeat, inner, rows.queryset)
            if rows.evaluation is None:
                return None
            intent.rows = None
        elif rows is not None or inner is not None:
            return None
        return repeat

    def _evaluation(
        self, unit: Unit, repeat: Repeat, inner: Evaluation, queryset: Any
    ) -> Evaluation | None:
        """Of the rows about to come; None if they come from elsewhere than those before."""
        instance, expansion = queryset._hints.get("instance"), repeat.expansion
        if instance is None:
            if expansion is not None or MARK in queryset.query.__dict__:
                return None
            return self._provenance.evaluation(unit, inner.origin)
        if expansion is None or getattr(instance._state, TAG, 0) != repeat.tag:
            return None
        prefetched = expansion.step.name in instance.__dict__.get("_prefetched_objects_cache", ())
        return inner if bool(repeat.group.note) is prefetched else None

    def expect(
        self, unit: Unit, sql: str, sight: Sight, group: Group, expansion: Expansion | None,
        start: Evaluation | None, inner: Evaluation | None,
    ) -> None:  # fmt: skip
        """The query under way may be followed by more like it: two calls above are its hook."""
        near = _getframe(2 + sight.depth)
        frame = near.f_back
        if frame is None or not group.n or group.most or len(unit.expected) >= MAX_TEXTS:
            return
        touch = Touch(None, frame.f_code, frame.f_lasti, chain(frame) if unit.deep else [])
        repeat = Repeat(group, sql, touch, expansion, start)
        repeat.near, repeat.depth, repeat.inner = near.f_code, sight.depth, inner
        unit.expected[sql] = repeat
        unit.repeats.append(repeat)


def simple(intent: Intent) -> bool:
    """Neither an attribute nor a prefetch asks."""
    return intent.repeat is None and intent.lazy is None and intent.prefetch is None


def at_same_line(repeat: Repeat) -> FrameType | None:
    """The frame of the application's line, seen from two calls above the query hook; None if it is
    another.
    """
    try:
        near = _getframe(repeat.depth + 1)
    except ValueError:
        return None
    frame = near.f_back
    if near.f_code is not repeat.near or frame is None or frame.f_code is not repeat.code:
        return None
    return frame if frame.f_lasti == repeat.instruction else None


def note_stack(stacks: dict[int, int], group: Group, depth: int) -> None:
    """One helper asked from many places is no loop; a loop is asked from one again and again.
    `depth`: of the line, as seen from two calls above the query hook.
    """
    found = chain(_getframe(3 + depth))
    key = hash((tuple(map(id, found[::2])), tuple(found[1::2])))
    n = stacks[key] = stacks.get(key, 0) + 1
    group.most = max(group.most, n)
    if n >= A_LOOP:
        group.most, group.stacks = 0, None
    elif len(stacks) >= MAX_STACKS:
        group.stacks = None


def chain(frame: FrameType | None) -> list[CodeType | int]:
    """The callers of a place, to be compared: equal where they are the same. Instructions, not
    lines; the specialising interpreter may move one once or twice, which makes one chain two.
    """
    found: list[CodeType | int] = []
    append = found.append
    while frame is not None:
        append(frame.f_code)
        append(frame.f_lasti)
        frame = frame.f_back
    return found
