"""One test under a recording: what the `djscope` fixture gives, and the marker asks."""

from __future__ import annotations

from collections.abc import Callable

from djscope.checking.calls import Judge, Seen
from djscope.checking.roles import Roles
from djscope.model.judging import NEW, Judged
from djscope.model.schema import FindingOut
from djscope.model.sightings import Sightings
from djscope.model.thresholds import Thresholds
from djscope.report import lines
from djscope_probes.recording import CallRecording, Told

Judging = Callable[[Sightings], Judged]


class Watched:
    """Ask at any moment of the test. Set-up is not in it."""

    def __init__(self, roles: Roles, judge: Judge, judging: Judging, least: Thresholds) -> None:
        self._recording = CallRecording(roles)
        self._judge = judge
        self._judging = judging
        self._least = least
        self._on = False
        self._found = Sightings()
        self._seen = Seen([], [], 0, 0)

    def begin(self) -> None:
        try:
            self._recording.begin()
            self._on = True
        except Exception as error:
            self._failed(error)

    def end(self) -> Seen:
        """All of it."""
        if self._on:
            self._on = False
            self._add(self._recording.end)
        self._seen.findings = [each for each, _ in self._found]
        return self._seen

    @property
    def findings(self) -> list[FindingOut]:
        """So far, worst first; without what a source or the settings ignore."""
        self._take()
        return [each.finding for each in self._judging(self._found).of(NEW)]

    @property
    def queries(self) -> int:
        """Of the application, so far."""
        self._take()
        return self._seen.queries

    def report(self) -> str:
        """The findings as `djscope now` prints them."""
        return "\n".join(lines(self.findings))

    def _take(self) -> None:
        if self._on:
            self._add(self._recording.take)

    def _failed(self, error: Exception) -> None:
        """A fault of ours is said at the end; it is not the test's."""
        self._seen.problem = f"{type(error).__name__}: {error}"

    def _add(self, take: Callable[[], Told]) -> None:
        try:
            seen = self._judge.seen(take(), self._least)
        except Exception as error:
            self._failed(error)
            return
        self._found.add(seen.findings, "")
        before = self._seen
        ran = list({*before.ran, *seen.ran})
        self._seen = Seen(
            [], ran, before.units + seen.units, before.queries + seen.queries,
            before.left_out + seen.left_out, before.problem,
        )  # fmt: skip
