"""Whether a run of pytest is of all tests: only then something of the baseline is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

# Options that choose among tests. What a plugin deselects is told by its hook.
CHOOSING = ("keyword", "markexpr", "deselect", "lf", "stepwise")
ENDED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


def is_whole(session: pytest.Session) -> bool:
    """Nobody chose, and nothing stopped it early."""
    if session.shouldstop or session.shouldfail or session.exitstatus not in ENDED:
        return False
    config = session.config
    if any(config.getoption(name, None) for name in CHOOSING):
        return False
    here = config.invocation_params.dir
    given = [(here / each).resolve() for each in config.args]
    return all(any(each.is_relative_to(path) for path in given) for each in wanted(config))


def wanted(config: pytest.Config) -> Iterator[Path]:
    """Where all tests are: `testpaths`, else the project's directory."""
    patterns = config.getini("testpaths")
    if not patterns:
        yield config.rootpath.resolve()
    for pattern in patterns:
        yield from (path.resolve() for path in config.rootpath.glob(pattern))
