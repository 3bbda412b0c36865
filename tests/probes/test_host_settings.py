"""What the host lets viewers do, by environment; Django's setting is the other way to say it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from djscope_probes import settings
from djscope_probes.address import parse
from djscope_probes.instruments.tasks import waited
from djscope_probes.settings import PERMISSIONS, Rules


def test_without_debug_viewers_may_watch_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Production needs no setting to be safe."""
    monkeypatch.setattr(settings, "debug", lambda: False)

    assert settings.rules(local=True) == Rules("watch", ())


def test_under_debug_a_local_redis_means_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A remote one may be read by others."""
    monkeypatch.setattr(settings, "debug", lambda: True)

    assert settings.rules(local=True) == Rules("deep", PERMISSIONS)
    assert settings.rules(local=False) == Rules("watch", ())


def test_an_empty_list_of_permissions_allows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also under DEBUG, and whatever the settings say."""
    options = SimpleNamespace(DJSCOPE={"ALLOW": ["source"]}, DEBUG=True)
    monkeypatch.setattr(settings, "_django", lambda: options)
    monkeypatch.setenv("DJSCOPE_ALLOW", "")

    assert settings.rules(local=True) == Rules("deep", ())


@pytest.mark.parametrize(
    ("level", "allow", "expected"),
    [
        ("deep", "", Rules("deep", ())),
        ("DEEP", "source", Rules("deep", ("source",))),
        ("off", "source,nonsense", Rules("off", ("source",))),
        ("wacth", " Source ", Rules("off", ("source",))),
    ],
)
def test_the_host_says_how_much(
    monkeypatch: pytest.MonkeyPatch, level: str, allow: str, expected: Rules
) -> None:
    """A level that does not exist is none: a slip must not open anything."""
    monkeypatch.setattr(settings, "debug", lambda: False)
    monkeypatch.setenv("DJSCOPE_MAX_LEVEL", level)
    monkeypatch.setenv("DJSCOPE_ALLOW", allow)

    assert settings.rules(local=True) == expected


@pytest.mark.parametrize("value", [["source"], ("source", 7), "source"])
def test_djangos_setting_says_it_as_well(monkeypatch: pytest.MonkeyPatch, value: object) -> None:
    """As a list or as one word."""
    options = SimpleNamespace(DJSCOPE={"MAX_LEVEL": "deep", "ALLOW": value}, DEBUG=False)
    monkeypatch.setattr(settings, "_django", lambda: options)

    assert settings.rules(local=False) == Rules("deep", ("source",))


@pytest.mark.parametrize(
    "value", [["vendor/", "tools"], "vendor/, tools", ("vendor/", "tools", "")]
)
def test_whose_code_it_is_can_be_said_in_the_settings(
    monkeypatch: pytest.MonkeyPatch, value: object
) -> None:
    """As a list or as words; the environment comes first, and the settings' own package last."""
    said = {"LIBRARIES": value, "PROJECT": value}
    options = SimpleNamespace(DJSCOPE=said, SETTINGS_MODULE="shop.settings", DEBUG=False)
    monkeypatch.setattr(settings, "_django", lambda: options)
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)

    assert settings.libraries() == ("vendor/", "tools")
    assert settings.project() == ("vendor/", "tools", "shop")
    monkeypatch.setenv("DJSCOPE_LIBRARIES", "/srv/forks")
    assert settings.libraries() == ("/srv/forks",)


def test_without_a_word_only_the_settings_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """And where there are no settings, nothing."""
    monkeypatch.setattr(settings, "_django", lambda: None)
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)

    assert (settings.libraries(), settings.project()) == ((), ())


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("redis://localhost/0", True), ("redis://127.0.0.1:1", True), ("redis://[::1]:6379", True),
        ("unix:///run/redis.sock", True), ("redis://redis:6379", False),
        ("rediss://10.0.0.7:6380/1", False), ("redis://127evil.example", False),
    ],
)  # fmt: skip
def test_local_is_what_only_this_machine_hears(url: str, local: bool) -> None:
    """Loopback and sockets."""
    assert parse(url).local is local


@pytest.mark.parametrize(
    ("headers", "microseconds"),
    [
        ({}, -1),
        ({"djscope_received": 990.0}, 10_000_000),
        ({"djscope_received": 1_001.0}, 0),
        ({"djscope_received": "990"}, -1),
        ({"djscope_received": 990.0, "eta": "1970-01-01T00:16:38+00:00"}, 2_000_000),
        ({"djscope_received": 990.0, "eta": "1970-01-01T00:10:00+00:00"}, 10_000_000),
        ({"djscope_received": 990.0, "eta": "tomorrow"}, -1),
        ({"djscope_received": 990.0, "eta": None}, 10_000_000),
    ],
)
def test_a_task_waits_from_its_receipt_or_its_eta(
    headers: dict[str, object], microseconds: int
) -> None:
    """Until second 1000, when it starts; a countdown is no wait."""
    assert waited(SimpleNamespace(**headers), 1_000.0) == microseconds
