"""What a list is, and what opening one of its rows shows: data, drawn by one widget each."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from djscope.model.definitions import NOWHERE, Place, Stack
from djscope.ui.columns import Column, R
from djscope.ui.facts import Facts


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled text; `tone` names a style."""

    label: str
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Detail:
    """Everything about one thing. `copy` is what `y` takes, `place` what `o` opens.

    `process` (an id) is whose stacks `w` takes, and `unit` the one in it that is meant; `aim` is
    what `d` looks at deeply, a kind and a name.
    `stack` is None for things that have none, and empty while it is on its way.
    """

    title: str
    facts: Sequence[Fact] = ()
    lists: Sequence[Spec[Any]] = ()
    stack: Stack | None = None
    stack_title: str = "Stack"
    copy: str = ""
    place: Place = NOWHERE
    process: str = ""
    unit: str = ""
    aim: tuple[str, str] | None = None


# Units that can be looked at deeply by their name.
DEEP_KINDS = frozenset({"request", "task"})
# Asked again at each paint: what it shows goes on changing.
Opener = Callable[[Facts], Detail]


@dataclass(frozen=True, slots=True)
class Spec(Generic[R]):
    """A list: rows, what tells them apart, columns, and what a row opens.

    `sort` is the id of the column to begin with; without one, rows stay as they come. `turns`:
    lists that a key puts in its place. `windowed`: its columns know the last minute as well.
    `aside`: a detail has something else that one looks at first.
    """

    id: str
    title: str
    rows: Callable[[Facts], Iterable[R]]
    key: Callable[[R], Hashable]
    columns: Callable[[Facts], Sequence[Column[R]]]
    empty: Callable[[Facts], str]
    open: Callable[[R], Opener | None] | None = None
    sort: str = ""
    turns: tuple[Spec[Any], ...] = ()
    windowed: bool = False
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Pane:
    """A numbered screenful of lists."""

    id: str
    title: str
    lists: tuple[Spec[Any], ...]
