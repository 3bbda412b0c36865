"""Management commands: one unit each, by `BaseCommand.execute` (Django 4.2 to 6.1).

`run_from_argv` and `call_command` both go through it. A command that another unit calls is part of
that one, and one that serves others has no end worth telling.
"""

from __future__ import annotations

from typing import Any

from djscope_probes import landmarks
from djscope_probes.guard import Guard
from djscope_probes.ledger import Ledger
from djscope_probes.patching import Function, Patch, Patches
from djscope_probes.stacks import stack_of_traceback
from djscope_probes.units import CommandUnit, current

SERVERS = frozenset(
    {"runserver", "runserver_plus", "testserver", "shell", "shell_plus", "dbshell", "qcluster"}
)


class WorkInstrument:
    """Begins and ends command units."""

    def __init__(self) -> None:
        self.guard = Guard("work")
        self.patches = Patches()
        self._ledger = Ledger()

    def arm(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def reach(self) -> None:
        base = landmarks.loaded("django.core.management.base")
        if base is not None:
            self.patches.wrap(base.BaseCommand, "execute", self._execute)

    def _execute(self, original: Function, patch: Patch) -> Function:
        def execute(command: Any, *args: Any, **options: Any) -> Any:
            unit = self._begin(command) if patch.on else None
            if unit is None:
                return original(command, *args, **options)
            try:
                return original(command, *args, **options)
            except BaseException as error:
                self._fail(unit, error)
                raise
            finally:
                self._end(unit)

        return execute

    def _begin(self, command: object) -> CommandUnit | None:
        try:
            name = command_name(command)
            if current() is not None or name in SERVERS:
                return None
            unit = CommandUnit(name)
            self._ledger.begin(unit)
            return unit
        except Exception:
            self.guard.failed()
            return None

    def _fail(self, unit: CommandUnit, error: BaseException) -> None:
        try:
            if not isinstance(error, SystemExit) or error.code:
                unit.fail(type(error), stack_of_traceback(error.__traceback__))
        except Exception:
            self.guard.failed()

    def _end(self, unit: CommandUnit) -> None:
        try:
            self._ledger.end(unit)
        except Exception:
            self.guard.failed()


def command_name(command: object) -> str:
    """`migrate` of `django.core.management.commands.migrate.Command`."""
    return type(command).__module__.rpartition(".")[2]
