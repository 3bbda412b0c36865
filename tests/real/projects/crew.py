"""A management command that has others work for it: crew.py HOW START. A line of JSON each: what
they say, and then what we say.

HOW: `fork` (os.fork), `pool` (multiprocessing). START: `late` is up to us. They only query. All
wait for a line on stdin before that, and for another afterwards.
"""

import json
import multiprocessing
import os
import sys
from typing import Any

import django
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from quiet import probes

N = 2


def work(_: int = 0) -> dict[str, Any]:
    """Ask the database, and say what is wrapped."""
    from quiet.state import state

    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return state()


def say(state: dict[str, Any]) -> None:
    os.write(1, (json.dumps(state) + "\n").encode())


class Command(BaseCommand):
    """It lasts for as long as they do."""

    def handle(self, *_args: object, **_options: object) -> None:
        if sys.argv[2] == "late":
            probes.inject()
        print("ready", flush=True)
        sys.stdin.readline()
        work()
        if sys.argv[1] == "fork":
            for _ in range(N):
                if os.fork() == 0:
                    say(work())
                    os._exit(0)
                os.wait()
            say(work())
            sys.stdin.readline()
            return
        with multiprocessing.get_context("fork").Pool(N) as pool:
            for state in pool.map(work, range(N), chunksize=1):
                say(state)
            say(work())
            sys.stdin.readline()


if __name__ == "__main__":
    django.setup()
    call_command(Command())
