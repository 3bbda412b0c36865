"""Stacks now: one key on a process, finding or unit; what is shown while, after, and instead."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from djscope.model.stacks import PROBE, PY_SPY, Taken, ThreadFact
from djscope.ui.screens.detail import DetailScreen
from djscope.ui.screens.stacks import StacksScreen
from tests.builders import LIBRARY, NOON, ORIGIN, TASK, VIEW, WEB, WORKER, Feed, report, shop
from tests.ui.driver import NARROW, NORMAL, Driver, played, running
from tests.ui.reach import Nothing, Waiting
from tests.ui.test_screens import VIEWS, expect

THREADS = (
    ThreadFact(
        "thread", "pool-1", (LIBRARY, VIEW, LIBRARY), "o2", "orders/<int:pk>/", 75.0, 4713, own=True
    ),
    ThreadFact("task", "Task-9", (TASK,)),
    ThreadFact("thread", "MainThread", (LIBRARY,), native_id=4711),
)  # fmt: skip


def taken(by: str = PROBE) -> Taken:
    return Taken("web-1/4711", by, NOON, THREADS)


def reach(feed: Feed, **answer: object) -> Nothing:
    return Nothing(feed, taking=Waiting(**answer))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [NARROW, NORMAL])
@played
async def test_screens(size: tuple[int, int]) -> None:
    """The chosen unit's thread first and marked; ours stand out; by whom it was taken."""
    feed = shop()
    hand = reach(feed, taken=taken())
    async with running(feed, size, read=lambda _: VIEWS, reach=hand) as driver:
        await driver.press("7", "w")
        await driver.tick()

        expect(f"stacks-{size[0]}x{size[1]}", driver)


async def asked(driver: Driver, *keys: str) -> list[tuple[str, str]]:
    """What was asked for by these keys."""
    hand = driver.app._facts.reach
    assert isinstance(hand, Nothing)
    hand.asked.clear()
    await driver.press(*keys)
    if isinstance(driver.app.screen, StacksScreen):
        await driver.press("escape")
    return hand.asked


@played
async def test_the_key_knows_what_is_meant() -> None:
    """A row, or what the page is about; of a unit under way its process and itself."""
    feed = shop()
    async with running(feed, reach=reach(feed, taken=taken())) as driver:
        assert await asked(driver, "7", "w") == [("jobs-1/88", "")]
        assert await asked(driver, "7", "j", "w") == [("web-1/4711", "")]
        assert await asked(driver, "3", "tab", "w") == [("web-1/4711", "o2")]
        assert await asked(driver, "3", "tab", "enter", "w") == [("web-1/4711", "o2")]
        assert await asked(driver, "4", "tab", "w") == [("jobs-1/88", "t3")]
        assert await asked(driver, "6", "j", "w") == [("web-1/4711", "o2")]
        assert await asked(driver, "2", "w") == []
        assert "no process is meant here" in driver.screen


@played
async def test_a_process_that_ended_is_not_asked() -> None:
    """After a reload another one that serves the same is; with none, that is said."""
    feed = shop()
    heir = replace(WEB, pid=4712, started=int(NOON))
    async with running(feed, reach=reach(feed, taken=taken())) as driver:
        feed.session.announce([(heir, NOON), (WORKER, NOON)], NOON)
        feed.deliver(report(), process=heir)

        assert await asked(driver, "6", "j", "w") == [("web-1/4712", "")]
        assert await asked(driver, "3", "w") == [("web-1/4712", "")]

        feed.session.announce([(WORKER, NOON)], NOON)

        assert await asked(driver, "6", "j", "w") == []
        assert "web-1/4711 has ended: choose another process" in driver.screen


@played
async def test_waiting_is_seen_and_ends() -> None:
    """What is waited for moves; the answer comes by itself."""
    feed = shop()
    hand = reach(feed)
    async with running(feed, reach=hand) as driver:
        await driver.press("7", "w")
        before = next(line for line in driver.lines if "waiting" in line)
        hand.taking.waited_s = 0.6
        await driver.tick()
        after = next(line for line in driver.lines if "waiting" in line)

        assert "asking its probe" in before
        assert before != after
        assert "r again" not in driver.screen

        hand.taking.taken = taken(PY_SPY)
        await driver.tick()

        assert "2 threads, 1 asyncio task at 12:00:00, by py-spy" in driver.screen
        assert "r again" in driver.screen
        assert "views.py:31" in driver.screen


@played
async def test_what_was_in_the_way_is_said() -> None:
    """One sentence; asking again is one key."""
    feed = shop()
    hand = reach(feed, problem="py-spy may not look into web-1/4711: start djscope with sudo")
    async with running(feed, reach=hand) as driver:
        await driver.press("7", "w")

        assert "py-spy may not look into web-1/4711: start djscope with sudo" in driver.screen

        hand.taking = Waiting(taken=taken())
        await driver.press("r")

        assert "by its probe" in driver.screen
        assert len(hand.asked) == 2

        others = THREADS[::-1]
        hand.taking = Waiting(taken=Taken("web-1/4711", PROBE, NOON, others))
        await driver.press("j", "j", "r")

        assert [row.name for row in driver.focused.order.rows] == [one.name for one in others]


@played
async def test_the_stack_follows_the_thread() -> None:
    """Each thread's own, from its innermost line of ours on."""
    feed = shop()
    async with running(feed, reach=reach(feed, taken=taken()), read=lambda _: VIEWS) as driver:
        await driver.press("7", "w")

        assert "Stack of pool-1 ─ 3" in driver.screen
        assert "▶   31 " in driver.screen

        await driver.press("j")

        assert "Stack of Task-9 ─ 1" in driver.screen
        assert any("tasks.py:12" in line for line in driver.lines)

        await driver.press("k", "tab", "tab", "a")

        assert "Stack of pool-1 ━ 1" in driver.screen or "Stack of pool-1 ─ 1" in driver.screen


@played
async def test_copying_and_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """y takes all of it as text, e writes it as JSON; the session's own export is elsewhere."""
    copied: list[str] = []
    monkeypatch.setattr("djscope.ui.screens.page.copy", lambda _, text: copied.append(text))
    feed = shop()
    hand = reach(feed, taken=taken())
    async with running(feed, reach=hand) as driver:
        await driver.press("7", "w", "y", "e")

        assert copied[0].startswith("web-1/4711: 2 threads, 1 asyncio task, taken by its probe\n")
        assert "\n> /app/shop/views.py:31 in book_list" in copied[0]
        ((path, what),) = hand.saved
        assert path.name.startswith("djscope-stacks-web-1-4711-")
        assert what == taken()
        assert driver.exported == []

        await driver.press("escape")

        assert not isinstance(driver.app.screen, (StacksScreen, DetailScreen))


@played
async def test_names_from_processes_are_harmless() -> None:
    """A thread may be called anything."""
    feed = shop()
    odd = ThreadFact("thread", "\x1b[31mred\u202e[bold]", (ORIGIN,))
    async with running(
        feed, reach=reach(feed, taken=Taken("web-1/4711", PROBE, NOON, (odd,)))
    ) as driver:
        await driver.press("7", "w")

        assert "\x1b" not in driver.screen
        assert "[bold]" in driver.screen
