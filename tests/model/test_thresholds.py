"""From how many on: settable, by the finding's name."""

from __future__ import annotations

import pytest

from djscope.model.thresholds import NAMES, Thresholds, parse
from tests.model.scene import Scene, group, lazy


@pytest.mark.parametrize(("n", "kinds"), [(10, ["n_plus_one"]), (11, [])])
def test_a_threshold_decides(n: int, kinds: list[str]) -> None:
    """Ten lazy loads are enough for ten, not for eleven."""
    scene = Scene()
    scene.session.thresholds = Thresholds(n_plus_one=n, query_loop=99, duplicate_query=99)
    scene.request(lazy())

    assert [each.kind for each in scene.findings()] == kinds


@pytest.mark.parametrize(("n", "kinds"), [(4, ["query_loop"]), (5, [])])
def test_the_threshold_of_loops(n: int, kinds: list[str]) -> None:
    """Queries of one line that no relation explains."""
    scene = Scene()
    scene.session.thresholds = Thresholds(query_loop=n)
    scene.request(group(n=4, params=4))

    assert [each.kind for each in scene.findings()] == kinds


def test_thresholds_are_written_as_pairs() -> None:
    """The later one counts; what is not named stays."""
    assert parse(["query_loop=9", " query_loop=10"]) == Thresholds(query_loop=10)
    assert parse([]) == Thresholds()


@pytest.mark.parametrize("text", ["loops=3", "query_loop", "query_loop=", "query_loop=0", "=1"])
def test_what_is_no_threshold_is_said(text: str) -> None:
    """With what could be written instead."""
    with pytest.raises(ValueError, match=r"choose from n_plus_one|write query_loop=10"):
        parse([text])


def test_all_are_named_as_findings() -> None:
    """So that nobody has to learn another word."""
    assert NAMES == ("n_plus_one", "query_loop", "duplicate_query", "slow_query")
