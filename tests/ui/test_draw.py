"""Text from anywhere ends up in exactly the cells it is given."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from djscope.ui.draw import bar, clean, fit, spark, wrap
from djscope.ui.glyphs import to_ascii
from djscope.ui.sql import pretty

HOSTILE = [
    "",
    "[bold red]markup[/]",
    "\x1b[31m\x1b]0;title\x07red\x9b1m",
    "line\nbreak\r\ttab",
    "\u202eright to left\u2066",
    "zero\u200bwidth\u200d\ufeff\u00ad",
    "\ud800 lone \udfff surrogates",
    "书籍和作者的名字很长很长",
    "e\u0301\u0301\u0301\u0301" * 50,
    "👩\u200d👩\u200d👧 family, flag 🇩🇪, heart ❤\ufe0f",
    "\U000e0041\U000e0042 tags",
    "x" * 1_000_000,
    "\u0301" * 1_000_000,
]


@pytest.mark.parametrize("width", [0, 1, 2, 3, 10, 40])
@pytest.mark.parametrize("tail", [False, True])
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_fit_is_exact(text: str, tail: bool, width: int) -> None:
    """Whatever the text, a cell takes its width, no more, no less."""
    fitted = fit(text, width, tail=tail)

    assert cell_len(fitted) == width
    assert fitted.isprintable()


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_wrap_keeps_to_the_width(text: str) -> None:
    """No wrapped line is wider than asked, and none can move the cursor."""
    lines = wrap(text, 12)

    assert all(cell_len(line) <= 12 and line.isprintable() for line in lines)


def test_fit_cuts_where_it_hurts_least() -> None:
    """Names lose their end, locations their beginning; numbers stand on the right."""
    assert fit("shop_author", 6) == "shop_…"
    assert fit("shop/views.py:31", 8, tail=True) == "…s.py:31"
    assert fit("42", 5, right=True) == "   42"
    assert fit("书籍书籍", 6) == "书籍 …"
    assert fit("abcdef", 3, cut="") == "abc"


def test_wrap_breaks_at_blanks() -> None:
    """Words stay whole where they can."""
    assert wrap("load the authors together", 12) == ["load the", "authors", "together"]
    assert wrap("a" * 14, 12) == ["a" * 12, "aa"]


def test_clean_leaves_ordinary_text_alone() -> None:
    """Accents, umlauts and CJK are text like any other."""
    assert clean("Zoë naïve 书籍", 40) == "Zoë naïve 书籍"


def test_spark_pools_what_does_not_fit() -> None:
    """Bars stand for sums, the newest on the right; nothing is drawn as nothing."""
    assert spark([0, 1, 2, 4], 4) == " ▂▄█"
    assert spark([1, 1, 3, 3], 2) == "▃█"
    assert spark([1, 1, 1], 2) == "▄█"
    assert spark([], 5) == spark([1], 0) == ""


def test_bar_is_never_invisible() -> None:
    """A stretch begins where it began, and takes at least one cell inside the width."""
    assert bar(0.5, 0.25, 8) == "    ██"
    assert bar(0.99, 0.001, 10) == " " * 9 + "█"
    assert bar(2.0, 3.0, 4) == "   █"


@pytest.mark.parametrize("text", ["▁▂▃▄▅▆▇█", "✖ critical", "❚❚ FROZEN", "85µs", "书籍", "é ≈ 🎉"])
def test_ascii_keeps_the_cells(text: str) -> None:
    """Without Unicode every glyph has a stand-in of the same width."""
    ascii_text = to_ascii(text)

    assert ascii_text.isascii()
    assert cell_len(ascii_text) == cell_len(text)


def test_sql_gets_a_line_per_clause() -> None:
    """Clauses begin lines, words inside quotes do not."""
    sql = (
        'SELECT "a FROM b" FROM "t" INNER JOIN "u" ON ("t"."x" = "u"."y") LEFT OUTER JOIN "v" '
        "ON (1 = 1) WHERE \"n\" = 'it''s ORDER BY' ORDER BY 1 LIMIT 21"
    )

    assert pretty(sql).split("\n") == [
        'SELECT "a FROM b"',
        'FROM "t"',
        'INNER JOIN "u" ON ("t"."x" = "u"."y")',
        'LEFT OUTER JOIN "v" ON (1 = 1)',
        "WHERE \"n\" = 'it''s ORDER BY'",
        "ORDER BY 1",
        "LIMIT 21",
    ]
