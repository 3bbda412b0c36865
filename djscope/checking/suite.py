"""The settings of a run of pytest, and what each of its tests is asked to hold."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest

from djscope.checking.calls import Judge, Seen
from djscope.checking.files import baseline_in, writable
from djscope.checking.roles import Roles
from djscope.checking.settings import Settings, fail_on, settings
from djscope.checking.sources import Sources
from djscope.checking.watched import Watched
from djscope.errors import UsageError
from djscope.model.judging import Judged, Rules, judge
from djscope.model.kinds import REPEATED, kinds_of
from djscope.model.schema import Line
from djscope.model.sightings import Sightings
from djscope.model.thresholds import NAMES, Thresholds, parse
from djscope.report import lines

# On a test's report, and so on its way from a worker of pytest-xdist.
ATTRIBUTE = "djscope_seen"
_seen = pytest.StashKey[str]()


@dataclass(slots=True)
class Suite:
    """One run. `baseline`: the file, where one is named."""

    rules: Rules
    least: Thresholds
    baseline: Path | None
    roles: Roles
    sources: Sources
    of_calls: Judge

    def watched(self, item: pytest.Item) -> Watched:
        """A recording for one test, by its marker's thresholds."""
        return Watched(self.roles, self.of_calls, self.judged, self._least(item))

    def judged(self, found: Sightings, ran: Iterable[Line] = ()) -> Judged:
        return judge(found, self.rules, self.sources.comments, ran)

    def keep(self, item: pytest.Item, seen: Seen) -> None:
        item.stash[_seen] = msgspec.json.encode(seen).decode()

    def kept(self, item: pytest.Item) -> str:
        """What `keep` got, as JSON; empty where the test was not recorded."""
        return item.stash.get(_seen, "")

    def must_hold(self, item: pytest.Item, seen: Seen) -> None:
        """Fail a test that is marked with what it must not do."""
        mark = item.get_closest_marker("djscope")
        said = mark.kwargs.get("fail_on") if mark else None
        if not said:
            return
        try:
            kinds = kinds_of(said.split(",") if isinstance(said, str) else said, REPEATED)
        except ValueError as error:
            pytest.fail(f"@pytest.mark.djscope: {error}", pytrace=False)
        found = Sightings()
        found.add(seen.findings, item.nodeid)
        failing = judge(found, replace(self.rules, fail_on=kinds), self.sources.comments).failing
        if failing:
            told = "\n".join(lines(each.finding for each in failing))
            pytest.fail(f"djscope found what this test must not do:\n{told}", pytrace=False)

    def _least(self, item: pytest.Item) -> Thresholds:
        mark = item.get_closest_marker("djscope")
        said = dict(mark.kwargs) if mark else {}
        said.pop("fail_on", None)
        for name in said:
            if name not in NAMES:
                known = ", ".join(("fail_on", *NAMES))
                pytest.fail(
                    f"@pytest.mark.djscope knows no {name!r}: choose from {known}", pytrace=False
                )
        try:
            return parse([f"{name}={number}" for name, number in said.items()], self.least)
        except ValueError as error:
            pytest.fail(f"@pytest.mark.djscope: {error}", pytrace=False)


def suite(config: pytest.Config) -> Suite:
    """By the command line, else by [tool.djscope], else as usual."""
    try:
        return _suite(config, settings(config.rootpath))
    except UsageError as error:
        raise pytest.UsageError(f"djscope: {error}") from None


def _suite(config: pytest.Config, known: Settings) -> Suite:
    kinds = known.fail_on or frozenset()
    if (said := config.getoption("djscope_fail_on")) is not None:
        kinds = fail_on(said, "--djscope-fail-on", REPEATED)
    path, writes = known.baseline, config.getoption("djscope_write_baseline")
    if said := config.getoption("djscope_baseline"):
        path = Path(said)
    if writes and path is None:
        raise UsageError("--djscope-write-baseline needs a file: give --djscope-baseline=FILE")
    for name in filter(None, (path if writes else None, config.getoption("djscope_sarif"))):
        writable(Path(name))
    before = None
    if path is not None and not (writes and not path.exists()):
        before = baseline_in(path, "write it with --djscope-write-baseline")
    environment = os.environ.get("DJSCOPE_THRESHOLDS", "").split(",")
    least = known.least(*environment, *config.getoption("djscope_threshold"))
    roles = Roles(config.rootpath, config.getini("python_files"), known.tests)
    sources = Sources(config.rootpath)
    rules = Rules(kinds, known.allow, before)
    return Suite(rules, least, path, roles, sources, Judge(roles, sources))
