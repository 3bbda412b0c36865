"""The governor: what too much of a core leads to. Times are numbers here, no clock runs."""

from __future__ import annotations

import pytest

from djscope_probes.governor import LIMIT, SAMPLED, WINDOW_NS, Governor


def shares(*each: float) -> Governor:
    """A governor that has seen these shares of a core, a window each."""
    governor = Governor(0, 0)
    cost = 0.0
    for number, share in enumerate(each, 1):
        cost += share * WINDOW_NS
        governor.judge(number * WINDOW_NS, int(cost))
    return governor


@pytest.mark.parametrize("share", [0.0, 0.02, LIMIT])
def test_little_is_let_be(share: float) -> None:
    """However long it lasts."""
    governor = shares(*[share] * 20)

    assert (governor.one_in, governor.off, governor.why) == (1, False, "")


def test_too_much_means_a_sample_of_units() -> None:
    """And the sentence says how much it was."""
    governor = shares(0.01, 0.16, 0.01, 0.01)

    assert (governor.one_in, governor.off) == (SAMPLED, False)
    assert governor.why == "djscope took 16% of a core (limit 10%): records one unit in 10"


def test_still_too_much_means_off() -> None:
    """A sample that costs that much is no use to anybody."""
    governor = shares(0.5, 0.2)

    assert governor.off
    assert governor.why == "djscope took 20% of a core (limit 10%) recording one unit in 10: off"


def test_a_burst_shorter_than_a_window_counts_as_its_mean() -> None:
    """Arming itself costs something."""
    governor = Governor(0, 0)
    governor.judge(WINDOW_NS // 10, WINDOW_NS // 12)
    governor.judge(WINDOW_NS, WINDOW_NS // 12)

    assert governor.one_in == 1
