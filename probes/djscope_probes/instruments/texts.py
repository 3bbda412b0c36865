"""Long SQL texts, made short before anything is remembered under them.

Django writes out a placeholder for every value: a list of 10 000 is 40 KB, and another text for
each length. Kept as they are, 2 000 of them would be 80 MB.
"""

from __future__ import annotations

import re

# Shorter texts are keys as they are: most are under 1 KB.
LONG = 2_000
# Of what stays long without its lists only the beginning is kept; more is not sent anyway.
KEPT = 16_000
# Read of one text, for the time that takes: about 5 ms.
READ = 500_000
MAX_KNOWN = 2_000
_VALUES = re.compile(r"%s(?:, ?%s)+")
# Without anything that begins or ends a literal, a name or a comment: of those none may go missing.
_ROWS = re.compile(r"(\([^()'\"`$\\#/*\[\]{}\r\n-]{1,500}\))(?:, ?\1)+")


class Texts:
    """One per armed probe. Thread-safe by the GIL: single dict operations."""

    def __init__(self) -> None:
        # By hash, which a str remembers, and length: the long text itself is let go.
        self._known: dict[tuple[int, int], str] = {}

    def short(self, sql: str) -> str:
        """A text of a bounded length that stands for `sql`; equal for lists of any length."""
        key = (hash(sql), len(sql))
        found = self._known.get(key)
        if found is None:
            found = shorten(sql)
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[key] = found
        return found


def shorten(sql: str) -> str:
    """Lists of placeholders become lists of two, equal rows become two rows."""
    return _ROWS.sub(r"\1, \1", _VALUES.sub("%s, %s", sql[:READ]))[:KEPT]
