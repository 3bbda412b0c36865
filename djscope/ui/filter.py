"""The filter line's language: `view:orders p95>50ms -static text`. All terms must hold."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from djscope.ui.columns import Column

HELP = 'text  -text  column:text  column>number (k M us ms s m h)  "quoted text"'

Test = Callable[[Any], bool]
_TERM = re.compile(r'(-?)(?:([\w%]+)(:|>=|<=|>|<|=))?(?:"([^"]*)"?|(\S*))')
_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)(us|µs|ms|s|m|h|k|M|%)?")
_SCALE = {"us": 1e-3, "µs": 1e-3, "ms": 1, "s": 1e3, "m": 6e4, "h": 3.6e6, "k": 1e3, "M": 1e6}
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """What was typed, what it tests, and what is wrong with it (then it lets everything pass)."""

    text: str = ""
    tests: tuple[Test, ...] = ()
    problem: str = field(default="")

    @property
    def brief(self) -> str:
        """The problem without what would help."""
        return self.problem.partition(" (")[0]

    def __bool__(self) -> bool:
        return bool(self.tests)

    def matches(self, row: Any) -> bool:
        return all(test(row) for test in self.tests)


class _WrongError(ValueError):
    pass


def parse(text: str, columns: Sequence[Column[Any]]) -> Filter:
    """The filter that `text` describes for rows with `columns`."""
    try:
        terms = (match for match in _TERM.finditer(text) if match.group().strip())
        return Filter(text, tuple(_term(columns, match) for match in terms))
    except _WrongError as wrong:
        return Filter(text, problem=str(wrong))


def _term(columns: Sequence[Column[Any]], match: re.Match[str]) -> Test:
    sign, name, compare, quoted, bare = match.groups()
    wanted = quoted if quoted is not None else bare or ""
    if name is None or compare is None:
        test = _contains([c for c in columns if c.number is None], wanted)
    elif compare == ":":
        test = _contains([_column(columns, name)], wanted)
    else:
        test = _compares(_column(columns, name), compare, wanted)
    return (lambda row: not test(row)) if sign else test


def _contains(columns: Sequence[Column[Any]], wanted: str) -> Test:
    needle = wanted.casefold()
    return lambda row: any(needle in column.cell(row).casefold() for column in columns)


def _compares(column: Column[Any], compare: str, wanted: str) -> Test:
    match, number = _NUMBER.fullmatch(wanted), column.number
    if number is None:
        raise _WrongError(f"{column.id} is text: use {column.id}:{wanted or '…'}")
    if match is None:
        raise _WrongError(f"{column.id}{compare} needs a number, like {column.id}{compare}50")
    limit = float(match[1]) * _SCALE.get(match[2] or "", 1)
    holds = _COMPARE[compare]
    return lambda row: holds(number(row), limit)


def _column(columns: Sequence[Column[Any]], name: str) -> Column[Any]:
    for column in columns:
        if name.casefold() in {column.id, column.title}:
            return column
    known = " ".join(column.id for column in columns)
    raise _WrongError(f'no column "{name}" (quote text with : < >); there are: {known}')
