"""The command line: one parser, one place where errors become sentences.

Imports no verb's dependencies before that verb runs, so that `--help` is instant and only what
draws loads textual.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Iterable, Sequence

from djscope import __version__
from djscope.errors import INTERNAL, INTERRUPTED, NOTHING, DjscopeError
from djscope.plain import plain

# Verb (its module is in djscope.commands) → its line in the help.
VERBS = {
    "attach": "watch running processes live (what plain `djscope` does)",
    "demo": "run a small shop with all problems, and watch it",
    "run": "start any command with the probe, without a change to its code",
    "now": "watch for some seconds, then print ten plain lines, worst first",
    "ps": "list the processes with a probe",
    "doctor": "check what can be watched and why not",
    "stacks": "print where every thread of one process stands",
    "check": "judge a snapshot, or what runs now: exit code 1 if there is what must not be",
    "snapshot": "watch for some seconds and write everything seen as JSON",
}


def parser(verbs: Iterable[str] = VERBS) -> argparse.ArgumentParser:
    """The command line; of `verbs` with their options, of others their names."""
    top = argparse.ArgumentParser(
        prog="djscope",
        description="See live what running Django and Celery processes do wrong, and where.",
        epilog="`djscope` alone is `djscope attach`. `djscope VERB --help` tells more.",
    )
    top.add_argument("--version", action="version", version=f"djscope {__version__}")
    choices = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, line in VERBS.items():
        verb = choices.add_parser(
            name, help=line, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        if name in verbs:
            module = importlib.import_module(f"djscope.commands.{name}")
            verb.description = (module.__doc__ or "").strip()
            module.add_arguments(verb)
            verb.set_defaults(run=module.run)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code (`djscope.errors` lists them)."""
    args = with_verb(list(sys.argv[1:] if argv is None else argv))
    options = parser(args[:1]).parse_args(args)
    try:
        code = int(options.run(options))
        sys.stdout.flush()  # here, where a reader that went away is no error
        return code
    except DjscopeError as error:
        print(f"djscope: {plain(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away: nothing to tell it any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        sentence = of_redis(error)
        if sentence:
            print(f"djscope: {plain(sentence)}", file=sys.stderr)
            return NOTHING
        if os.environ.get("DJSCOPE_TRACEBACK"):
            raise
        print(
            f"djscope: internal error, {type(error).__name__}: {plain(str(error))}"
            " (DJSCOPE_TRACEBACK=1 shows where; please report it)",
            file=sys.stderr,
        )
        return INTERNAL


def of_redis(error: Exception) -> str:
    """What redis-py raised, as cause and remedy; empty for anything else. Imports nothing anew."""
    known = sys.modules.get("redis.exceptions")
    if known is None or not isinstance(error, known.RedisError):
        return ""
    if isinstance(error, known.NoPermissionError):
        return f"Redis does not let this user do that ({error}): see `djscope doctor --acl`"
    if "unknown command" in str(error):
        command = str(error).partition(",")[0]
        return f"Redis does not know a command ({command}): `djscope doctor` tells what to do"
    return f"Redis refused or failed ({error}): `djscope doctor` looks into it"


def with_verb(args: list[str]) -> list[str]:
    """`djscope --redis URL` means `djscope attach --redis URL`."""
    if args and (args[0] in VERBS or args[0] in ("-h", "--help", "--version")):
        return args
    if args and not args[0].startswith("-"):
        return args
    return ["attach", *args]
