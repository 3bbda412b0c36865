"""The servers that several files of tests share; tests leave them as they found them: unwatched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from djscope.feed.embedded import start_embedded
from tests.real.servers import Quiet


@pytest.fixture(scope="session")
def quiet() -> Iterator[Quiet]:
    """The quiet project, watched by nobody."""
    with start_embedded() as server, Quiet(server.url) as running:
        running.start()
        yield running
