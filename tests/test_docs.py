"""The README is part of the interface: what is not in it does not exist."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from djscope import cli, pytest_plugin
from djscope.checking import settings
from djscope.model.findings.relations import KINDS
from djscope.model.kinds import KINDS as NAMED
from djscope.ui.keys import GROUPS
from djscope_probes import wire

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def options() -> list[tuple[str, str]]:
    """(verb, option) of the whole command line."""
    verbs = next(
        action for action in cli.parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    return [
        (verb, option)
        for verb, parser in verbs.choices.items()
        for action in parser._actions
        for option in action.option_strings
        if option not in ("-h", "--help")
    ]


@pytest.mark.parametrize(("verb", "option"), options())
def test_every_option_is_in_the_readme(verb: str, option: str) -> None:
    """On the line of its verb."""
    lines = [line for line in README.splitlines() if line.startswith(f"| `djscope {verb}")]

    assert len(lines) == 1
    assert option in lines[0]


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_verb_explains_itself(verb: str) -> None:
    """The first line of its module is its help."""
    assert f"`djscope {verb}" in README
    assert verb in cli.parser().format_help()


@pytest.mark.parametrize(
    "binding", [key for group in GROUPS for key in group.keys], ids=lambda b: b.id
)
def test_every_key_is_in_the_readme(binding: object) -> None:
    """With what the help says of it."""
    assert binding.tooltip in README  # type: ignore[attr-defined]


def rules() -> set[str]:
    """Kinds of findings, as the rules write them."""
    found: set[str] = set()
    for path in (ROOT / "djscope" / "model" / "findings").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'(?<!_)kind="(\w+)"', text))
        found |= set(re.findall(r'(?:base|stuck)\(\s*"(\w+)"', text))
    return found | set(KINDS.values())


def test_every_finding_is_in_the_readme() -> None:
    """And the README names none that no rule makes."""
    table = README.partition("## What it tells you")[2].partition("\n\nAn N+1")[0]
    documented = set(re.findall(r"`([a-z_]+)`", table))

    assert rules() == documented == set(NAMED)
    assert len(rules()) == 18


def pytest_options() -> list[str]:
    """Those that the plugin adds."""
    parser = pytest.Parser(_ispytest=True)
    pytest_plugin.pytest_addoption(parser)
    (group,) = (each for each in parser._groups if each.name == "djscope")
    return [name for option in group.options for name in option.names()]


@pytest.mark.parametrize("option", pytest_options())
def test_every_option_of_pytest_is_in_the_readme(option: str) -> None:
    """A row each."""
    rows = [line for line in README.splitlines() if line.startswith(f"| `{option}")]

    assert option.startswith("--djscope")
    assert any(re.match(rf"\| `{option}[`=]", row) for row in rows)


@pytest.mark.parametrize("key", [*settings.KEYS, *settings.ALLOW_KEYS])
def test_every_setting_of_a_project_is_in_the_readme(key: str) -> None:
    """In the table of `[tool.djscope]`."""
    table = README.partition("[tool.djscope]\n")[2].partition("\n## ")[0]

    assert f"`{key}`" in table


@pytest.mark.parametrize("kind", wire.KINDS)
def test_every_event_is_documented(kind: str) -> None:
    """In CONTRIBUTING, where the wire is."""
    assert f"`{kind}`" in CONTRIBUTING


def variables() -> set[str]:
    """Environment variables of djscope's own that the sources read."""
    found: set[str] = set()
    for directory in ("djscope", "probes/djscope_probes"):
        for path in (ROOT / directory).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            found |= set(re.findall(r"DJSCOPE_[A-Z_]+[A-Z]", text))
            found |= {
                f"DJSCOPE_{name}" for name in re.findall(r'_(?:option|value)\("(\w+)"\)', text)
            }
    return found


@pytest.mark.parametrize("variable", sorted(variables()))
def test_every_variable_is_in_the_readme(variable: str) -> None:
    """Settings nobody knows of are none."""
    assert variable in README


def test_the_readme_names_no_file_that_is_not_there() -> None:
    """Links lead somewhere."""
    for target in re.findall(r"\]\(([^)#:]+)\)", README + CONTRIBUTING):
        assert (ROOT / target).exists(), target
