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
from typing import Any
from uuid import UUID

from djscope_probes import landmarks
from djscope_probes.dialects import dialect_of
from djscope_probes.groups import HIST, MAX_PARAMS, Group, Shape
from djscope_probes.guard import Guard
from djscope_probes.instruments.doors import Doors
from djscope_probes.instruments.provenance import Provenance
from djscope_probes.instruments.sites import Sites
from djscope_probes.instruments.texts import LONG, Texts
from djscope_probes.ledger import Ledger
from djscope_probes.patching import Function, Patch, Patches
from djscope_probes.units import MAX_GROUPS, Unit, now_ns, working
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
        self._sites.know(landmarks.access(), landmarks.boundaries())
        self._doors.reach(self.patches)
        if landmarks.loaded("django.db.models") is not None:
            # The one module not looked up: backends load it at the first query.
            compiler = importlib.import_module("django.db.models.sql.compiler")
            self.patches.wrap(compiler, "cursor_iter", self._fetch)
        self.patches.wrap(utils.CursorWrapper, "_execute_with_wrappers", self._execute)

    def _execute(self, original: Function, patch: Patch) -> Function:
        record, failed = self._record, self.guard.failed

        def _execute_with_wrappers(
            cursor: Any, sql: Any, params: Any, many: bool, executor: Any
        ) -> Any:
            unit = working() if patch.on else None
            if unit is None:
                return original(cursor, sql, params, many, executor)
            began = now_ns()
            try:
                return original(cursor, sql, params, many, executor)
            finally:
                took = now_ns() - began
                try:
                    record(unit, cursor.db, sql, params, many, began, took)
                    if not next(self._turns) & SAMPLE:
                        self._ledger.hooks_ns += (now_ns() - began - took) * (SAMPLE + 1)
                except Exception:
                    failed()

        return _execute_with_wrappers

    def _record(
        self, unit: Unit, connection: Any, sql: Any, params: Any, many: bool, began: int, took: int
    ) -> None:
        text = sql if type(sql) is str else f"({type(sql).__name__})"
        unit.queries += 1
        unit.sql_ns += took
        if len(text) > LONG:
            text = self._texts.short(text)
        elif text.startswith(_TRANSACTION):
            text = text.partition(" ")[0]
        shape = self._sites.deep_shape(text, 1) if unit.deep else self._sites.shape(text, 1)
        path, start = self._provenance.path_of(unit, shape)
        group = unit.groups.get((shape, path)) or self._new_group(unit, shape, path, connection)
        group.n += 1
        group.total += took
        group.max = max(group.max, took)
        bucket = (took // 1000).bit_length()
        group.hist[bucket if bucket < HIST else HIST - 1] += 1
        if start is not None and path is not None:
            root = start.root
            loads = root.loads[path] = root.loads.get(path, 0) + 1
            if loads > group.peak:
                group.peak, group.parents = loads, root.rows
        if group.params is not None:
            _note_params(group, params, many)
        if len(unit.operations) < OPERATIONS_PER_UNIT:
            unit.operations.append((group, began, took))
        self._provenance.hand.intent.group = group

    def _new_group(self, unit: Unit, shape: Shape, path: Any, connection: Any) -> Group:
        if len(unit.groups) < MAX_GROUPS:
            alias = connection.alias
            dialect = self._dialects.get(alias)
            if dialect is None:
                dialect = self._dialects[alias] = dialect_of(connection)
            group = unit.groups[shape, path] = Group(shape, path, alias, dialect)
            return group
        if unit.overflow is None:
            unit.overflow = Group(_OTHER, None, "")
        return unit.overflow

    def _fetch(self, original: Function, patch: Patch) -> Function:
        hand, failed = self._provenance.hand, self.guard.failed

        def cursor_iter(*args: Any, **kwargs: Any) -> Iterator[Any]:
            chunks: Iterator[Any] = original(*args, **kwargs)
            try:
                intent = hand.intent
                unit, group = working(), intent.group
                if unit is None or group is None or not patch.on:
                    return chunks
                intent.group = None
                return _timed(chunks, unit, group)
            except Exception:
                failed()
                return chunks

        return cursor_iter


def _timed(chunks: Any, unit: Unit, group: Group) -> Iterator[Any]:
    """Pass rows through, adding the time spent waiting for them and their number."""
    try:
        while True:
            began = now_ns()
            chunk = next(chunks, None)
            took = now_ns() - began
            group.fetch += took
            unit.fetch_ns += took
            if chunk is None:
                return
            group.rows += len(chunk)
            yield chunk
    finally:
        chunks.close()


def _note_params(group: Group, params: Any, many: bool) -> None:
    """Count distinct parameter sets up to a bound; give up on what may run code of the host."""
    known = group.params
    if known is None or len(known) >= MAX_PARAMS:
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
