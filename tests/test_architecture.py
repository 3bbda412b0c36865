"""Rooms, directions and sizes, as CONTRIBUTING draws them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROBES = ROOT / "probes" / "djscope_probes"
VIEWER = ROOT / "djscope"
FILE_LINES = 300
FUNCTION_LINES = 40

# What both sides have to agree on; all other modules of the probes are the probes' business.
AGREED = {
    "djscope_probes.wire", "djscope_probes.address", "djscope_probes.endpoint",
    "djscope_probes.recording",
}  # fmt: skip
# Room → what it must not import. A room is a package of the viewer.
FORBIDDEN = {
    "feed": (
        "djscope.model", "djscope.ui", "djscope.commands", "djscope.attach", "textual", "django",
        "celery",
    ),
    "model": (
        "djscope.ui", "djscope.commands", "textual", "redis", "time", "datetime", "os", "socket",
        "threading", "django", "celery", "psutil", "djscope.attach",
    ),
    "ui": ("djscope.commands", "djscope.attach", "redis", "socket", "psutil", "django", "celery"),
    "checking": (
        "djscope.ui", "djscope.commands", "djscope.attach", "textual", "redis", "socket",
        "threading", "django", "celery", "psutil",
    ),
    "attach": ("djscope.ui", "djscope.commands", "textual", "redis", "django", "celery"),
}  # fmt: skip
# The shapes that the model is fed with; the rest of the feed touches Redis and files.
MODEL_MAY = {"djscope.feed.shapes", "djscope.feed.delivery", "djscope.feed.status"}


def sources(directory: Path) -> list[Path]:
    return sorted(directory.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("path", sources(PROBES), ids=lambda p: str(p.relative_to(PROBES)))
def test_probes_import_the_standard_library_and_themselves(path: Path) -> None:
    """In the host process: nothing that was not there. (Django and Celery are.)"""
    allowed = sys.stdlib_module_names | {"djscope_probes", "django", "celery"}
    foreign = {module for module in imports(path) if module.partition(".")[0] not in allowed}

    assert foreign == set()


@pytest.mark.parametrize("room", FORBIDDEN)
def test_rooms_import_in_one_direction(room: str) -> None:
    """feed ← model ← ui; only commands know them all."""
    wrong = [
        (path.name, module)
        for path in sources(VIEWER / room)
        for module in imports(path)
        if within(module, *FORBIDDEN[room])
    ]

    assert wrong == []


def test_the_viewer_knows_of_the_probes_what_both_agree_on() -> None:
    """`commands/run` also finds the package itself, to put it on the path."""
    wrong = [
        (str(path.relative_to(VIEWER)), module)
        for path in sources(VIEWER)
        for module in imports(path)
        if within(module, "djscope_probes")
        and module != "djscope_probes"
        and not within(module, *AGREED)
    ]

    assert wrong == []


def test_the_model_sees_of_the_feed_only_shapes() -> None:
    """No Redis behind a rule."""
    wrong = [
        (path.name, module)
        for path in sources(VIEWER / "model")
        for module in imports(path)
        if within(module, "djscope.feed")
        and module != "djscope.feed"
        and not within(module, *MODEL_MAY)
    ]

    assert wrong == []


def test_only_what_draws_imports_textual() -> None:
    """`djscope ps` must not pay for a screen."""
    wrong = [
        str(path.relative_to(VIEWER))
        for path in sources(VIEWER)
        for module in imports(path)
        if within(module, "textual", "rich") and path.relative_to(VIEWER).parts[0] != "ui"
    ]

    assert wrong == []


@pytest.mark.parametrize("directory", [PROBES, VIEWER, ROOT / "demo"], ids=lambda d: d.name)
def test_files_and_functions_are_small(directory: Path) -> None:
    """One concept per file; a function fits a screen."""
    lengths = {path: lines(path) for path in sources(directory)}
    long_functions = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in lengths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES
        and not (isinstance(node.body[0], ast.FunctionDef | ast.AsyncFunctionDef))
    ]

    assert [str(path) for path, length in lengths.items() if length > FILE_LINES] == []
    assert long_functions == []
    assert median(lengths.values()) <= 110


@pytest.mark.parametrize("directory", ["tests", ".ci"])
def test_files_of_tests_are_small(directory: str) -> None:
    """One subject per file, there as well."""
    long = [path for path in sources(ROOT / directory) if lines(path) > FILE_LINES]

    assert [str(path.relative_to(ROOT)) for path in long] == []


@pytest.mark.parametrize("directory", ["demo", "tests"])
def test_no_module_shadows_a_library(directory: str) -> None:
    """`python3 demo` puts the directory first on the path: `celery.py` in there would be celery."""
    ours = {
        path.stem for path in (ROOT / directory).iterdir() if not path.name.startswith((".", "_"))
    }
    libraries = {
        name.partition(".")[0]
        for distribution in metadata.distributions()
        for name in (distribution.read_text("top_level.txt") or distribution.name).split()
    }

    assert ours & (sys.stdlib_module_names | libraries) == set()


def test_probes_need_nothing() -> None:
    """A production process gets one package, and nothing along with it."""
    requires = metadata.requires("djscope-probes") or []

    assert requires == []
