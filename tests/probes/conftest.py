"""The demo shop inside the test process: real Django, real SQLite, and probes that are armed."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from djscope_probes.arming import Armament
from djscope_probes.definitions import Definitions
from djscope_probes.records import unit_state
from djscope_probes.units import RequestUnit, Unit
from djscope_probes.wire import Group


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Django set up with the demo's shop; its own probe stays out, tests arm theirs."""
    directory = tmp_path_factory.mktemp("shop")
    settings = {
        "DJSCOPE_DEMO_DIR": str(directory),
        "DJSCOPE_REDIS_URL": "redis://127.0.0.1:1/0",
        "DJSCOPE_DISABLED": "1",
        "DJANGO_SETTINGS_MODULE": "tests.probes.settings",
    }
    with pytest.MonkeyPatch.context() as environment:
        # For the settings alone: other tests' servers must not inherit it.
        for name, value in settings.items():
            environment.setenv(name, value)
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        # What a server has loaded before it serves.
        importlib.import_module("django.core.handlers.wsgi")
        importlib.import_module("django.core.handlers.asgi")
        call_command("prepare", verbosity=0)
    assert (directory / "shop.sqlite3").exists()
    yield
    connections.close_all()


@pytest.fixture(scope="session")
def library(shop: None) -> Any:
    """The models, with rows."""
    from django.db import connection

    from tests.probes.library import models

    with connection.schema_editor() as editor:
        for model in models.MODELS:
            editor.create_model(model)
    models.fill()
    connection.close()
    return models


@pytest.fixture
def armament(shop: None) -> Iterator[Armament]:
    """Armed with all instruments; off and clean afterwards, with no failure swallowed."""
    armament = Armament()
    armament.arm()
    yield armament
    armament.disarm()
    failures = [
        (instrument.guard.name, instrument.guard.last)
        for instrument in armament._instruments
        if instrument.guard.failures
    ]
    assert failures == []


@pytest.fixture
def unit(armament: Armament) -> Iterator[Unit]:
    """A request under way in this thread."""
    unit = RequestUnit("wsgi", "GET")
    armament.ledger.begin(unit)
    yield unit
    armament.ledger.end(unit)


class Seen:
    """What a viewer would be told of a unit, with ids resolved."""

    def __init__(self, unit: Unit) -> None:
        self.defs = Definitions()
        self.unit = unit_state(unit, self.defs, "")

    def groups(self) -> list[tuple[int, str, str, int, int]]:
        """(queries, access, path, peak, parents) of each group, most queries first."""
        return [
            (group.n, group.access, self.path(group), group.peak, group.parents)
            for group in self.unit.groups
        ]

    def path(self, group: Group) -> str:
        text = self.defs.unsent.get(group.relation_id)
        return json.loads(text)[2] if text else ""

    def relation(self, group: Group) -> list[str]:
        found: list[str] = json.loads(self.defs.unsent[group.relation_id])
        return found
