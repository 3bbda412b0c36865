"""Processes without a probe in the Processes pane: dim, without level, and `w` works on them."""

from __future__ import annotations

import pytest

from djscope.model.figures import Figures
from djscope.model.processes import unprobed_fact
from tests.builders import NOON, shop
from tests.ui.driver import NARROW, NORMAL, WIDE, played, running
from tests.ui.reach import Nothing
from tests.ui.test_screens import expect

ARBITER = unprobed_fact("web-1", 4700, NOON - 3600, "gunicorn", ("web-1/4711",))
BEAT = unprobed_fact("jobs-1", 87, NOON - 60, "celery", ())


def beside() -> Nothing:
    """An arbiter, and a process that nobody watches."""
    known = {ARBITER.id: Figures(0.01, 31_000_000, 1, 12, NOON - 3600)}
    return Nothing(shop(), known, others=(ARBITER, BEAT))


@pytest.mark.parametrize("size", [NARROW, NORMAL, WIDE])
@played
async def test_screens(size: tuple[int, int]) -> None:
    """With what the machine tells of them; what a probe would tell is blank."""
    hand = beside()
    async with running(hand.feed, size, reach=hand) as driver:
        await driver.press("7")
        await driver.tick()

        assert "2 of 2" in driver.lines[0]  # who has no probe is not missed
        expect(f"unprobed-{size[0]}x{size[1]}", driver)


@played
async def test_they_are_dim_and_come_last() -> None:
    """Every cell of them, and of no other; who is nobody's parent stands last."""
    hand = beside()
    async with running(hand.feed, reach=hand) as driver:
        await driver.press("7")
        shown = driver.focused
        assert [row.pid for row in shown.order.rows] == [88, 4700, 4711, 87]
        tones = {row.name: {tone for _, tone in shown._parts(row)} for row in shown.order.rows}

        assert tones["web-1/4700"] == tones["jobs-1/87"] == {"faint"}
        assert "faint" not in tones["web-1/4711"]


@played
async def test_where_asks_for_their_stacks() -> None:
    """As of any process; deep is for those that have a probe."""
    hand = beside()
    async with running(hand.feed, reach=hand) as driver:
        await driver.press("7", "slash", *"4700", "enter", "d")

        assert "deep is for processes, routes and tasks" in driver.screen

        await driver.press("w")

        assert hand.asked == [("web-1/4700", "")]
        assert "stacks of web-1/4700" in driver.screen


@pytest.mark.parametrize(
    ("process", "words"),
    [
        (
            "web-1/4700",
            ("none needed: it forks those that work", "parent of", "web-1/4711", "31MB"),
        ),
        ("jobs-1/87", ("put djscope_probes into its INSTALLED_APPS", "djscope run -- CMD")),
    ],
)
@played
async def test_opened_they_say_what_would_help(process: str, words: tuple[str, ...]) -> None:
    """And that py-spy can look without."""
    hand = beside()
    async with running(hand.feed, reach=hand) as driver:
        await driver.press("7", "slash", *process.rpartition("/")[2], "enter", "enter")

        for each in (*words, "w shows where it stands, by py-spy from outside"):
            assert each in driver.screen

        await driver.press("w")
        assert hand.asked == [(process, "")]


@played
async def test_one_that_has_ended_is_said_to_have() -> None:
    """It was found a moment ago and is not there any more."""
    hand = beside()
    async with running(hand.feed, reach=hand) as driver:
        await driver.press("7", "slash", *"4700", "enter", "enter")
        hand.others = ()
        await driver.press("w")

        assert hand.asked == []
        assert "web-1/4700 has ended" in driver.screen
