"""How a database reads SQL: what begins a literal, a name, a comment, and where it ends.

The same text hides different things: `"x"` is a literal in MySQL and a name elsewhere, `\\'` ends
one literal and not another, `#` begins a comment or is an operator. Facts from the manuals: MySQL
8.4 9.1 and 11.2 (sql_mode), MariaDB "String Literals", PostgreSQL 17 4.1, SQLite "lang_expr" and
"quirks", Oracle 23 "Text Literals".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple


class Dialect(NamedTuple):
    """None stands for "not known": a text in which it matters cannot be read.

    `double`: what `"…"` is, a `name`, a `text`, or `guess` (SQLite takes a name that it does not
    know for a text). `names`: how else names are delimited. `oracle`: `q'[…]'`.
    """

    backslash: bool | None = False
    double: str = "name"
    names: str = ""
    dollar: bool | None = False
    nested: bool | None = False
    hash: bool | None = False
    dashes: str = r"--[^\n]*"
    postgres: bool = False
    mysql: bool = False
    oracle: bool = False


_MYSQL_DASHES = r"--(?=[\s\x00-\x1f]|\Z)[^\n]*"
# What ends a line differs, and `--5` is a number in MySQL: of the unknown neither is guessed.
_UNKNOWN = Dialect(None, "text", "", None, None, None, r"--(?=\s)[^\n\r]*(?=\n|\Z)")
_POSTGRESQL = Dialect(dollar=True, nested=True, dashes=r"--[^\n\r]*", postgres=True)
_MYSQL = Dialect(True, "text", "`", None, hash=True, dashes=_MYSQL_DASHES, mysql=True)
# By Django's `connection.vendor`.
DIALECTS = {
    "": _UNKNOWN,
    "postgresql": _POSTGRESQL,
    "cockroachdb": _POSTGRESQL,
    "mysql": _MYSQL,
    "sqlite": Dialect(double="guess", names="`["),
    "oracle": Dialect(oracle=True),
    "microsoft": Dialect(names="[]", nested=True),
}


def dialect_of(connection: Any) -> str:
    """The name under which `dialect` finds how this Django connection's server reads.

    MySQL's modes change it; Django has them at hand since it connected, or they are the default.
    """
    vendor = str(connection.vendor)
    if vendor != "mysql":
        return vendor
    data = connection.__dict__.get("mysql_server_data")
    modes = str(data.get("sql_mode") or "") if isinstance(data, dict) else ""
    ansi = " ansi" if "ANSI" in modes else ""
    return vendor + ansi + (" plain" if "NO_BACKSLASH_ESCAPES" in modes else "")


@lru_cache(16)
def dialect(name: str) -> Dialect:
    """A vendor, and of MySQL ` ansi` (quotes) and ` plain` (no backslash escapes)."""
    vendor, *modes = name.split(" ")
    known = DIALECTS.get(vendor, _UNKNOWN)
    if "ansi" in modes:
        known = known._replace(double="name")
    return known._replace(backslash=False) if "plain" in modes else known


@lru_cache(16)
def tokens(of: Dialect) -> re.Pattern[str]:
    """One token, its kind the name of the group. A kind in capitals only says what begins."""
    dollar = r"\$(?:[^\W\d]\w*)?\$"
    parts = [
        r"(?P<space>\s+)",
        r"(?P<keep>%\([^\W\d]\w*\)[sbt]|%[sbt](?!\w)|%%|:[^\W\d]\w*|\$\d+(?![\w$])|\?)",
        f"(?P<comment>{of.dashes}" + (r"|#[^\n]*)" if of.hash else ")"),
        r"(?P<COMMENT>/\*)",
        r"(?P<TEXT>'" + ("" if of.double != "text" else '|"') + ")",
        rf"(?P<name>{_names(of)}(?:\.{_names(of)})*)",
        r"(?P<PREFIX>[uU]&(?='))" if of.postgres else "",
        rf"(?P<DOLLAR>{dollar})" if of.dollar else "",
        _doubts(of, dollar),
        r"(?P<word>[^\W\d][\w$]*|\$[^\W\d][\w$]*)",
        r"(?P<number>0[xX]\w*|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?\w*)",
        r"(?P<other>.)",
    ]
    return re.compile("|".join(part for part in parts if part), re.DOTALL)


def _names(of: Dialect) -> str:
    """A name in its delimiters; two of those in a row are one that belongs to it."""
    kinds = [r'"(?:[^"]|"")*"']
    if "`" in of.names:
        kinds.append(r"`(?:[^`]|``)*`")
    if "[" in of.names:
        kinds.append(r"\[(?:[^\]]|\]\])*\]" if "]" in of.names else r"\[[^\]]*\]")
    return f"(?:{'|'.join(kinds)})"


def _doubts(of: Dialect, dollar: str) -> str:
    """What begins something whose end is not known."""
    doubts = [r"\x00"]
    doubts += [re.escape(each) for each in '"`[' if each == '"' or each in of.names]
    if of.dollar is None:
        doubts.append(dollar)
    if of.hash is None:
        doubts += ["#", "--", "`"]
    return f"(?P<doubt>{'|'.join(doubts)})"
