"""Which code is the tests', and which of it merely arranges: fixtures, set-up, factories."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

TEST, ARRANGING, REPEATING, APPLICATION = "test", "arranging", "repeating", ""
# Besides pytest's own `python_files`.
NAMES = ("conftest.py", "tests.py", "test.py")
DIRECTORIES = frozenset({"tests", "test"})
FACTORIES = ("factories.py", "*_factories.py", "factories_*.py")
# Libraries that make rows for tests, by a part of their paths.
MAKERS = ("/factory/", "/model_bakery/", "/mixer/", "/model_mommy/", "/pytest_factoryboy/")
# Libraries that run a test, or what it hands them, many times over.
REPEATERS = ("/hypothesis/", "/pytest_benchmark/")
# pytest runs fixtures that are asked for late within the test's call; unittest its set-up.
FIXTURES = ("call_fixture_func", "pytest_fixture_setup")
SETTING_UP = frozenset(
    {
        "setUp", "asyncSetUp", "setUpClass", "setUpTestData", "setUpModule", "tearDown",
        "asyncTearDown", "tearDownClass", "_pre_setup", "_post_teardown", "_fixture_setup",
        "_fixture_teardown",
    }
)  # fmt: skip


class Roles:
    """By file and function; `root` is where the project begins, `patterns` are of test files."""

    def __init__(self, root: Path, patterns: Iterable[str], more: Iterable[str] = ()) -> None:
        self._root = f"{root.as_posix()}/"
        self._names = (*NAMES, *patterns)
        self._more = tuple(more)
        self.of_file = cache(self._of_file)

    def __call__(self, file: str, function: str) -> str:
        name = function.rpartition(".")[2]
        if name in SETTING_UP or (name in FIXTURES and file.endswith("/_pytest/fixtures.py")):
            return ARRANGING
        return self.of_file(file)

    def is_tests(self, file: str) -> bool:
        """Whether a line in there is not the application's."""
        return self.of_file(file) in (TEST, ARRANGING)

    def repeats(self, file: str) -> bool:
        """Whether what calls from in there does so many times."""
        return self.of_file(file) == REPEATING

    def _of_file(self, file: str) -> str:
        if "/site-packages/" in file or "/dist-packages/" in file:
            if any(part in file for part in REPEATERS):
                return REPEATING
            return ARRANGING if any(part in file for part in MAKERS) else APPLICATION
        inside = file.startswith(self._root)
        path = file.removeprefix(self._root)
        *directories, name = path.split("/")
        if any(fnmatchcase(name, pattern) for pattern in FACTORIES) or (
            inside and "factories" in directories
        ):
            return ARRANGING
        named = any(fnmatchcase(name, p) or fnmatchcase(path, p) for p in self._names)
        if named or any(fnmatchcase(path, pattern) for pattern in self._more):
            return TEST
        return TEST if inside and DIRECTORIES & set(directories) else APPLICATION
