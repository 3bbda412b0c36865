"""What the tests expect of their conftest.py: a context of zeal's around each, and `benchmark`."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
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
    config.addinivalue_line("markers", "nozeal: without a context")
