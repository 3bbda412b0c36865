"""The end of a run of pytest: what all tests saw, on the terminal and in files; the exit code."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from djscope.checking.calls import Seen
from djscope.checking.files import write_text
from djscope.checking.lines import named, report
from djscope.checking.sarif import sarif
from djscope.checking.selection import is_whole
from djscope.checking.suite import ATTRIBUTE, Suite
from djscope.errors import DjscopeError
from djscope.model.baseline import Entry, baseline
from djscope.model.judging import KNOWN, NEW, Judged
from djscope.model.sightings import Sightings
from djscope.model.snapshot import to_json
from djscope.model.wording import number
from djscope.plain import plain

REMEDY = "rewrite it with --djscope-write-baseline"


class Summary:
    """Registered where all tests are recorded: in the process itself, in each worker of
    pytest-xdist, which only sends, and in its controller, which only receives.
    """

    def __init__(self, config: pytest.Config, suite: Suite) -> None:
        self._config = config
        self._suite = suite
        self._found = Sightings()
        self._tests = self._units = self._queries = self._left_out = 0
        self._judged = Judged([])
        self._deselected = False
        self._said: list[str] = []
        self._problems: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        made = yield
        if call.when == "call" and (seen := self._suite.kept(item)):
            setattr(made, ATTRIBUTE, seen)
        return made

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """In a worker too, where nobody asks for the sum."""
        text = getattr(report, ATTRIBUTE, "")
        if not text:
            return
        seen = msgspec.json.decode(text, type=Seen)
        self._found.add(seen.findings, report.nodeid)
        self._found.ran.update(seen.ran)
        self._tests += 1
        self._units += seen.units
        self._queries += seen.queries
        self._left_out += seen.left_out
        if seen.problem:
            self._problems.append(seen.problem)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self._deselected = self._deselected or bool(items)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(self._config, "workerinput"):
            return
        self._judged = self._suite.judged(self._found, self._found.ran)
        unseen = []
        if self._deselected or not is_whole(session):
            unseen, self._judged.gone, self._judged.idle = self._judged.gone, [], []
        try:
            self._write(unseen)
        except DjscopeError as error:
            self._said.append(str(error))
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        if self._judged.failing and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write(self, unseen: list[Entry]) -> None:
        """`unseen`: of the baseline, what a run of only some tests did not see."""
        path = self._suite.baseline
        if path is not None and self._config.getoption("djscope_write_baseline"):
            kept = [each.finding for each in self._judged.of(NEW, KNOWN)]
            write_text(to_json(baseline(kept, unseen)), path)
            self._judged.written()
            self._said.append(f"{number(len(kept), 'finding')} written to {path}")
            if unseen:
                self._said.append(
                    f"{number(len(unseen), 'finding')} of the baseline not seen and kept: this run"
                    " was not of all tests"
                )
        if name := self._config.getoption("djscope_sarif"):
            write_text(sarif(self._judged, self._suite.sources), Path(name))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("djscope")
        for line in self._lines():
            terminalreporter.line(plain(line))

    def _lines(self) -> Iterator[str]:
        yield from report(self._judged, REMEDY)
        if self._left_out:
            yield (
                f"left out: {number(self._left_out, 'repetition')} of the tests' own, by their"
                " lines, their rows or their loops"
            )
        yield (
            f"{self._sum()}; {number(self._queries, 'query')} of the application in"
            f" {number(self._units, 'unit')} of work"
        )
        if self._problems:
            yield (
                f"djscope itself failed in {number(len(self._problems), 'test')}, please report it:"
                f" {self._problems[0]}"
            )
        yield from self._said
        failing = self._judged.failing
        if failing:
            yield f"the run fails on {number(len(failing), 'finding')}: {named(failing)}"

    def _sum(self) -> str:
        """How many findings, and how many of the tests saw them."""
        found = self._judged.of(NEW, KNOWN)
        if not found:
            return f"no findings in {number(self._tests, 'test')}"
        saw = len({test for each in found for test in each.tests})
        return f"{number(len(found), 'finding')} in {saw} of {number(self._tests, 'test')}"
