"""What cases are made of: code, the advice it gets, what becomes of it; where it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Use = Callable[[Iterable[Any]], list[Any]]
WORKS, MEMBERS, CARDS = (
    f"m.{model}.objects.order_by('pk')" for model in ("Work", "Member", "Card")
)
RAW = 'm.Work.objects.raw("SELECT * FROM library_work")'


class Case(NamedTuple):
    """`root` loads the rows, `use` goes on from each of them; the finding says `code`.

    `mended` uses what the code brings along, where that is not the same attribute; `rest` stands
    for each `…` in turn. `where`: where the code goes, if not after `root`, `{}` being the code.
    """

    root: str
    use: Use
    kind: str
    code: str
    mended: Use | None = None
    rest: tuple[str, ...] = ()
    where: str = ""

    @property
    def place(self) -> str:
        return self.where or f"{self.root}{{}}"


class Told(NamedTuple):
    """The advice's code, to be run with what it leaves to the reader."""

    code: str
    names: dict[str, Any]

    def __call__(self, model: Any = None, **names: Any) -> Any:
        return eval(self.code, {**self.names, "Model": model, **names})  # our own text

    def part(self, number: int) -> Told:
        """One of several pieces of advice that belong together."""
        return Told(self.code.split("\n")[number], self.names)


class Loop(NamedTuple):
    """`do` is the loop, `mended` what the advice makes of it; both return the same, or leave the
    same `state`. `before` is done before. `which`: the advice that counts; `code` has a line for
    each that belongs to it; `rest` stands for each `…` in turn.
    """

    do: Callable[[Any], Any]
    code: str
    mended: Callable[[Any, Told], Any]
    rest: tuple[str, ...] = ()
    which: int = 0
    state: Callable[[Any], Any] | None = None
    before: Callable[[Any], Any] | None = None


def keys(model: Any) -> list[int]:
    """Of all rows, twice."""
    return [*model.objects.order_by("pk").values_list("pk", flat=True)] * 2


def titled(m: Any) -> list[Any]:
    """Objects that were changed, all differently."""
    works = list(m.Work.objects.order_by("pk")) * 2
    for number, work in enumerate(works):
        work.title = f"t{number % 4}"
    return works


def execute(sql: str, values: list[Any]) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if sql.startswith("SELECT") else []
