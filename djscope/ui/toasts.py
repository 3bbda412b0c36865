"""Notifications that cannot hang the screen.

Textual (8.2) gives a toast the time its notification has left, which may be a moment below zero
when the machine is busy; a timer of negative length never yields again.
"""

from __future__ import annotations

from time import time

from textual.notifications import Notification

MOMENT_S = 0.05


class TimedNotification(Notification):
    """Has a moment left in any case."""

    @property
    def time_left(self) -> float:
        return max(self.raised_at + self.timeout - time(), MOMENT_S)

    @property
    def has_expired(self) -> bool:
        return self.raised_at + self.timeout <= time()
