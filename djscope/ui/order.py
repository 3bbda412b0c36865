"""Which rows a list shows, in which order, and which of them the cursor is on."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic

from djscope.ui.columns import LATELY, Column, R
from djscope.ui.filter import Filter, parse

# A list under somebody's hands keeps its order this long.
HOLD_S = 3.0


class Order(Generic[R]):
    """The cursor stays on top until somebody moves it; then it follows its row by key."""

    def __init__(
        self, columns: Sequence[Column[R]], key: Callable[[R], Hashable], sort: str
    ) -> None:
        self.columns = columns
        self.sort = sort
        self.reversed = False
        self.filter = Filter()
        self.rows: list[R] = []
        self.total = 0
        self.cursor = 0
        self._key = key
        self._held: Hashable | None = None
        self._moved_at = float("-inf")

    @property
    def current(self) -> R | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    @property
    def claimed(self) -> bool:
        """Whether somebody has moved the cursor."""
        return self._held is not None

    @property
    def column(self) -> Column[R] | None:
        """What rows are sorted by."""
        return next((column for column in self.columns if column.id == self.sort), None)

    @property
    def falling(self) -> bool:
        return self.column is not None and self.column.falling != self.reversed

    def take(self, rows: Iterable[R], now: float) -> None:
        """Show `rows` from here on."""
        before = self.rows
        everything = list(rows)
        self.total = len(everything)
        self.rows = [row for row in everything if self.filter.matches(row)]
        if 0 <= now - self._moved_at < HOLD_S:
            self._keep(before)
        else:
            self._sort()
        self._follow()

    def move(self, to: int, now: float) -> None:
        """Put the cursor onto row `to`; going to the very top lets go of the row."""
        self.cursor = max(0, min(to, len(self.rows) - 1))
        self._held = self._key(self.rows[self.cursor]) if self.cursor else None
        self._moved_at = now

    def sort_by(self, column_id: str) -> None:
        """Sort by a column; once more by the same one turns it round."""
        self.reversed = self.sort == column_id and not self.reversed
        self.sort = column_id
        self._resort()

    def reverse(self) -> None:
        self.reversed = not self.reversed
        self._resort()

    def exchange(self, columns: Sequence[Column[R]], *, lately: bool) -> None:
        """Other columns: sorted by the same figure, in all or of the last minute."""
        ids = {column.id for column in columns}
        plain = self.sort.removesuffix(LATELY)
        self.sort = plain + LATELY if lately and plain + LATELY in ids else plain
        self.columns = columns
        self.narrow(self.filter.text)

    def narrow(self, text: str) -> None:
        """Show what matches `text` only (with the next `take`)."""
        self.filter = parse(text, self.columns)
        self._moved_at = float("-inf")

    def _resort(self) -> None:
        self._moved_at = float("-inf")
        self._sort()
        self._follow()

    def _sort(self) -> None:
        if self.column is not None:
            self.rows.sort(key=self.column.sort_key, reverse=self.falling)
        elif self.reversed:
            self.rows.reverse()

    def _keep(self, before: list[R]) -> None:
        known = {self._key(row): index for index, row in enumerate(before)}
        self.rows.sort(key=lambda row: known.get(self._key(row), len(known)))

    def _follow(self) -> None:
        if self._held is not None:
            for index, row in enumerate(self.rows):
                if self._key(row) == self._held:
                    self.cursor = index
                    return
        self.cursor = max(0, min(self.cursor, len(self.rows) - 1))
