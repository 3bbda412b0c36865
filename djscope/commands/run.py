"""start any command with the probe, without a change to its code: djscope run -- CMD

For example: djscope run -- gunicorn shop.wsgi
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

import djscope_probes
from djscope.errors import UsageError
from djscope.feed.redis_link import address_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--redis", metavar="URL", help="where the probe publishes")
    parser.add_argument("--app", metavar="NAME", help="the name under which processes meet")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- CMD …")


def run(options: argparse.Namespace) -> int:
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        raise UsageError("no command given: write `djscope run -- gunicorn shop.wsgi`, for example")
    program = shutil.which(command[0])
    if program is None:
        raise UsageError(f"{command[0]} is not on PATH: check its name, or give its full path")
    # exec: the command keeps its pid, its signals and its exit code.
    os.execve(program, command, environment(options.redis, options.app))  # noqa: S606


def environment(url: str | None, app: str | None) -> dict[str, str]:
    """This environment, with the probe's start-up hook first on Python's path."""
    env = dict(os.environ)
    package = Path(djscope_probes.__file__).parent
    paths = [str(package / "startup"), str(package.parent), env.get("PYTHONPATH", "")]
    env["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    if url:
        address_of(url)
        env["DJSCOPE_REDIS_URL"] = url
    if app:
        env["DJSCOPE_APP"] = app
    return env
