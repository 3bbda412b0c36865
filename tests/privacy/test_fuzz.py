"""Whatever stands in a literal, nothing of it leaves the process: three oracles and a grammar."""

from __future__ import annotations

import sqlite3

import pytest
import sqlglot
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlglot.tokens import TokenType

from djscope_probes.sqltext import normalise
from tests.privacy.literals import (
    EVERYWHERE,
    FORMS,
    HOSTILE,
    IN_COMMENT,
    NUMBER,
    PLACES,
    SECRET,
    SIGNED,
    UNSIGNED,
    contents,
)

# The same examples each time. (Ten times as many were run once, too.)
fuzz = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def parts(secret: str) -> list[str]:
    """Every four characters in a row, as they are and in hexadecimal."""
    pieces = [secret[at : at + 4] for at in range(len(secret) - 3)]
    return [*pieces, *(piece.encode().hex() for piece in pieces)]


def betrays(text: str) -> list[str]:
    """The parts of a secret that are in `text`."""
    return [part for part in (*parts(SECRET), *parts(NUMBER)) if part in text]


@st.composite
def statements(draw: st.DrawFn, vendor: str) -> tuple[str, str, str]:
    """A place of grammar with one set of literals, with another, and the place itself."""
    place = draw(st.sampled_from(EVERYWHERE + PLACES.get(vendor.partition(" ")[0], [])))
    forms = st.sampled_from(FORMS[vendor])
    commented = any(sign in place for sign in IN_COMMENT)

    def literal() -> str:
        if draw(st.booleans()):
            # A sign is the number's where a value has to come; elsewhere it may be a minus.
            return draw(st.sampled_from(UNSIGNED + (SIGNED if place in EVERYWHERE else [])))
        content = draw(contents)
        if commented:  # in a comment the comment's end decides, not the literal's
            content = SECRET
        made = str(draw(forms)(content))
        return made.replace("\n", " ") if commented else made

    holes = place.count("{}")
    one, other = (place.format(*(literal() for _ in range(holes))) for _ in range(2))
    return one, other, place


@pytest.mark.parametrize("vendor", FORMS)
def test_no_part_of_a_literal_survives(vendor: str) -> None:
    """At each place of grammar, in each form; cleaning twice is cleaning once; statements that
    differ in literals only have one text.
    """

    @fuzz
    @given(statements(vendor))
    def check(made: tuple[str, str, str]) -> None:
        one, other, _ = made
        text = normalise(one, vendor)

        assert betrays(text) == []
        assert not text.startswith("sql:")
        assert normalise(text, vendor) == text
        assert normalise(other, vendor) == text

    check()


@pytest.mark.parametrize("vendor", [*FORMS, "", "of some other maker"])
def test_no_soup_of_quotes_and_comments_betrays_more_than_it_is_read_to(vendor: str) -> None:
    """Whatever comes in, what goes out is stable, bounded, and holds no quoted text."""

    @fuzz
    @given(st.lists(st.sampled_from((*HOSTILE, " = ", "a", "1", "SELECT")), max_size=25))
    def check(fragments: list[str]) -> None:
        text = normalise("".join(fragments), vendor)

        assert normalise(text, vendor) == text
        assert "'" not in text or any(quote in text for quote in '"`[')

    check()


EDGES = (
    ("'", "'"), ("'", "'"), ('"', '"'), ("`", "`"), ("/*", "*/"), ("-- ", "\n"), ("#", "\n"),
    ("$$", "$$"), ("E'", "'"), ("(", ")"), ("", ""), ("", ", "), ("'", ""),
)  # fmt: skip


@st.composite
def fragments(draw: st.DrawFn, most: int) -> str:
    """Quotes, comments, and what is neither, with numbered words `m00w` `m01w` … in all of them."""
    made = []
    for count in range(draw(st.integers(1, most))):
        begin, end = draw(st.sampled_from(EDGES))
        inside = draw(st.lists(st.sampled_from((*HOSTILE, "", "", " = ")), max_size=2))
        made.append(f"{begin}{''.join(inside[:1])} m{count:02}w {''.join(inside[1:])}{end} ")
    return "SELECT " + "".join(made)


ORACLE = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite"}
LITERAL = {
    TokenType.STRING, TokenType.NUMBER, TokenType.HEX_STRING, TokenType.BIT_STRING,
    TokenType.BYTE_STRING, TokenType.NATIONAL_STRING, TokenType.RAW_STRING,
    TokenType.HEREDOC_STRING, TokenType.UNICODE_STRING,
}  # fmt: skip


@pytest.mark.parametrize("vendor", ORACLE)
def test_what_another_tokenizer_takes_for_a_literal_does_not_survive(vendor: str) -> None:
    """sqlglot's is independent of ours: where it can read a text, we hide what it calls literals
    and comments.
    """
    read = []

    @fuzz
    @given(fragments(8))
    def check(sql: str) -> None:
        try:
            tokens = sqlglot.tokenize(sql, read=ORACLE[vendor])
        except sqlglot.errors.TokenError:
            return
        text = normalise(sql, vendor)
        hidden = [token.text for token in tokens if token.token_type in LITERAL]
        shown = " ".join(token.text for token in tokens if token.token_type not in LITERAL)
        hidden += [comment for token in tokens for comment in token.comments]
        read.append(bool(hidden) and not text.startswith("sql:"))
        for number in range(20):
            word = f"m{number:02}w"
            if any(word in each for each in hidden) and word not in shown:
                assert word not in text

    check()

    assert sum(read) > 50


def test_what_sqlite_returns_as_a_value_does_not_survive() -> None:
    """The real thing: what a statement evaluates to was in its literals."""
    returned = []
    database = sqlite3.connect(":memory:")

    @fuzz
    @given(st.lists(fragments(3).map(lambda sql: sql[7:]), min_size=1, max_size=3), st.data())
    def check(made: list[str], data: st.DataObject) -> None:
        quote = data.draw(st.sampled_from(["'", "''", "' ", '"', "/*", "--\n'", ""]))
        # Words of their own for each: of two alike one may be a name.
        pieces = [each.replace(" m0", f" m{number}") for number, each in enumerate(made)]
        sql = "SELECT " + " || ".join(f"{quote}{each}{quote[::-1]}" for each in pieces)
        try:
            row = database.execute(sql).fetchone()
        except (sqlite3.Error, sqlite3.Warning, ValueError):
            return
        values = [value for value in row or () if isinstance(value, str)]
        text = normalise(sql, "sqlite")
        returned.append(bool(values) and not text.startswith("sql:"))
        for value in values:
            for number in range(40):
                assert f"m{number:02}w" not in value or f"m{number:02}w" not in text

    check()
    database.close()

    assert sum(returned) > 10
