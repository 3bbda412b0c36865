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
    know for a text). `names`: how else names are delimited. `oracle`: `q'[…]'`. `ascii`: spaces and
    signs are ASCII, whatever is beyond it belongs to a word.
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
    ascii: bool = True


_MYSQL_DASHES = r"--(?=[\x00-\x20\x7f]|\Z)[^\n]*"
# What ends a line differs, and `--5` is a number in MySQL: of the unknown neither is guessed.
_UNKNOWN = Dialect(
    None, "text", "", None, None, None, r"--(?=\s)[^\n\r]*(?=\n|\Z)", ascii=False
)  # fmt: skip
_POSTGRESQL = Dialect(dollar=True, nested=True, dashes=r"--[^\n\r]*", postgres=True)
_MYSQL = Dialect(True, "text", "`", None, hash=True, dashes=_MYSQL_DASHES, mysql=True)
_UNSURE = " unsure"
# PostgreSQL's lexer, and SQLite's and MySQL's: any byte from 0x80 on belongs to a word.
_LETTER = r"[A-Za-z_\x80-\U0010ffff]"
# By Django's `connection.vendor`.
DIALECTS = {
    "": _UNKNOWN,
    "postgresql": _POSTGRESQL,
    "cockroachdb": _POSTGRESQL,
    "mysql": _MYSQL,
    "sqlite": Dialect(double="guess", names="`["),
    "oracle": Dialect(oracle=True, ascii=False),
    "microsoft": Dialect(names="[]", nested=True, ascii=False),
}


def dialect_of(connection: Any) -> str:
    """The name under which `dialect` finds how this Django connection's server reads.

    MySQL's modes change it, and a setting of PostgreSQL's: Django, or libpq, has them at hand once
    they are connected. Before that, and where nobody knows, ` unsure`.
    """
    vendor = str(connection.vendor)
    if vendor == "mysql":
        return vendor + _modes(connection)
    return vendor + (_escapes(connection) if vendor == "postgresql" else "")


def is_sure(name: str) -> bool:
    """Whether a dialect's name says all that there is to know of a connection."""
    return not name.endswith(_UNSURE)


def _modes(connection: Any) -> str:
    data = connection.__dict__.get("mysql_server_data")
    if not isinstance(data, dict):
        return _UNSURE  # Django asks for it with the first query of each connection
    modes = str(data.get("sql_mode") or "")
    ansi = " ansi" if "ANSI" in modes else ""
    return ansi + (" plain" if "NO_BACKSLASH_ESCAPES" in modes else "")


def _escapes(connection: Any) -> str:
    """What the server told libpq of `standard_conforming_strings`: nothing is asked of it."""
    raw = connection.__dict__.get("connection")
    try:
        if hasattr(raw, "pgconn"):  # psycopg 3
            said = raw.pgconn.parameter_status(b"standard_conforming_strings")
        else:
            said = raw.get_parameter_status("standard_conforming_strings")
    except Exception:
        return _UNSURE
    return {b"on": "", "on": "", b"off": " escapes", "off": " escapes"}.get(said, _UNSURE)


@lru_cache(16)
def dialect(name: str) -> Dialect:
    """A vendor, of MySQL ` ansi` (quotes) and ` plain` (no backslash escapes), of PostgreSQL
    ` escapes` (in any literal), or ` unsure` whether a backslash escapes.
    """
    vendor, *modes = name.split(" ")
    known = DIALECTS.get(vendor, _UNKNOWN)
    if "ansi" in modes:
        known = known._replace(double="name")
    for mode, backslash in (("plain", False), ("escapes", True), ("unsure", None)):
        if mode in modes:
            known = known._replace(backslash=backslash)
    return known


@lru_cache(16)
def tokens(of: Dialect) -> re.Pattern[str]:
    """One token, its kind the name of the group. A kind in capitals only says what begins."""
    letter, space = (_LETTER, r"[ \t\n\r\f\v]") if of.ascii else (r"[^\W\d]", r"\s")
    dollar = rf"\$(?:{letter}(?:{letter}|[0-9])*)?\$"
    money = r"[$£€¥]?" if "]" in of.names else ""  # SQL Server's literals of that type
    parts = [
        rf"(?P<space>{space}+)",
        r"(?P<keep>%\([^\W\d]\w*\)[sbt]|%[sbt](?!\w)|%%|:[^\W\d]\w*|\?"
        + (")" if money else r"|\$\d+(?![\w$]))"),
        f"(?P<comment>{of.dashes}" + (r"|#[^\n]*)" if of.hash else ")"),
        r"(?P<COMMENT>/\*)",
        r"(?P<TEXT>'" + ("" if of.double != "text" else '|"') + ")",
        rf"(?P<name>{_names(of)}(?:\.{_names(of)})*)",
        r"(?P<PREFIX>[uU]&(?='))" if of.postgres else "",
        rf"(?P<DOLLAR>{dollar})" if of.dollar else "",
        _doubts(of, dollar),
        rf"(?P<word>{letter}(?:{letter}|[\w$])*|\${letter}(?:{letter}|[\w$])*)",
        rf"(?P<number>0[xX]\w*|{money}(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?\w*)",
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
