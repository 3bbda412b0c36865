"""Each advice is applied as it stands: the finding is gone, the result is the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.testing import loops, relations
from tests.testing.proof import of_loop, of_relation


@pytest.mark.parametrize("name", relations.CASES)
def test_the_advice_on_a_relation_mends_it(library: Any, name: str) -> None:
    """Word for word, at the queryset that the finding names."""
    case = relations.CASES[name]
    proof = of_relation(case, library)

    assert [told[0].code for told in proof.advice] == [case.code]
    assert proof.equal
    assert proof.left == []
    assert proof.after < proof.before


@pytest.mark.parametrize("name", loops.CASES)
def test_the_advice_on_a_loop_mends_it(library: Any, name: str) -> None:
    """With the model in place of `Model`, and what it iterates over."""
    proof = of_loop(loops.CASES[name], library)

    assert proof.advice
    assert proof.equal
    assert proof.left == []
    assert proof.after < proof.before


@pytest.mark.parametrize("name", relations.PEERS)
def test_peers_are_fetched_at_once(library: Any, name: str) -> None:
    """Django 6.1's fetch mode, where it is advised."""
    from django.db import models

    if not hasattr(models, "FETCH_PEERS"):
        pytest.skip("Django 6.1 brought fetch modes")
    proof = of_relation(relations.PEERS[name], library, which=1)

    assert [told[1].code for told in proof.advice] == [".fetch_mode(FETCH_PEERS)"]
    assert (proof.equal, proof.left) == (True, [])
    assert proof.after < proof.before


@pytest.mark.parametrize("name", ["from an iterator", "from raw()", "many to many", "counted"])
def test_fetch_modes_are_not_advised_where_they_do_not_work(library: Any, name: str) -> None:
    """Streamed rows have no peers; a manager's own query knows none; a raw query has no mode."""
    (told,) = of_relation(relations.CASES[name], library).advice

    assert len(told) == 1


def test_a_raw_query_is_told_to_select_what_it_lacks(library: Any) -> None:
    """There is no only() on it to mend."""
    raw = 'm.Work.objects.raw("SELECT id, title{} FROM library_work")'
    use = relations.DEFERRED["deferred by only()"].use
    case = relations.Case(raw.format(""), use, "n_plus_one", "", where=raw.format(", blurb"))
    proof = of_relation(case, library)

    assert proof.advice[0][0].text.startswith("select blurb in the Work raw query")
    assert (proof.equal, proof.left, proof.after) == (True, [], 1)
