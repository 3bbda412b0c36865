"""Django set up in the test process: the demo's shop, and models with every kind of relation."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Django set up with the demo's shop; its own probe stays out, tests arm theirs."""
    with opened(tmp_path_factory.mktemp("shop")):
        yield


@pytest.fixture(scope="session")
def library(shop: None) -> Any:
    """The models, with rows; the same in the database `other`."""
    return stocked()


@contextmanager
def opened(directory: Path) -> Iterator[None]:
    """Django with the demo's settings, its database in `directory`."""
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


def stocked() -> Any:
    """The library's models, their tables and rows in both databases."""
    from django.conf import settings
    from django.db import connection

    from tests.probes.library import models

    with connection.schema_editor() as editor:
        for model in models.MODELS:
            editor.create_model(model)
    models.fill()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(settings.DATABASES["other"]["NAME"])])
    connection.close()
    return models
