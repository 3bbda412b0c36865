"""What is drawn where the locale knows no Unicode: each glyph has an ASCII stand-in."""

from __future__ import annotations

import locale
from functools import lru_cache
from unicodedata import normalize

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

STAND_INS = str.maketrans(
    dict(zip("▁▂▃▄▅▆▇█", "_.-=+*%#", strict=True))
    | {"●": "*", "○": "o", "▶": ">", "❚": "|", "✖": "x", "▲": "!", "▼": "v", "…": "~"}
    | {"─": "-", "━": "=", "│": "|", "┃": "|", "·": ".", "≈": "~", "≥": ">", "→": ">"}
    | {"µ": "u", "░": ".", "▒": ":", "▎": "|", "▔": "-", "▕": "|", "▏": "|", "▪": "*"}
)


def speaks_unicode() -> bool:
    """Whether what is written to the terminal may be more than ASCII."""
    return locale.getpreferredencoding(False).lower().replace("-", "") == "utf8"


@lru_cache(4096)
def to_ascii(text: str) -> str:
    """`text` in as many cells, in ASCII."""
    if text.isascii():
        return text
    return "".join(_stand_in(char) for char in text.translate(STAND_INS))


def _stand_in(char: str) -> str:
    if char.isascii():
        return char
    base = normalize("NFKD", char)[:1]
    width = cell_len(char)
    return base if width == 1 and base.isascii() else "?" * width


class AsciiOnly(LineFilter):
    """The last step before the terminal: whatever was drawn, by whomever, leaves as ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]
