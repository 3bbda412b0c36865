"""Problem 1: every query of a unit, grouped by SQL, site, relation and origin; execute and fetch.

Hooks: `CursorWrapper._execute_with_wrappers` (outside the host's own execute wrappers, looked up at
each call) and `compiler.cursor_iter` (row fetching, which `execute` does not include: it took 97 %
of a 30 000 row list on PostgreSQL).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from time import thread_time_ns
from typing import Any
from uuid import UUID

from djscope_probes import landmarks
from djscope_probes.clock import now_ns
from djscope_probes.dialects import dialect_of, is_sure
from djscope_probes.groups import MAX_PARAMS, Group, Repeat, Shape
from djscope_probes.guard import Guard
from djscope_probes.instruments.doors import Doors
from djscope_probes.instruments.lazies import Lazies
from djscope_probes.instruments.provenance import Provenance
from djscope_probes.instruments.repeats import MAX_PLACES, Repeats, note_stack, simple
from djscope_probes.instruments.sites import Sites
from djscope_probes.instruments.texts import LONG, Texts
from djscope_probes.ledger import Ledger
from djscope_probes.patching import Function, Patch, Patches
from djscope_probes.units import CURRENT, MAX_GROUPS, Unit, working
from djscope_probes.wire import OPERATIONS_PER_UNIT

# Only these hash by value, cheaply, and without code of the application.
_HASHABLE = frozenset(
    {int, str, bytes, float, bool, type(None), Decimal, UUID, date, datetime, timedelta}
)
# Statements that no application line asks for by name.
_TRANSACTION = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")
# One query in so many (and one more) says what booking it took.
SAMPLE = 15
_OTHER = Shape("(other queries)", None, [], "other")


class QueriesInstrument:
    """Books queries on the unit under way, or on the thread's own."""

    def __init__(self) -> None:
        self.guard = Guard("queries")
        self.patches = Patches()
        self._texts = Texts()
        self._provenance = Provenance(self.guard)
        self._doors = Doors(self._provenance)
        self._lazies = Lazies(self._provenance)
        self._repeats = Repeats(self._provenance)
        self._sites = Sites()
        self._ledger = Ledger()
        self._turns = count()
        self._dialects: dict[str, str] = {}

    def arm(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._provenance.renew()
        self._sites = Sites()
        self._dialects = {}
        self._texts = Texts()

    def reach(self) -> None:
        utils = landmarks.loaded("django.db.backends.utils")
        if utils is None:
            return
        self._doors.reach(self.patches)
        self._lazies.reach(self.patches)
        if landmarks.loaded("django.db.models") is not None:
            # The one module not looked up: backends load it at the first query.
            compiler = importlib.import_module("django.db.models.sql.compiler")
            self.patches.wrap(compiler, "cursor_iter", self._fetch)
        self.patches.wrap(utils.CursorWrapper, "_execute_with_wrappers", self._execute)

    def _execute(self, original: Function, patch: Patch) -> Function:
        hand, current = self._provenance.hand, CURRENT.get
        expected, book, note = self._repeats.expected, self._book, self._note
        failed = self.guard.failed

        def execute(cursor: Any, sql: Any, params: Any, many: bool, executor: Any) -> Any:
            intent = hand.intent
            repeat, unit = intent.repeat, None
            if repeat is None or repeat.sql != sql or repeat.room <= 0:
                unit = current() if patch.on else None
                if unit is None or not unit.open:
                    unit = working() if patch.on else None
                if unit is None:
                    return original(cursor, sql, params, many, executor)
                try:
                    repeat = expected(unit, intent, sql)
                except Exception:
                    repeat = failed()
            if repeat is not None:
                intent.repeat = None
                began = now_ns()
                try:
                    return original(cursor, sql, params, many, executor)
                finally:
                    repeat.took.append(took := now_ns() - began)
                    repeat.room -= 1
                    intent.group = None if intent.direct else repeat.group
                    if repeat.noting:
                        note(unit or current(), repeat, params, many, began, took)
            began = now_ns()
            try:
                return original(cursor, sql, params, many, executor)
            finally:
                took = now_ns() - began
                try:
                    book(unit, cursor, sql, params, many, began, took)
                except Exception:
                    failed()

        return execute

    def _note(
        self, unit: Any, repeat: Repeat, params: Any, many: bool, began: int, took: int
    ) -> None:
        """What is of interest of the first ones only."""
        try:
            if not noted(unit, repeat.group, params, many, began, took):
                repeat.noting = False
        except Exception:
            self.guard.failed()

    def _book(
        self, unit: Any, cursor: Any, sql: Any, params: Any, many: bool, began: int, took: int
    ) -> None:
        """The long way."""
        sampled = not next(self._turns) & SAMPLE
        cost_ns = thread_time_ns() if sampled else 0
        group = self._sighted(unit, cursor, sql)
        group.add(took)
        noted(unit, group, params, many, began, took)
        intent = self._provenance.hand.intent
        if intent.direct:
            group.rows += 1  # the one that an attribute wants; fetching it is not worth a clock
        else:
            intent.group = group
        if sampled:
            self._ledger.hooks_ns += (thread_time_ns() - cost_ns) * (SAMPLE + 1)

    def _sighted(self, unit: Unit, cursor: Any, sql: Any) -> Group:
        """The group of a query that is not simply the next of its kind."""
        intent = self._provenance.hand.intent
        text = sql if type(sql) is str else f"({type(sql).__name__})"
        if len(text) > LONG:
            text = self._texts.short(text)
        elif text.startswith(_TRANSACTION):
            text = text.partition(" ")[0]
        sight = self._sites.sight(text, 2)
        shape = self._sites.deep_shape(text, 2) if unit.deep else sight.shape
        ordinary, rows = text is sql and simple(intent), intent.rows
        # Callers are compared, and templates are none.
        repeatable = not unit.deep or not shape.signed
        expansion, start, note = self._provenance.expansion(unit, shape)
        path = expansion.path if expansion is not None else None
        group = unit.groups.get((shape, path))
        if group is None:
            group = self._new_group(unit, shape, path, cursor.db)
            group.note = note
        if expansion is not None and start is not None:
            expansion.count(1, group)
            if intent.touch is not None and expansion.places < MAX_PLACES and repeatable:
                expansion.places += 1
                intent.next = Repeat(group, text, intent.touch, expansion, start)
                unit.repeats.append(intent.next)
        if not sight.plain or not repeatable:
            return group
        if unit.deep or (expansion is not None and expansion.loads > 1):
            group.most, group.stacks = 0, None  # told apart already, or explained
        elif group.stacks is not None:
            note_stack(group.stacks, group, sight.depth)
        if ordinary and (expansion is None or start is not None):
            inner = rows.evaluation if rows is not None else None
            self._repeats.expect(unit, text, sight, group, expansion, start, inner)
        return group

    def _new_group(self, unit: Unit, shape: Shape, path: Any, connection: Any) -> Group:
        if len(unit.groups) < MAX_GROUPS:
            alias = connection.alias
            dialect = self._dialects.get(alias)
            if dialect is None:
                dialect = dialect_of(connection)
                if is_sure(dialect):
                    self._dialects[alias] = dialect
            group = unit.groups[shape, path] = Group(shape, path, alias, dialect)
            return group
        if unit.overflow is None:
            unit.overflow = Group(_OTHER, None, "")
        return unit.overflow

    def _fetch(self, original: Function, patch: Patch) -> Function:
        hand, failed = self._provenance.hand, self.guard.failed

        def cursor_iter(cursor: Any, sentinel: Any, col_count: Any, itersize: Any) -> Iterator[Any]:
            chunks: Iterator[Any] = original(cursor, sentinel, col_count, itersize)
            try:
                intent = hand.intent
                group = intent.group
                if group is None or not patch.on:
                    return chunks
                intent.group = None
                return _timed(chunks, group)
            except Exception:
                failed()
                return chunks

        return cursor_iter


def _timed(chunks: Any, group: Group) -> Iterator[Any]:
    """Pass rows through, adding the time spent waiting for them and their number."""
    began = now_ns()
    try:
        for chunk in chunks:
            took, n = now_ns() - began, len(chunk)
            group.fetch += took
            group.rows += n
            yield chunk
            began = now_ns()
        group.fetch += now_ns() - began
    finally:
        chunks.close()


def noted(unit: Unit, group: Group, params: Any, many: bool, began: int, took: int) -> bool:
    """Keep parameters and order, as far as there is room; whether there was."""
    known = group.params
    more = known is not None and len(known) < MAX_PARAMS
    if more:
        _note_params(group, params, many)
    if len(unit.operations) < OPERATIONS_PER_UNIT:
        unit.operations.append((group, began, took))
        return True
    return more


def _note_params(group: Group, params: Any, many: bool) -> None:
    """Count distinct parameter sets up to a bound; give up on what may run code of the host."""
    known = group.params
    if known is None:
        return
    if params is None:
        known.add(0)
        return
    if many or type(params) not in (tuple, list):
        group.params = None
        return
    for value in params:
        if type(value) not in _HASHABLE:
            group.params = None
            return
    known.add(hash(tuple(params)))
