"""SQL broken into lines at its clauses."""

from __future__ import annotations

import re

# A quoted text or name is skipped whole; a clause word outside of those begins a line.
_CLAUSE = re.compile(
    r"""('(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`)
    |(?<!INNER)(?<!OUTER)(?<!LEFT)(?<!CROSS)\s+(?=(?:FROM|WHERE
    |(?:LEFT\ OUTER\ |LEFT\ |INNER\ |CROSS\ )?JOIN|GROUP\ BY|HAVING|ORDER\ BY
    |LIMIT|OFFSET|UNION|INTERSECT|EXCEPT|SET|VALUES|RETURNING|ON\ CONFLICT|FOR\ UPDATE)\b)""",
    re.VERBOSE,
)


def pretty(sql: str) -> str:
    """`sql` with a line per clause."""
    return _CLAUSE.sub(lambda match: match[1] or "\n", sql)
