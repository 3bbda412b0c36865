"""`[tool.djscope]` in pyproject.toml. What is wrong with it is one sentence."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from djscope.errors import UsageError
from djscope.model.allowed import Allow
from djscope.model.kinds import ANY, KINDS, NONE, kinds_of
from djscope.model.thresholds import NAMES, Thresholds, parse

FILE = "pyproject.toml"
ALLOW_KEYS = ("kind", "relation", "site", "route", "reason")
Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class Settings:
    """None where nothing was said. `thresholds` as options say them: `query_loop=10`."""

    fail_on: frozenset[str] | None = None
    baseline: Path | None = None
    thresholds: tuple[str, ...] = ()
    allow: tuple[Allow, ...] = ()
    tests: tuple[str, ...] = field(default=())

    def least(self, *said: str) -> Thresholds:
        """These thresholds, then what was said besides."""
        try:
            return parse([*self.thresholds, *filter(None, said)])
        except ValueError as error:
            raise UsageError(str(error)) from None


def settings(directory: Path) -> Settings:
    """Of the nearest pyproject.toml, from `directory` upwards."""
    for each in (directory, *directory.parents):
        path = each / FILE
        if path.is_file():
            return read(path)
    return Settings()


def read(path: Path) -> Settings:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("djscope", {})
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    found = Settings()
    for key, value in table.items():
        if key not in KEYS:
            raise wrong(path, f"knows no key {key!r}: choose from {', '.join(KEYS)}")
        try:
            found = KEYS[key](found, value, path)
        except ValueError as error:
            raise wrong(path, f"{key}: {error}") from None
    return found


def wrong(path: Path, what: str) -> UsageError:
    return UsageError(f"[tool.djscope] in {path.name}: {what}")


def texts(value: object, example: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"has to be a list of texts, for example {example}")
    return value


def take_fail_on(known: Settings, value: object, _path: Path) -> Settings:
    return replace(known, fail_on=kinds_of(texts(value, '["n_plus_one", "query_loop"]')))


def take_baseline(known: Settings, value: object, path: Path) -> Settings:
    if not isinstance(value, str) or not value:
        raise ValueError('has to be the name of a file, for example "djscope-baseline.json"')
    return replace(known, baseline=path.parent / value)


def take_thresholds(known: Settings, value: object, _path: Path) -> Settings:
    if not isinstance(value, dict):
        raise ValueError(f"has to be a table, for example {{ {NAMES[0]} = 5 }}")
    said = tuple(f"{name}={number}" for name, number in value.items())
    parse(said)
    return replace(known, thresholds=said)


def take_allow(known: Settings, value: object, _path: Path) -> Settings:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError("has to be a list of tables, each with a reason")
    return replace(known, allow=tuple(allowed(each) for each in value))


def allowed(entry: Values) -> Allow:
    """One entry of the allow-list."""
    for key, text in entry.items():
        if key not in ALLOW_KEYS:
            raise ValueError(f"knows no key {key!r}: choose from {', '.join(ALLOW_KEYS)}")
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{key} has to be a text that says something")
    if "reason" not in entry:
        raise ValueError("each entry needs a reason")
    if len(entry) == 1:
        raise ValueError("each entry needs one of kind, relation, site and route")
    if "kind" in entry and not set("*?[") & set(str(entry["kind"])):
        kinds_of([str(entry["kind"])])
    return Allow(**{key: str(text) for key, text in entry.items()})


def take_tests(known: Settings, value: object, _path: Path) -> Settings:
    return replace(known, tests=tuple(texts(value, '["qa/*", "*/steps.py"]')))


KEYS: dict[str, Callable[[Settings, object, Path], Settings]] = {
    "fail_on": take_fail_on,
    "baseline": take_baseline,
    "thresholds": take_thresholds,
    "allow": take_allow,
    "tests": take_tests,
}


def fail_on(text: str, option: str, known: Iterable[str] = KINDS) -> frozenset[str]:
    """What an option says: kinds, separated by commas; a build's unset variable says nothing."""
    if not text.replace(",", " ").strip():
        raise UsageError(f"{option} names nothing: give kinds of findings, or {ANY} or {NONE}")
    try:
        return kinds_of(text.split(","), known)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None
