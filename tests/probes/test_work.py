"""Management commands: one unit each."""

from __future__ import annotations

import sys

import pytest

from djscope_probes.arming import Armament
from djscope_probes.instruments.work import SERVERS
from djscope_probes.units import CommandUnit, RequestUnit, Unit


def commands(armament: Armament) -> list[Unit]:
    """Commands that ended since the last look."""
    return [unit for unit in armament.ledger.ended if isinstance(unit, CommandUnit)]


def test_a_command_has_its_name_and_its_queries(armament: Armament) -> None:
    """Called from code as from a shell."""
    from django.core.management import call_command

    call_command("showmigrations", "shop", verbosity=0, stdout=sys.stderr)
    (unit,) = commands(armament)

    assert unit.name == "showmigrations"
    assert unit.queries > 0
    assert unit.exception == ""


def test_a_command_within_a_unit_is_part_of_it(armament: Armament) -> None:
    """A view that calls one is still what the user waits for; so is a command that calls others."""
    from django.core.management import call_command

    unit = RequestUnit("wsgi", "GET")
    armament.ledger.begin(unit)
    call_command("showmigrations", "shop", stdout=sys.stderr)
    armament.ledger.end(unit)

    assert commands(armament) == []
    assert unit.queries > 0


def test_a_command_that_fails_says_with_what(armament: Armament) -> None:
    """The exception goes on its way."""
    from django.core.management import call_command

    with pytest.raises(SystemExit):
        call_command("showmigrations", "nonsense", stdout=sys.stderr, stderr=sys.stderr)
    (unit,) = commands(armament)

    assert unit.exception == "SystemExit"


@pytest.mark.parametrize("name", sorted(SERVERS & {"shell", "testserver", "dbshell"}))
def test_a_command_that_serves_others_is_no_unit(armament: Armament, name: str) -> None:
    """It has no end, and what it serves has units of its own."""
    from django.core.management import load_command_class

    command = load_command_class("django.core", name)
    command.handle = lambda *_, **__: None
    command.requires_system_checks = []
    options = {"force_color": False, "no_color": False, "skip_checks": True}
    command.execute(**options, use_ipv6=False, addrport="0", verbosity=0)

    assert commands(armament) == []
