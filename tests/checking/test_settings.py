"""`[tool.djscope]`: what is read, and what is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from djscope.checking.settings import Settings, settings
from djscope.errors import UsageError
from djscope.model.allowed import Allow

WHOLE = """
[tool.djscope]
fail_on = ["n_plus_one"]
baseline = "ci/djscope.json"
thresholds = { n_plus_one = 5, slow_query = 300 }
tests = ["qa/*"]
allow = [{ relation = "Book.author", route = "books/", reason = "few" }]
"""


def written(directory: Path, text: str) -> Path:
    (directory / "pyproject.toml").write_text(text)
    return directory


def test_all_of_it_is_read(tmp_path: Path) -> None:
    """The baseline lies beside the file; environment and options come after it."""
    found = settings(written(tmp_path, WHOLE))

    assert found.fail_on == {"n_plus_one"}
    assert found.baseline == tmp_path / "ci" / "djscope.json"
    assert found.allow == (Allow("few", relation="Book.author", route="books/"),)
    assert found.tests == ("qa/*",)
    least = found.least("", "n_plus_one=7")
    assert (least.n_plus_one, least.slow_query, least.query_loop) == (7, 300, 5)


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    """From a directory below; another tool's file says nothing."""
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    written(tmp_path, WHOLE)

    assert settings(below).fail_on == {"n_plus_one"}
    written(below, "[tool.black]\n")
    assert settings(below) == Settings()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("failon = []", "knows no key 'failon': choose from fail_on, baseline, thresholds, allow"),
        ('fail_on = "any"', 'fail_on: has to be a list of texts, for example ["n_plus_one"'),
        ('fail_on = ["n1"]', "fail_on: there is no finding 'n1'"),
        ("baseline = 3", "baseline: has to be the name of a file"),
        ("thresholds = 3", "thresholds: has to be a table"),
        ("thresholds = { many = 3 }", "thresholds: there is no threshold 'many'"),
        ("thresholds = { query_loop = 0 }", "'query_loop=0' needs a number from 1 on"),
        ("allow = [3]", "allow: has to be a list of tables, each with a reason"),
        ('allow = [{ site = "a.py" }]', "allow: each entry needs a reason"),
        ('allow = [{ reason = "r" }]', "each entry needs one of kind, relation, site and route"),
        ('allow = [{ url = "/", reason = "r" }]', "allow: knows no key 'url': choose from kind"),
        ('allow = [{ kind = "n1", reason = "r" }]', "allow: there is no finding 'n1'"),
        ('allow = [{ kind = "n*", reason = "" }]', "reason has to be a text that says something"),
        ("tests = 1", "tests: has to be a list of texts"),
        ("fail_on = [", "cannot be read: "),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, line: str, sentence: str) -> None:
    """With the key, and what it knows."""
    written(tmp_path, f"[tool.djscope]\n{line}\n")
    with pytest.raises(UsageError) as refused:
        settings(tmp_path)

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
