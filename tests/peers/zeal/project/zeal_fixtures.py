"""What the tests expect of their conftest.py: a context of zeal's around each, and `benchmark`."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings
from zeal import zeal_context


@pytest.fixture(autouse=True)
def _context(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("nozeal"):
        yield
        return
    with zeal_context():
        yield


@pytest.fixture
def benchmark() -> Callable[[Callable[[], Any]], Any]:
    """Once is enough."""
    return lambda run: run()


def pytest_configure(config: pytest.Config) -> None:
    # Always the same examples, a few of them, however long they take.
    settings.register_profile("peers", deadline=None, derandomize=True, max_examples=40)
    settings.load_profile("peers")
    config.addinivalue_line("markers", "nozeal: without a context")
