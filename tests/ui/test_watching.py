"""Who watches, what it costs, what is looked at deeply, what a host forbids."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from djscope.feed.shapes import Event, ProbeReported, Process, Target
from djscope.model.figures import Figures
from tests.builders import NOON, WEB, WORKER, Feed, report, shop
from tests.ui.driver import NARROW, NORMAL, WIDE, played, running
from tests.ui.reach import Nothing
from tests.ui.test_screens import expect

OTHERS = ("ann@laptop", "bob@jump-1")
GOVERNED = "djscope took 6% of a core (limit 5%): records one unit in 10"


def expensive() -> Feed:
    """Two probes that cost something, a channel that holds something, two other viewers."""
    feed = shop()
    feed.at += 5
    feed.deliver(costing(40_000, 60_000))
    feed.deliver(costing(10_000, 20_000), process=WORKER)
    feed.status = replace(feed.status, others=OTHERS, held_bytes=2_000_000)
    return feed


def costing(cpu_us: int, size: int, **more: object) -> Event:
    return changed(report(units=25, running=1), cpu_us=cpu_us, bytes=size, **more)


@played
async def test_others_are_named_where_there_is_room() -> None:
    """By name, else counted, else not at all: what matters more stays."""
    feed = expensive()
    async with running(feed, WIDE) as driver:
        assert "with ann@laptop, bob@jump-1" in driver.lines[0]
    async with running(feed, NORMAL) as driver:
        assert "with ann@laptop, bob@jump-1" in driver.lines[0]
        assert "2 of 2 processes" in driver.lines[0]
    async with running(feed, NARROW) as driver:
        assert "ann@laptop" not in driver.lines[0]
        assert "3 watching" in driver.lines[0]


@pytest.mark.parametrize("dropped", [0, 1_234])
@played
async def test_on_80_columns_it_is_said_in_short(dropped: int) -> None:
    """What costs, who watches, what is deep, what was dropped: all of it, however tight."""
    feed = expensive()
    feed.session.processes[WEB.id].dropped = dropped
    feed.status = replace(feed.status, targets=(Target("request", "books/<int:pk>/", NOON + 300),))
    said = f"drop {dropped}"
    async with running(feed, NARROW) as driver:
        for words in ("● shop", "2 of 2", "deep 4m55s", said, "cost 1.0%", "3 watching", "▶ LIVE"):
            assert words in driver.lines[0], words
        await driver.press("7")
        for words in (*OTHERS, "books/<int:pk>/ for another", "1.00% of a core", "16kB/s"):
            assert words in driver.screen, words
    async with running(feed, (40, 10)) as driver:
        assert said in driver.lines[0]


@played
async def test_what_another_viewer_looks_at_deeply_is_told() -> None:
    """With his name; what costs is not nothing."""
    feed = expensive()
    his = ("ann@laptop", Target("process", WEB.id, NOON + 100))
    over = ("bob@jump-1", Target("request", "books/", NOON))
    feed.status = replace(feed.status, others_deep=(his, over))
    async with running(feed, WIDE) as driver:
        assert "deep web-1/4711 1m35s" in driver.lines[0]

        await driver.press("7", "G")

        assert "web-1/4711 for another 1m35s (by ann@laptop)" in driver.screen
        assert "bob@jump-1)" not in driver.screen

        await driver.press("enter")

        assert "until 12:01:40 by ann@laptop" in driver.screen


@played
async def test_many_others_are_counted() -> None:
    """Three names say enough."""
    feed = expensive()
    feed.status = replace(feed.status, others=tuple(f"u{n}@h" for n in range(6)))
    async with running(feed, WIDE) as driver:
        assert "with u0@h, u1@h, u2@h and 3 more" in driver.lines[0]


@played
async def test_the_header_says_what_watching_costs() -> None:
    """All probes' share of a core, what they send, how full the channel is."""
    async with running(expensive(), WIDE) as driver:
        assert "probes 1.0% cpu 16kB/s 32% full" in driver.lines[0]


@played
async def test_processes_pane() -> None:
    """The machine's figures of local processes, blanks for others; the whole cost below."""
    feed = expensive()
    known = {
        WEB.id: Figures(0.42, 88_000_000, 9, 31, NOON - 3600),
        "": Figures(0.031, 64_000_000, 5, 20, NOON - 60),
    }
    for size in (NARROW, NORMAL):
        async with running(feed, size, reach=Nothing(feed, known)) as driver:
            await driver.press("7")
            await driver.tick()

            expect(f"watching-{size[0]}x{size[1]}", driver)


