"""What a statement's text tells about it: the table, what it compares, what it writes.

Read from SQL as Django's compilers write it (4.2 to 6.1; names quoted, `%s` for values); of other
texts only what is certain. A table's model and whether a column is unique are not in it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

WRITING = frozenset({"INSERT", "UPDATE", "DELETE"})
_NAME = r'["`]?(\w+)["`]?'
_COLUMN = rf"(?:{_NAME}\.)?{_NAME}"
_TABLE = re.compile(
    rf"\s*(?:(SELECT)\b.*?\bFROM|(INSERT)\b.*?\bINTO|(UPDATE)|(DELETE) FROM)\s+{_NAME}(?:\s|$)",
    re.IGNORECASE | re.DOTALL,
)
_WHERE = re.compile(
    r"\bWHERE\b(.*?)(?:\bGROUP BY\b|\bORDER BY\b|\bLIMIT\b|\bRETURNING\b|\bFOR UPDATE\b|$)",
    re.IGNORECASE | re.DOTALL,
)
_AND = re.compile(r"\bAND\b", re.IGNORECASE)
_OTHER = re.compile(r"\b(?:OR|NOT|BETWEEN)\b", re.IGNORECASE)
_EQUAL = re.compile(rf"[\s(]*{_COLUMN}\s*=\s*%s[\s)]*")
_AMONG = re.compile(rf"[\s(]*{_COLUMN}\s+IN\s+\(.*", re.IGNORECASE | re.DOTALL)
_SET = re.compile(r"\bSET\b(.*?)(?:\bWHERE\b|$)", re.IGNORECASE | re.DOTALL)
_WRITTEN = re.compile(rf"(?:^|,)\s*{_NAME}\s*=", re.DOTALL)
_ORDER = re.compile(r"\bORDER BY\b(.*?)(?:\bLIMIT\b|$)", re.IGNORECASE | re.DOTALL)
_ORDERED = re.compile(rf"\s*{_COLUMN}\s*(ASC|DESC)?\s*", re.IGNORECASE)
_FUNCTION = re.compile(rf"SELECT\s(AVG|COUNT|MAX|MIN|SUM)\({_COLUMN}\) AS {_NAME} FROM ")


class Statement(NamedTuple):
    """`conditions`: how many `WHERE` joins with AND, -1 where that cannot be told; `key`: the
    table's column, if it is the only one and compared with one value; `among`: the same with `IN`.
    `order` as `order_by` has it.
    """

    verb: str = ""
    table: str = ""
    conditions: int = -1
    key: str = ""
    among: str = ""
    written: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    function: str = ""
    operand: str = ""
    quoted: bool = False
    sliced: bool = False

    @property
    def writes(self) -> bool:
        return self.verb in WRITING


@lru_cache(1024)
def read(sql: str) -> Statement:
    """An empty statement where nothing is certain."""
    head = _TABLE.match(sql)
    if head is None:
        return Statement()
    verb = next(word for word in head.groups()[:4] if word).upper()
    table = head[5]
    conditions, key, among = _compared(sql, table)
    found = _FUNCTION.match(sql)
    setting = _SET.search(sql) if verb == "UPDATE" else None
    return Statement(
        verb,
        table,
        conditions,
        key,
        among,
        tuple(_WRITTEN.findall(setting[1])) if setting and "(" not in setting[1] else (),
        _ordered(sql, table),
        found[1].capitalize() if found else "",
        found[3] if found else "",
        sql[head.end(5) : head.end(5) + 1] in ('"', "`"),
        " LIMIT " in sql,
    )


def _compared(sql: str, table: str) -> tuple[int, str, str]:
    """How many conditions there are, and the one column, if it is one."""
    if len(re.findall(r"\bSELECT\b", sql, re.IGNORECASE)) > 1:
        return -1, "", ""
    where = _WHERE.search(sql)
    if where is None:
        return 0, "", ""
    if _OTHER.search(where[1]):
        return -1, "", ""
    found = [pattern.fullmatch(where[1]) for pattern in (_EQUAL, _AMONG)]
    key, among = (one[2] if one and one[1] in (None, table) else "" for one in found)
    count = len(_AND.split(where[1]))
    return count, key, among if count == 1 else ""


def _ordered(sql: str, table: str) -> tuple[str, ...]:
    """Empty where a column is not the table's own, or an expression."""
    order = _ORDER.search(sql)
    names = []
    for part in order[1].split(",") if order is not None else ():
        found = _ORDERED.fullmatch(part)
        if found is None or found[1] not in (None, table):
            return ()
        names.append(f"-{found[2]}" if (found[3] or "").upper() == "DESC" else found[2])
    return tuple(names)
