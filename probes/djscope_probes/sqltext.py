"""SQL as it may leave the process: literals out, sizes of lists out, comments out."""

from __future__ import annotations

import re
from hashlib import blake2b

from djscope_probes.wire import TEXT_BYTES

# One pass over everything that can hold a literal, in the order in which it must be recognised.
# A backslash escapes a quote in MySQL and in PostgreSQL's E'' only; to take it so everywhere hides
# too much, never too little. But `LIKE … ESCAPE '\'` is what Django writes for SQLite.
# Double quotes and backticks delimit identifiers (MySQL's ANSI_QUOTES off is issue of its backend).
_TOKEN = re.compile(
    r"""
      (?P<escape>   \bESCAPE\s+'\\' )
    | (?P<comment>  --[^\n]* | /\*.*?\*/ )
    | (?P<dollar>   \$(?P<tag>[A-Za-z_]\w*)?\$.*?\$(?(tag)(?P=tag))\$ )
    | (?P<string>   \b[EeNnBbXx]?'(?:[^'\\]|''|\\.)*' | '(?:[^'\\]|''|\\.)*' )
    | (?P<name>     "(?:[^"]|"")*" | `[^`]*` | \[[A-Za-z_]\w*\] | %\w | %\(\w+\)s | [A-Za-z_]\w* )
    | (?P<number>   (?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?) )
    | (?P<space>    \s+ )
    | (?P<broken>   ' | /\* | \$\w*\$ )
    """,
    re.VERBOSE | re.DOTALL,
)
_LIST = re.compile(r"\(\s*(?:%s|\?)(?:\s*,\s*(?:%s|\?))+\s*\)")
_ROWS = re.compile(r"(\((?:%s|\?|%s, …|…)\))(?:\s*,\s*\1)+")
_SAVEPOINT = re.compile(r"(SAVEPOINT) .*", re.IGNORECASE)


class _UnreadableError(Exception):
    """A literal or comment that does not end: it may hide anything."""


def _replace(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind in ("string", "number", "dollar", "tag"):
        return "?"
    if kind == "broken":
        # At once: to look for the end of each further literal would be quadratic.
        raise _UnreadableError
    if kind == "escape":
        return "ESCAPE ?"
    return "" if kind == "comment" else " " if kind == "space" else match.group()


def normalise(sql: str) -> str:
    """`sql` without literals and comments, lists collapsed, at most `TEXT_BYTES` long.

    A text with an unfinished literal is sent as a hash: what cannot be read cannot be cleaned.
    """
    try:
        cleaned = _TOKEN.sub(_replace, sql[: TEXT_BYTES * 8]).strip()
    except _UnreadableError:
        return "sql:" + blake2b(sql.encode("utf-8", "replace"), digest_size=8).hexdigest()
    cleaned = _ROWS.sub(r"\1, …", _LIST.sub("(%s, …)", cleaned))
    if len(cleaned) < 200:
        cleaned = _SAVEPOINT.sub(r"\1 …", cleaned)
    return cleaned[:TEXT_BYTES]
