"""`pytest --djscope`: what tests make the application do wrong. Loads nothing until it is asked."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from djscope.checking.suite import Suite
    from djscope.checking.watched import Watched

OPTIONS = (
    ("--djscope-fail-on", "KINDS", "fail the run on these findings, by commas; any, none"),
    ("--djscope-baseline", "FILE", "findings in there do not count"),
    ("--djscope-sarif", "FILE", "write SARIF 2.1.0"),
)
MARKER = (
    "djscope(fail_on='any', **thresholds): record this test, also without --djscope; it fails on"
    " these findings. djscope(thresholds) alone: from how many on, for this test."
)
_suite = pytest.StashKey["Suite"]()
_watched = pytest.StashKey["Watched"]()
_all = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("djscope", "djscope: N+1 and repeated queries")
    group.addoption(
        "--djscope", action="store_true", help="say at the end what the application did wrong"
    )
    for name, metavar, text in OPTIONS:
        group.addoption(name, metavar=metavar, help=text)
    group.addoption(
        "--djscope-write-baseline",
        action="store_true",
        help="write the baseline from what is there now",
    )
    group.addoption(
        "--djscope-threshold",
        metavar="FINDING=N",
        action="append",
        default=[],
        help="from how many a repetition is a finding (repeatable)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    if asked(config):
        from djscope.checking.summary import Summary

        config.stash[_all] = True
        config.pluginmanager.register(Summary(config, suite_of(config)), "djscope-summary")


def asked(config: pytest.Config) -> bool:
    """Any option of ours means all tests."""
    names = ["djscope", "djscope_write_baseline", "djscope_threshold"]
    names += [name.strip("-").replace("-", "_") for name, _, _ in OPTIONS]
    return any(config.getoption(name, None) not in (None, False, []) for name in names)


def suite_of(config: pytest.Config) -> Suite:
    """Made when the first test needs it."""
    if _suite not in config.stash:
        from djscope.checking.suite import suite

        config.stash[_suite] = suite(config)
    return config.stash[_suite]


@pytest.fixture
def djscope(request: pytest.FixtureRequest) -> Watched:
    """What this test made the application do: `.findings`, `.queries`, `.report()`."""
    item = request.node
    item.stash[_watched] = suite_of(item.config).watched(item)
    return item.stash[_watched]  # type: ignore[no-any-return]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    watched = item.stash.get(_watched, None)
    everything = item.config.stash.get(_all, False)
    if watched is None and not everything and item.get_closest_marker("djscope") is None:
        return (yield)
    suite = suite_of(item.config)
    if watched is None:
        watched = suite.watched(item)
    watched.begin()
    try:
        result = yield
    finally:
        seen = watched.end()
        suite.keep(item, seen)
    suite.must_hold(item, seen)
    return result
