"""Servers for the session, a fresh database for each module and backend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.postgresql import Server, start_postgresql
from tests.probes.databases import backends, servers


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    with start_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_socket() -> Iterator[Path]:
    with servers.mariadb() as socket:
        yield socket


@pytest.fixture(scope="session")
def pgbouncer_directory(postgresql_server: Server) -> Iterator[Path]:
    with servers.pgbouncer(postgresql_server.url) as directory:
        yield directory


@pytest.fixture(scope="session")
def sqlite_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sqlite")


@pytest.fixture(scope="module", params=backends.there())
def database(request: pytest.FixtureRequest, shop: None) -> Iterator[str]:
    """The shop on one backend, by the alias that Django knows it under."""
    if backends.alone:
        backends.without_psycopg()
    with backends.opened(request.param, backends.Ask(request)) as alias:
        yield alias


@pytest.fixture
def alias(database: str) -> str:
    """The same, connected: some backends begin with statements of their own."""
    backends.connect(database)
    return database
