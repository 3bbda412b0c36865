"""Which `"…"` of SQLite's are names: those that stand where nothing but a name can.

SQLite takes a name that it does not know for a text (its manual, "quirks" 8). Which ones it knows
it does not tell; so one that stands where a value could has to be named elsewhere in the statement.
"""

from __future__ import annotations

import re

_ORDINARY = re.compile(r'"\w[\w $-]*"')
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
# Behind these stands a name.
_AHEAD = frozenset(
    {
        ".", "ADD", "AS", "COLLATE", "COLUMN", "CONSTRAINT", "DROP", "EXISTS", "FROM", "INDEX",
        "INTO", "JOIN", "OVER", "RECURSIVE", "REFERENCES", "RENAME", "SAVEPOINT", "TABLE", "TO",
        "TRIGGER", "UPDATE", "VIEW", "WINDOW", "WITH",
    }
)  # fmt: skip
# A bracket behind a name behind one of these holds names.
_TABLE_AHEAD = frozenset({"INTO", "TABLE", "REFERENCES", "EXISTS", "ON", "WITH", "RECURSIVE"})
_ASSIGNED = frozenset({"WHERE", "FROM", "RETURNING", "ORDER", "LIMIT", ";"})


class Names:
    """Follows a statement token by token; `known` are names that it has been seen to have."""

    def __init__(self, known: frozenset[str] = frozenset()) -> None:
        self._known = known
        self.found: set[str] = set()
        self.doubted: set[str] = set()
        self._last = self._before = ""
        # Of each bracket that is open: whether it is a list of names.
        self._brackets: list[bool] = []
        self._assigning = -1
        self._creates = False

    def note(self, piece: str) -> None:
        """What was read next: a word in capitals, a sign, a name, or `?` for a value."""
        if piece == "(":
            self._brackets.append(self._holds_names())
        elif piece == ")" and self._brackets:
            self._brackets.pop()
        elif piece == "SET":
            self._assigning = len(self._brackets)
        elif piece in _ASSIGNED:
            self._assigning = -1
        elif piece == "CREATE":
            self._creates = True
        self._before, self._last = self._last, piece

    def _holds_names(self) -> bool:
        if self._last in ("UNIQUE", "CONFLICT", "SET"):
            return True
        if self._last == "KEY":
            return self._before in ("PRIMARY", "FOREIGN")
        if self._before == "ON" and self._last[:1] != '"':
            return False  # a function in the condition of a join
        return self._before in _TABLE_AHEAD

    def is_text(self, name: str, *, qualifies: bool) -> bool:
        """Whether a token in `"…"` may be a text; `qualifies`: a dot follows."""
        quoted = _QUOTED.match(name)
        if quoted is None or quoted.end() < len(name) or qualifies or self._last == ".":
            self.found.update(_QUOTED.findall(name))
            return False
        if not _ORDINARY.fullmatch(name):
            return True
        if self._is_named() or name in self._known:
            self.found.add(name)
            return False
        self.doubted.add(name)
        return True

    def _is_named(self) -> bool:
        last, before = self._last, self._before
        if last in _AHEAD:
            return not (last == "FROM" and before == "DISTINCT")  # IS DISTINCT FROM a value
        if last == "ON":
            return self._creates  # an index or a trigger; else a join's condition
        if last == "BY":
            return before == "INDEXED"
        if last == ")" or last[:1] in ('"', "`", "["):
            return True  # an alias
        if last == "," and self._assigning == len(self._brackets):
            return True
        return last == "SET" or (last in ("(", ",") and bool(self._brackets[-1:] == [True]))
