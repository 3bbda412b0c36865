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
