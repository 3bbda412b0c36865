"""Libraries that wrap execution or querysets are passed through; the host says which those are."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from djscope_probes import ownership, settings
from djscope_probes.arming import Armament
from djscope_probes.units import RequestUnit, Unit
from tests.probes.lines.conftest import asked

HERE = "test_wrappers.py"
ROOT = Path(__file__).resolve().parents[3]
TOOL = "def fetch(queryset):\n    return list(queryset)\n"


def test_a_debug_toolbar_is_passed_through() -> None:
    """django-debug-toolbar replaces each cursor by one of its own."""
    pytest.importorskip("debug_toolbar", reason="pip install django-debug-toolbar")
    command = [sys.executable, "-m", "tests.probes.lines.toolbar"]
    paths = [path for path in sys.path if path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["project.py", "project.py"]


def test_a_query_tagger_is_passed_through(unit: Unit, library: Any) -> None:
    """django-sqlcommenter adds a comment to each query, in an execute wrapper."""
    pytest.importorskip("django_sqlcommenter", reason="pip install django-sqlcommenter")
    from django.db import connection
    from django_sqlcommenter.wrapper import QueryAnnotator

    with connection.execute_wrapper(QueryAnnotator()):
        for work in library.Work.objects.all():
            assert work.writer.name
    found = asked(unit)

    assert {each.where.partition(":")[0] for each in found} == {HERE}
    assert {each.path for each in found} == {"", "writer"}


def test_an_execute_wrapper_of_the_applications_is_no_site(unit: Unit, library: Any) -> None:
    """It runs inside of the query: nobody asked there."""
    from django.db import connection

    def tagged(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        return execute(f"{sql} /* tagged */", params, many, context)

    with connection.execute_wrapper(tagged):
        library.Work.objects.count()
    (found,) = asked(unit)

    assert found.function == "test_an_execute_wrapper_of_the_applications_is_no_site"


def made(models: tuple[type[Any], ...]) -> Iterator[None]:
    """Their tables, for as long as a test takes."""
    from django.apps import apps
    from django.db import connection

    with connection.schema_editor() as editor:
        for model in models:
            editor.create_model(model)
    yield
    with connection.schema_editor() as editor:
        for model in reversed(models):
            editor.delete_model(model)
    for model in models:
        del apps.all_models["library"][model._meta.model_name]
    apps.clear_cache()


@pytest.mark.filterwarnings("ignore:Using .* is deprecated")  # 7.0 would have it on the manager
def test_a_tree_is_passed_through(armament: Armament, library: Any) -> None:
    """django-treebeard asks for children in its own managers and querysets."""
    pytest.importorskip("treebeard", reason="pip install django-treebeard")
    from tests.probes.lines.trees import tree

    rack: Any = tree()
    tables = made((rack,))
    next(tables)
    for name in ("a", "b", "c"):
        rack.add_root(name=name).add_child(name="x")
    unit = RequestUnit("wsgi", "GET")
    armament.ledger.begin(unit)
    for root in rack.get_root_nodes():
        assert [child.name for child in root.get_children()] == ["x"]
        assert root.get_descendants().count() == 1
    armament.ledger.end(unit)
    next(tables, None)
    found = asked(unit)

    assert sorted(each.n for each in found) == [1, 3, 3]
    assert {each.where.partition(":")[0] for each in found} == {HERE}


def test_a_cluster_is_passed_through(armament: Armament, library: Any) -> None:
    """django-modelcluster's managers answer from memory, or else ask the usual one."""
    pytest.importorskip("modelcluster", reason="pip install django-modelcluster")
    from tests.probes.lines.trees import cluster

    models: Any = cluster()
    series, volume = models
    tables = made(models)
    next(tables)
    for name in ("a", "b", "c"):
        volume.objects.create(series=series.objects.create(name=name))
    unit = RequestUnit("wsgi", "GET")
    armament.ledger.begin(unit)
    for each in series.objects.all():
        assert len(list(each.volumes.all())) == 1
    armament.ledger.end(unit)
    next(tables, None)
    found = asked(unit)

    assert sorted(each.n for each in found) == [1, 3]
    assert {each.where.partition(":")[0] for each in found} == {HERE}


@pytest.fixture
def tool(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """`shelving.fetching`, a package that evaluates querysets for others, where a test wants it."""
    directory = tmp_path / request.param
    (directory / "shelving").mkdir(parents=True)
    (directory / "shelving" / "__init__.py").touch()
    (directory / "shelving" / "fetching.py").write_text(TOOL)
    sys.path.insert(0, str(directory))
    try:
        yield importlib.import_module("shelving.fetching")
    finally:
        sys.path.remove(str(directory))
        for name in ("shelving.fetching", "shelving"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()


def where_it_fetches(library: Any, tool: ModuleType) -> str:
    """The file that a list fetched by `tool` is booked on."""
    armament = Armament()
    armament.arm()
    try:
        unit = RequestUnit("wsgi", "GET")
        armament.ledger.begin(unit)
        tool.fetch(library.Work.objects.order_by("pk"))
        armament.ledger.end(unit)
        (found,) = asked(unit)
    finally:
        armament.disarm()
    return found.where.partition(":")[0]


SITE_PACKAGES = "lib/python3.11/site-packages"


@pytest.mark.parametrize(
    ("tool", "variable", "value", "expected"),
    [
        ("vendor", "", "", "fetching.py"),
        ("vendor", "LIBRARIES", "shelving", HERE),
        ("vendor", "LIBRARIES", "nothing, shelving.fetching", HERE),
        ("vendor", "LIBRARIES", "vendor/", HERE),
        ("vendor", "LIBRARIES", "vendor/shelving", HERE),
        ("vendor", "LIBRARIES", "shelv", "fetching.py"),
        (SITE_PACKAGES, "", "", HERE),
        (SITE_PACKAGES, "PROJECT", "shelving", "fetching.py"),
        (SITE_PACKAGES, "PROJECT", "/", HERE),
    ],
    indirect=["tool"],
)
def test_the_host_says_whose_code_it_is(
    library: Any, tool: ModuleType, monkeypatch: pytest.MonkeyPatch, variable: str, value: str,
    expected: str,
) -> None:  # fmt: skip
    """Vendored code and editable installs; a project that was installed as a wheel."""
    if variable:
        monkeypatch.setenv(f"DJSCOPE_{variable}", value)
    found = where_it_fetches(library, tool)

    assert found == expected


@pytest.mark.parametrize("tool", [SITE_PACKAGES], indirect=True)
def test_the_package_of_the_settings_is_the_project(
    library: Any, tool: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it is installed, without a word about it."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "shelving.settings")

    assert where_it_fetches(library, tool) == "fetching.py"


def test_django_is_never_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """Although a process may be set up with its global settings; nor is djscope."""
    import django

    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "django.conf.global_settings")
    ownership.settle((), settings.project())

    assert settings.project() == ("django",)
    assert not ownership.is_app_file(django.__file__)
    assert not ownership.is_app_file(ownership.__file__)


def test_libraries_inside_of_the_project_stay_libraries() -> None:
    """Its directory may hold the environment."""
    ownership.settle((), ("/srv/app",))

    assert ownership.is_app_file("/srv/app/shop/views.py")
    assert not ownership.is_app_file("/srv/app/.venv/lib/python3.11/site-packages/x.py")
    ownership.settle(("/srv/app/vendored/",), ("/srv/app",))
    assert not ownership.is_app_file("/srv/app/vendored/x.py")
