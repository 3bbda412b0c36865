"""Addresses of Redis: URLs of every form, and those that name no server."""

from __future__ import annotations

import pytest

from djscope_probes.address import AddressError, parse


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://host", "redis://"),
        ("localhost:6379", "redis://"),
        ("redis://host:notaport/0", "port"),
        ("redis://host/db", "number"),
        ("unix://", "path"),
    ],
)
def test_a_url_that_names_no_server_says_why(url: str, says: str) -> None:
    """One sentence."""
    with pytest.raises(AddressError, match=says):
        parse(url)


def test_urls_of_every_form() -> None:
    """TCP, TLS, unix; user, password, database."""
    assert parse("redis://h").label == "redis://h:6379/0"
    assert parse("rediss://u:p%40ss@h:1/2")[3:7] == (True, "u", "p@ss", 2)
    assert parse("unix:///run/r.sock?db=4").path == "/run/r.sock"
    assert "secret" not in parse("redis://:secret@h").label
    assert parse("redis://[::1]:7000").host == "::1"
