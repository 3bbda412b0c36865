"""How often to paint: 4 times a second, less when painting itself becomes the work."""

from __future__ import annotations

RATES = (4, 2, 1)
TOO_MUCH = 0.25
# This many cheap paints in a row, and the next faster rate is tried again.
PATIENCE = 20


class Pace:
    """Steps down when a paint takes a quarter of its period, and up again when it got cheap."""

    def __init__(self) -> None:
        self._step = 0
        self._cheap = 0

    @property
    def period(self) -> float:
        """Seconds between paints."""
        return 1 / RATES[self._step]

    def painted(self, seconds: float) -> None:
        """Note what the last paint took."""
        if seconds > TOO_MUCH * self.period:
            self._step = min(self._step + 1, len(RATES) - 1)
            self._cheap = 0
            return
        self._cheap = self._cheap + 1 if seconds < TOO_MUCH / RATES[0] else 0
        if self._cheap >= PATIENCE:
            self._step, self._cheap = max(self._step - 1, 0), 0
