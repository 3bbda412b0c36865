"""The command line: one parser, one place where errors become sentences.

Imports no verb's dependencies before that verb runs, so that `--help` is instant and only what
draws loads textual.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from djscope import __version__
from djscope.errors import INTERNAL, INTERRUPTED, DjscopeError
from djscope.plain import plain

# Verb → its module in djscope.commands; `attach` is what plain `djscope` does.
VERBS = ("attach", "demo", "run", "now", "ps", "doctor", "snapshot")


def parser() -> argparse.ArgumentParser:
    """The whole command line; each verb adds its own options."""
    top = argparse.ArgumentParser(
        prog="djscope",
        description="See live what running Django and Celery processes do wrong, and where.",
        epilog="`djscope` alone is `djscope attach`. `djscope VERB --help` tells more.",
    )
    top.add_argument("--version", action="version", version=f"djscope {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name in VERBS:
        module = importlib.import_module(f"djscope.commands.{name}")
        text = (module.__doc__ or "").strip()
        verb = verbs.add_parser(
            name,
            help=text.splitlines()[0],
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(verb)
        verb.set_defaults(run=module.run)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code (`djscope.errors` lists them)."""
    args = with_verb(list(sys.argv[1:] if argv is None else argv))
    options = parser().parse_args(args)
    try:
        return int(options.run(options))
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
        if os.environ.get("DJSCOPE_TRACEBACK"):
            raise
        print(
            f"djscope: internal error, {type(error).__name__}: {plain(str(error))}"
            " (DJSCOPE_TRACEBACK=1 shows where; please report it)",
            file=sys.stderr,
        )
        return INTERNAL


def with_verb(args: list[str]) -> list[str]:
    """`djscope --redis URL` means `djscope attach --redis URL`."""
    if args and (args[0] in VERBS or args[0] in ("-h", "--help", "--version")):
        return args
    if args and not args[0].startswith("-"):
        return args
    return ["attach", *args]