@played
async def test_a_process_tells_its_machine_and_its_limits() -> None:
    """In its detail: figures, how much it can do at once, what its host forbids."""
    feed = shop()
    careful = Process("web-2", 12, int(NOON) - 9, "gunicorn", "shop", max_level="watch")
    feed.session.announce([(careful, NOON)], NOON)
    feed.deliver(costing(0, 0, concurrency=4), process=careful)
    hand = Nothing(feed, {careful.id: Figures(0.42, 88_000_000, 9, None, None)})
    async with running(feed, reach=hand) as driver:
        await driver.press("7", "G", "enter")

        assert "42% of a core, 88MB of memory, 9 threads" in driver.screen
        assert "1 under way, of at most 4" in driver.screen
        assert "viewers may go as far as `watch`" in driver.screen
        assert '{"MAX_LEVEL": "deep"}' in driver.screen


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"governed": GOVERNED}, f"▲ web-1/4711 collects less: {GOVERNED}"),
        (
            {"off": ["queries"]},
            "▲ web-1/4711 collects less: queries turned off after errors of the probe's own",
        ),
        ({"errors": 3}, "▲ web-1/4711 had 3 errors of the probe's own"),
    ],
)
@played
async def test_a_probe_that_collects_less_is_in_the_banner(
    fault: dict[str, object], said: str
) -> None:
    """And in the detail of its process; it goes when the probe is well again."""
    feed = shop()
    feed.deliver(costing(0, 0, **fault))
    async with running(feed) as driver:
        assert driver.lines[1].rstrip() == said

        await driver.press("7", "j", "enter")

        words = said.rpartition(": ")[2] if "governed" in fault else "probe's own"
        assert sum(words in line for line in driver.lines[2:]) >= 1 or "errors" in driver.screen

        feed.deliver(costing(0, 0))
        await driver.tick()

        assert "collects less" not in driver.screen


@played
async def test_a_probe_that_the_governor_turned_off_is_still_named() -> None:
    """It watches no more, and that is why."""
    feed = shop()
    off = ProbeReported("off", NOON, 1, 0, 0, [], [], 0, 0, 0, "djscope took 9% of a core: off")
    feed.deliver(off)
    async with running(feed) as driver:
        assert "web-1/4711 collects less: djscope took 9% of a core: off" in driver.lines[1]


@played
async def test_deep_is_for_what_the_cursor_is_on() -> None:
    """A process, a route, a task; with its end in the header; the same key ends it."""
    feed = shop()
    async with running(feed, WIDE) as driver:
        await driver.press("3", "d")
        await driver.tick()

        assert "deep for five minutes: books/" in driver.screen
        assert "deep books/ 5m00s" in driver.lines[0]

        feed.at += 100
        feed.session.announce([(WEB, feed.at), (WORKER, feed.at)], feed.at)
        await driver.press("4", "d")
        await driver.tick()

        assert [(each.kind, each.name) for each in feed.status.targets] == [
            ("request", "books/"), ("task", "shop.tasks.report"),
        ]  # fmt: skip
        assert "deep 2 5m00s" in driver.lines[0]

        await driver.press("7")

        assert "books/ for another 3m20s" in driver.screen

        await driver.press("3", "d", "4", "d", "7", "d")

        assert [(each.kind, each.name) for each in feed.status.targets] == [("process", WORKER.id)]

        await driver.press("enter")

        assert "until 12:06:40, or d" in driver.screen

        await driver.press("d")
        await driver.tick()

        assert feed.status.targets == ()


@played
async def test_deep_is_refused_with_a_sentence() -> None:
    """Where the host says watch, or where there is nothing to look at."""
    feed = shop()
    careful = Process("aaa", 12, int(NOON) - 9, "gunicorn", "shop", max_level="watch")
    feed.session.announce([(careful, NOON)], NOON)
    async with running(feed) as driver:
        await driver.press("7", "d")

        assert "aaa/12 lets viewers go as far as `watch`" in driver.screen
        assert feed.status.targets == ()

        await driver.press("escape", "1", "tab", "slash", "x", "q", "z", "enter", "d")

        assert "deep is for processes, routes and tasks" in driver.screen


@played
async def test_only_silence_beyond_what_is_usual_is_silence() -> None:
    """On, a probe reports each five seconds; off, it says each 30 s that it is there."""
    feed = shop()
    for level, at, said in (("watch", 4, "-"), ("watch", 8, "8.0s"), ("off", 30, "-")):
        feed.deliver(report(units=25, running=1, level=level))
        feed.at += at
        feed.session.announce([(WORKER, feed.at)], feed.at)
        feed.session.processes[WEB.id].listed = True
        async with running(feed, WIDE) as driver:
            await driver.press("7")
            line = next(each for each in driver.lines[2:] if "web-1/4711" in each)
            assert line.split()[-1] == said
