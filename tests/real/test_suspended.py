"""A viewer that stood still: probes went off meanwhile, then it watches again and says so."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from djscope.feed.delivery import Delivery
from djscope.feed.embedded import start_embedded
from djscope.feed.status import Link
from djscope.watch import Watch
from djscope_probes.wire import Keys
from tests.real.servers import bare
from tests.real.terminal import Terminal, viewer
from tests.real.tools import Levels, environment, wait_for, watching

pytestmark = pytest.mark.real
# Longer than a lease and a read may last, and than a silent process is taken for one that is there.
AWAY_S = 12
# A viewer begins: Python, Textual, the first screen.
BEGINS_S = 40


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with start_embedded() as server:
        yield server.url


def press_ctrl_z(terminal: Terminal) -> None:
    terminal.type("\x1a")


def stop_it(terminal: Terminal) -> None:
    terminal.signal(signal.SIGSTOP)


@pytest.mark.parametrize(
    ("app", "away"), [("suspended", press_ctrl_z), ("stopped", stop_it)], ids=["ctrl-z", "sigstop"]
)
def test_it_watches_again_by_itself(
    redis_url: str, tmp_path: Path, app: str, away: Callable[[Terminal], None]
) -> None:
    """After twelve seconds; what it missed stands on the screen; the terminal is left as it was."""
    env, began = environment(tmp_path / "run"), time.monotonic()
    with (
        bare(redis_url, app, tmp_path / "run"),
        Levels(redis_url, app) as levels,
        viewer("attach", "--redis", redis_url, "--app", app, env=env) as terminal,
    ):
        wait_for(lambda: levels.all_are("watch", 1), BEGINS_S, "arming")
        terminal.shows("1 of 1 process")

        away(terminal)
        wait_for(terminal.stopped, what="standing still")
        left = time.monotonic()
        wait_for(lambda: levels.all_are("off", 1), 20, "disarming")
        time.sleep(max(AWAY_S - (time.monotonic() - left), 0))
        assert levels.all_are("off", 1)
        terminal.forget()
        terminal.signal(signal.SIGCONT)

        terminal.shows("probes went off meanwhile")
        (told,) = set(re.findall(r"this viewer stood still for (\d+) s", terminal.text))
        assert AWAY_S <= int(told) <= time.monotonic() - began + 1
        # Not what it showed before it knew, and not what others are told before this viewer is.
        terminal.forget()
        terminal.shows("1 of 1 process")
        assert levels.all_are("watch", 1)

        terminal.type("q")
        assert terminal.end() == 0
        terminal.shows("1 of 1 processes confirmed off")
        assert terminal.modes == terminal.untouched


@pytest.mark.parametrize(
    ("app", "away"), [("painted", press_ctrl_z), ("drawn", stop_it)], ids=["ctrl-z", "sigstop"]
)
def test_all_of_the_screen_is_painted_again(
    redis_url: str, tmp_path: Path, app: str, away: Callable[[Terminal], None]
) -> None:
    """Also what has not changed meanwhile: the terminal is empty."""
    env = environment(tmp_path / "run")
    with (
        bare(redis_url, app, tmp_path / "run"),
        viewer("attach", "--redis", redis_url, "--app", app, env=env) as terminal,
    ):
        terminal.shows("1 of 1 process")
        terminal.shows("q quit")
        away(terminal)
        wait_for(terminal.stopped, what="standing still")
        terminal.forget()
        terminal.signal(signal.SIGCONT)

        terminal.shows("q quit")
        terminal.type("q")
        assert terminal.end() == 0


def test_who_is_watched_by_another_has_missed_nothing(redis_url: str, tmp_path: Path) -> None:
    """The channel kept what came meanwhile: no gap is claimed."""
    env = environment(tmp_path / "run")
    with (
        bare(redis_url, "kept", tmp_path / "run"),
        watching(redis_url, "kept") as other,
        viewer("attach", "--redis", redis_url, "--app", "kept", env=env) as terminal,
    ):
        wait_for(lambda: other.session.watching()[0] == 1, what="arming")
        wait_for(lambda: other.status.others, BEGINS_S, "seeing each other")
        terminal.shows("1 of 1 process")
        terminal.signal(signal.SIGSTOP)
        wait_for(lambda: not other.status.others, what="the lease's end")
        terminal.forget()
        terminal.signal(signal.SIGCONT)
        wait_for(lambda: other.status.others, what="seeing each other again")
        terminal.type("7")
        terminal.shows("What watching costs")

        assert "stood still" not in terminal.text
        assert other.session.watching()[0] == 1

        terminal.type("q")
        assert terminal.end() == 0
        terminal.shows("others still watch: ")
        assert other.session.watching()[0] == 1


def sleep_through_a_read(watch: Watch) -> None:
    """It may fail on waking, as if Redis had been away; returns when the link is back."""
    channel, since = watch.feed._channel, watch.status.since
    read = channel.read

    def slept(block_ms: int) -> list[Delivery]:
        channel.read = read  # type: ignore[method-assign]
        watch.feed._renewed_at -= AWAY_S
        raise redis.TimeoutError("Timeout reading from socket")

    channel.read = slept  # type: ignore[method-assign]
    wait_for(lambda: watch.status.link is Link.LIVE and watch.status.since > since, what="the link")


def test_a_read_that_was_slept_through_is_no_outage(redis_url: str, tmp_path: Path) -> None:
    """It is said who was away."""
    with bare(redis_url, "slept", tmp_path / "run"), watching(redis_url, "slept") as watch:
        wait_for(lambda: watch.session.watching()[0] == 1, what="arming")
        sleep_through_a_read(watch)

        assert watch.session.gaps[0].what.startswith("this viewer stood still for 1")
        wait_for(lambda: watch.session.watching()[0] == 1, what="reporting again")


def test_a_renewal_that_was_slept_through_is_no_flushall(redis_url: str, tmp_path: Path) -> None:
    """The lease is gone, as if somebody had deleted it: it is said who was away."""
    with bare(redis_url, "renewed", tmp_path / "run"), watching(redis_url, "renewed") as watch:
        wait_for(lambda: watch.session.watching()[0] == 1, what="arming")
        feed = watch.feed
        renew = feed._claim.renew

        def slept(client: redis.Redis) -> bool:
            feed._claim.renew = renew  # type: ignore[method-assign]
            feed._clock._offset = (feed._clock._offset or 0.0) + AWAY_S
            client.delete(*Keys("renewed").leases)
            return renew(client)

        feed._claim.renew = slept  # type: ignore[method-assign]
        wait_for(lambda: watch.session.gaps, what="the gap")

        assert watch.session.gaps[0].what.startswith("this viewer stood still for 1")


def test_a_read_slept_through_while_another_watches_has_missed_nothing(
    redis_url: str, tmp_path: Path
) -> None:
    """Probes went on for the other one."""
    with (
        bare(redis_url, "shared", tmp_path / "run"),
        watching(redis_url, "shared"),
        watching(redis_url, "shared") as watch,
    ):
        wait_for(lambda: watch.session.watching()[0] == 1, what="arming")
        sleep_through_a_read(watch)

        assert not watch.session.gaps
        assert watch.session.watching()[0] == 1
