"""Whose code a file is."""

from __future__ import annotations

from pathlib import Path

import pytest

from djscope.checking.roles import APPLICATION, ARRANGING, REPEATING, TEST, Roles

LIBRARY = "/venv/lib/python3.12/site-packages"
CASES = [
    ("shop/views.py", "card", APPLICATION),
    ("shop/tests.py", "test", TEST),
    ("shop/tests/helpers.py", "ask", TEST),
    ("shop/test_views.py", "test", TEST),
    ("conftest.py", "client", TEST),
    ("qa/steps.py", "given", TEST),
    ("shop/check_views.py", "check", TEST),
    ("shop/factories.py", "make", ARRANGING),
    ("shop/factories/books.py", "make", ARRANGING),
    ("shop/testing.py", "ShopTestCase.setUp", ARRANGING),
    ("shop/testing.py", "ask", APPLICATION),
    ("shop/contest.py", "f", APPLICATION),
    ("shop/latest/views.py", "f", APPLICATION),
    (f"{LIBRARY}/factory/base.py", "create_batch", ARRANGING),
    (f"{LIBRARY}/model_bakery/baker.py", "make", ARRANGING),
    (f"{LIBRARY}/hypothesis/core.py", "run", REPEATING),
    (f"{LIBRARY}/_pytest/fixtures.py", "call_fixture_func", ARRANGING),
    (f"{LIBRARY}/_pytest/python.py", "pytest_pyfunc_call", APPLICATION),
    (f"{LIBRARY}/django/test/testcases.py", "TestCase._fixture_setup", ARRANGING),
    (f"{LIBRARY}/rest_framework/tests/x.py", "f", APPLICATION),
    ("/home/tests/else/views.py", "f", APPLICATION),
]


@pytest.mark.parametrize(("file", "function", "role"), CASES)
def test_a_file_and_function_have_a_role(file: str, function: str, role: str) -> None:
    """Directories count below the project's root alone: it may itself lie in `tests`."""
    root = Path("/srv/tests/project")
    roles = Roles(root, ["test_*.py", "check_*.py"], ["qa/*"])
    path = file if file.startswith("/") else f"{root}/{file}"

    assert roles(path, function) == role
