"""Lists in SQL, written down without their size: `(%s, …)`, and rows of them `(%s, …), …`."""

from __future__ import annotations

from djscope_probes.wire import TEXT_BYTES

_LIST = "%s, …"
_CUT = " …"


class _Open:
    """A bracket that is open: `pure` as long as it holds nothing but values and commas."""

    __slots__ = ("at", "commas", "pure", "rows", "values")

    def __init__(self, at: int, rows: bool) -> None:
        self.at = at
        self.pure = True
        self.values = 0
        self.commas = 0
        # Opened behind VALUES or IN.
        self.rows = rows


class Lists:
    """Takes tokens, gives a text. A list of two values or more has no size, nor has one of rows."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._open: list[_Open] = []
        self._row = ""
        self._row_end = -1
        self._row_closed = False

    def space(self) -> None:
        if self._pieces and self._pieces[-1] != " ":
            self._pieces.append(" ")

    def value(self, text: str) -> None:
        if self._open:
            self._open[-1].values += 1
        self._pieces.append(text)

    def other(self, text: str) -> None:
        if self._open:
            self._open[-1].pure = False
        self._pieces.append(text)

    def word(self, text: str, capital: str) -> None:
        if self._open and capital == "SELECT":
            self._open[-1].rows = False
        self._row_closed = False
        self.other(text)

    def sign(self, char: str, last: str) -> None:
        """Anything else; `last` is the token before, in capitals."""
        if char in "([":
            rows = last in ("IN", "VALUES") or (last == "," and self._row_closed)
            if self._open:
                self._open[-1].pure = False
            self._open.append(_Open(len(self._pieces), rows))
        elif char in ")]" and self._open:
            self._close(char, self._open.pop())
            return
        elif char == "," and self._open:
            self._open[-1].commas += 1
        elif self._open:
            self._open[-1].pure = False
        if char not in "([,":
            self._row_closed = False
        if char == "-" and self._pieces[-1:] == ["-"]:
            self.space()  # two minus signs of MySQL are no comment, and shall not become one
        self._pieces.append(char)

    def _close(self, char: str, one: _Open) -> None:
        self._row_closed = one.rows
        is_row = one.pure and one.values > 0 and one.commas == one.values - 1
        self._shorten(one)
        self._pieces.append(char)
        if is_row:
            self._note_row(one.at)

    def _shorten(self, one: _Open) -> None:
        if one.pure and one.values > 1 and one.commas in (one.values - 1, one.values):
            self._pieces[one.at + 1 :] = [_LIST]

    def _note_row(self, at: int) -> None:
        """The same row once more, behind a comma: it says nothing new."""
        row = "".join(self._pieces[at:])
        between = "".join(self._pieces[self._row_end : at]).strip() if self._row_end >= 0 else ""
        if row == self._row and between in (",", ", …,"):
            self._pieces[self._row_end :] = [", …"]
        else:
            self._row, self._row_end = row, len(self._pieces)

    def text(self, *, cut: bool) -> str:
        """All of it, or as much as may be sent; `cut`: there was more to read."""
        while self._open:
            self._shorten(self._open.pop())
        whole = "".join(self._pieces).strip()
        room = TEXT_BYTES - _bytes(_CUT)
        if _bytes(whole) <= (room if cut else TEXT_BYTES):
            return whole.removesuffix("…").rstrip() + _CUT if cut else whole
        kept, size = [], 0
        for piece in self._pieces:
            size += _bytes(piece)
            if size > room:
                break
            kept.append(piece)
        return "".join(kept).strip() + _CUT


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
