"""A toast that comes late goes away, and takes nothing along."""

from __future__ import annotations

import asyncio
from time import time

from djscope.ui.toasts import TimedNotification
from tests.builders import shop
from tests.ui.driver import played, running


def test_a_notification_that_expired_has_a_moment_left() -> None:
    """Textual makes a timer of it, and one of negative length would never yield."""
    told = TimedNotification("late", timeout=5, raised_at=time() - 6)

    assert told.has_expired
    assert told.time_left > 0
    now = TimedNotification("now", timeout=500)
    assert not now.has_expired
    assert 400 < now.time_left <= 500


@played
async def test_a_toast_made_too_late_does_not_stop_the_screen() -> None:
    """It expires between two looks at the clock, as happens on a busy machine."""
    async with running(shop()) as driver:
        driver.app.notify("late", timeout=0.001)
        await asyncio.sleep(0.2)
        driver.app.notify("copied", timeout=60)
        await driver.press("2")

        assert "copied" in driver.screen
