"""Watch for a while without a screen: what `now`, `snapshot` and the headless demo do."""

from __future__ import annotations

import sys
import time

from djscope.commands.target import Target
from djscope.errors import NothingSeenError
from djscope.feed.status import Link
from djscope.plain import plain
from djscope.watch import Watch

TICK_S = 0.25


def observe(target: Target, seconds: float) -> Watch:
    """A watch that has collected for `seconds` and is stopped; `NothingSeenError` without events.

    Ctrl-C ends it early, with what there is.
    """
    watch = Watch(target.url, target.app, target.label, target.thresholds)
    watch.start()
    began = time.monotonic()
    progress = Progress(seconds)
    try:
        while (passed := time.monotonic() - began) < seconds:
            if watch.feed.fatal is not None:
                raise watch.feed.fatal
            progress.show(passed, watch)
            time.sleep(min(TICK_S, seconds - passed))
    except KeyboardInterrupt:
        progress.clear()
        watch.interrupted = True
        print("stopped early", file=sys.stderr)
    finally:
        progress.clear()
        confirmed = watch.stop()
    status = watch.status
    if watch.session.events == 0:
        if watch.feed.fatal is not None:
            raise watch.feed.fatal
        if status.link is Link.LOST:
            raise NothingSeenError(status.problem)
        raise NothingSeenError(
            f"no process of app {target.app!r} answered within {seconds:.0f} s:"
            " `djscope doctor` tells which are there and why they do not"
        )
    print(plain(confirmed), file=sys.stderr)
    return watch


class Progress:
    """One line on a terminal's stderr, nothing elsewhere."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._on = sys.stderr.isatty()

    def show(self, passed: float, watch: Watch) -> None:
        if self._on:
            left = max(self._seconds - passed, 0)
            text = f"watching {watch.status.app}: {watch.session.events} events, {left:.0f} s left"
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._on:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
