"""How literals end is a setting of the connection: texts are read by the one they were sent on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from djscope_probes.units import Unit
from tests.probes.conftest import Seen
from tests.probes.databases import backends

# What makes a backslash an ordinary character, or one that escapes, in the other way than usual.
OTHERWISE: dict[str, dict[str, Any]] = {
    "mariadb": {"init_command": "SET sql_mode='NO_BACKSLASH_ESCAPES'"},
    "psycopg": {"options": "-c standard_conforming_strings=off"},
    "psycopg2": {"options": "-c standard_conforming_strings=off"},
}
TEXTS = {
    "mariadb": "SELECT 'C:\\', 'alice', 'D:\\', 'bob' -- it's",
    "psycopg": "SELECT 'it\\'s alice\\'s', 'bob'",
    "psycopg2": "SELECT 'it\\'s alice\\'s', 'bob'",
}
CLEAN = {"mariadb": "SELECT ?, ?, ?, ?", "psycopg": "SELECT ?, ?", "psycopg2": "SELECT ?, ?"}


KINDS = ("psycopg2",) if backends.alone else ("psycopg", "mariadb")


@pytest.fixture
def fresh(database: str) -> Iterator[str]:
    """The alias of a database whose connection is yet to be made, with other settings."""
    from django.db import connections

    kind = backends.kind_of(database)
    connection = connections[database]
    before = connection.settings_dict["OPTIONS"]
    connection.settings_dict["OPTIONS"] = {**before, **OTHERWISE[kind]}
    backends.shut_thread(database)
    del connections[database]
    yield database
    backends.shut_thread(database)
    connections[database].settings_dict["OPTIONS"] = before
    del connections[database]


@pytest.mark.parametrize("database", backends.there(*KINDS), indirect=True)
def test_a_connection_made_while_watched_is_asked_how_its_literals_end(
    fresh: str, unit: Unit
) -> None:
    """Django's own first statement on it comes before it is known: nothing is concluded of it."""
    from django.db import connections

    kind = backends.kind_of(fresh)
    for _ in range(2):
        with connections[fresh].cursor() as cursor:
            cursor.execute(TEXTS[kind])

    texts = list(Seen(unit).defs.unsent.values())
    assert f'"{CLEAN[kind]}"' in texts
    assert not any(name in text for text in texts for name in ("alice", "bob"))
