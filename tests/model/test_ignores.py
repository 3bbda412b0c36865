"""`# djscope: ignore[…] reason`: which lines it is about, and what does not count."""

from __future__ import annotations

import pytest

from djscope.model.ignores import comments

PYTHON = """
def card(book):
    name = book.author.name  # djscope: ignore[n_plus_one] few books
    # djscope: ignore[query_loop, duplicate_query] an import, at night
    # and so on
    other = (
        book
        .editor
    )
    text = "# djscope: ignore[n_plus_one] not a comment"
    rows = list(
        Book.objects.all()
    )  # djscope: ignore[n_plus_one] the end of a statement
    # djscope: ignore[n_plus_one] of a loop its head
    for row in rows:
        print(row.author)
    return name, other, text
"""


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        (2, []),
        (3, ["n_plus_one"]),
        (6, ["duplicate_query", "query_loop"]),
        (8, ["duplicate_query", "query_loop"]),
        (10, []),
        (12, ["n_plus_one"]),
        (15, ["n_plus_one"]),
        (16, []),
        (17, []),
    ],
)
def test_a_comment_is_about_its_statement_or_the_one_below(line: int, kinds: list[str]) -> None:
    """Of a statement of several lines all; of a loop only its head; texts are no comments."""
    found = comments("/app/shop/views.py", PYTHON)

    about = {kind for each in found.ignores if line in each.lines for kind in each.kinds}
    assert sorted(about) == kinds
    assert found.wrong == []


def test_the_reason_is_kept() -> None:
    """It is what a report says."""
    (found,) = comments("a.py", "x = 1  # djscope: ignore[n_plus_one]  two  words ").ignores

    assert (found.line, found.reason) == (1, "two words")


@pytest.mark.parametrize(
    ("comment", "why"),
    [
        ("# djscope: ignore", "names no finding"),
        ("# djscope: ignore[] because", "names no finding"),
        ("# djscope: ignore[n_plus_one]", "gives no reason"),
        ("# djscope: ignore[nplusone] because", "there is no finding 'nplusone'"),
        ("# djscope: ignore[n_plus_one, all] because", "there is no finding 'all'"),
    ],
)
def test_what_does_not_count_is_said(comment: str, why: str) -> None:
    """With the line, and what to write."""
    found = comments("/app/shop/views.py", f"x = 1\ny = 2  {comment}\n")

    assert found.ignores == []
    (sentence,) = found.wrong
    assert sentence.startswith("shop/views.py:2: ")
    assert why in sentence


def test_a_template_s_comment() -> None:
    """On the line, or alone above it; Django's and Jinja2's look alike."""
    text = (
        "{# djscope: ignore[n_plus_one] ten at most #}\n"
        "{% for b in books %}{{ b.author }}{% endfor %}\n"
        "{{ a }} {# djscope: ignore[query_loop] once a day #} {{ b }}\n"
        "{{ c }}\n"
    )
    found = comments("/app/templates/list.html", text)

    assert [(each.line, sorted(each.lines)) for each in found.ignores] == [(1, [1, 2]), (3, [3])]
    assert [each.reason for each in found.ignores] == ["ten at most", "once a day"]


@pytest.mark.parametrize("text", ["def broken(:  # djscope: ignore[n_plus_one] x", "'''# djscope:"])
def test_what_is_no_python_breaks_nothing(text: str) -> None:
    """Comments are read as far as they can be."""
    comments("broken.py", text)
