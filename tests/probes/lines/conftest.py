"""Requests to small projects, and where their queries are said to come from."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from djscope_probes.arming import Armament
from djscope_probes.units import RequestUnit
from tests.probes.conftest import Seen

HERE = Path(__file__).parent
DJANGO = {
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "DIRS": [HERE / "templates"],
    "APP_DIRS": True,
    "OPTIONS": {
        "libraries": {"lines_tags": "tests.probes.lines.tags"},
        "context_processors": ["django.template.context_processors.request"],
    },
}
JINJA = {"BACKEND": "django.template.backends.jinja2.Jinja2", "DIRS": [HERE / "jinja"]}


@contextmanager
def project(module: str, templates: list[dict[str, Any]], middleware: list[str]) -> Iterator[None]:
    """One of the modules here as the project that is served.

    With apps that no other test has: neither their tables nor their checks stay.
    """
    from django.conf import settings
    from django.core.checks.registry import registry
    from django.test import override_settings

    apps = list(settings.INSTALLED_APPS)
    apps += [name for name in ("django.contrib.auth", "django.contrib.admin") if name not in apps]
    checks = set(registry.registered_checks)
    with override_settings(
        ROOT_URLCONF=f"tests.probes.lines.{module}", TEMPLATES=templates, MIDDLEWARE=middleware,
        INSTALLED_APPS=apps, STATIC_URL="/static/",
    ):  # fmt: skip
        registry.registered_checks = checks
        importlib.import_module(f"tests.probes.lines.{module}")
        yield


def line(file: str, text: str) -> str:
    """`pages.py:31`: the one line of a file here that has this in it."""
    path = HERE / file
    lines = path.read_text(encoding="utf-8").splitlines()
    (number,) = (at for at, each in enumerate(lines, 1) if text in each)
    return f"{path.name}:{number}"


class Asked(NamedTuple):
    """One group of queries. `where` and `origin` as `pages.py:31`; the stack's application part."""

    n: int
    path: str
    where: str
    function: str
    origin: str
    stack: list[str]


def asked(unit: Any) -> list[Asked]:
    """What a viewer is told, by path and line."""
    seen = Seen(unit)

    def frame(key: str) -> tuple[str, str]:
        file, number, function, *_ = json.loads(seen.defs.unsent.get(key, '["",0,""]'))
        return f"{Path(file).name}:{number}", function

    found = []
    for group in seen.unit.groups:
        where, function = frame(group.site_id)
        stack = json.loads(seen.defs.unsent[group.stack_id])
        own = [f"{Path(each[0]).name}:{each[1]}" for each in stack if each[3]]
        origin = frame(group.origin_id)[0] if group.origin_id else ""
        found.append(Asked(group.n, seen.path(group), where, function, origin, own))
    return sorted(found, key=lambda each: (each.path, each.where))


Ask = Callable[..., list[Asked]]


@pytest.fixture
def ask(library: Any, armament: Armament) -> Ask:
    """`ask(project, path)`: a request to one of the modules here, in a unit of its own."""
    from django.test import Client

    templates = [DJANGO, *([JINJA] if importlib.util.find_spec("jinja2") else [])]

    def request(module: str, path: str, query: str = "") -> list[Asked]:
        staff = ["tests.probes.lines.backstage.staff"] if module == "backstage" else []
        unit = RequestUnit("wsgi", "GET")
        with project(module, templates, ["tests.probes.lines.pages.waits", *staff]):
            client = Client()
            # What the project imports is there before a probe looks around.
            armament._modules = 0
            armament._reach()
            armament.ledger.begin(unit)
            if query:
                response = client.post(path, {"query": query}, content_type="application/json")
            else:
                response = client.get(path)
            body = response.getvalue()
        armament.ledger.end(unit)
        assert response.status_code == 200, body
        return asked(unit)

    return request
