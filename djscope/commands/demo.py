"""run a small shop with all problems, and watch it (from a checkout)

Starts an embedded Redis, gunicorn, uvicorn, a Celery worker and traffic, then attaches. Everything
ends with it.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from djscope.checking.files import writable
from djscope.children import ChildError, run_directory
from djscope.commands import attach
from djscope.commands.observe import observe
from djscope.commands.snapshot import take, write
from djscope.commands.target import Target, address_label, duration, embedded
from djscope.errors import DjscopeError, UsageError
from djscope.model.findings import find
from djscope.plain import plain
from djscope.report import coverage, lines

CHECKOUT = Path(__file__).resolve().parent.parent.parent
APP = "shop"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--redis",
        metavar="URL",
        help="use this Redis, as Celery's broker too",
    )
    parser.add_argument(
        "--postgresql", action="store_true", help="the shop on PostgreSQL, not on SQLite"
    )
    parser.add_argument("--headless", action="store_true", help="no screen: print the findings")
    parser.add_argument(
        "--for", dest="seconds", type=duration, metavar="TIME", help="headless: how long (20s)"
    )
    parser.add_argument("--export", metavar="FILE", help="headless: write a snapshot as JSON")


def run(options: argparse.Namespace) -> int:
    if not options.headless:
        if options.export or options.seconds:
            raise UsageError("--for and --export go with --headless")
        attach.need_terminal("python3 demo --headless --for 20s")
    if options.export:
        writable(Path(options.export))
    runner = shop_runner()
    # Its own server unless told otherwise: the shop's worker would use anybody's as a broker.
    with ExitStack() as servers:
        if options.redis:
            target = Target(options.redis, address_label(options.redis), APP)
        else:
            target = servers.enter_context(embedded(APP))
        database = servers.enter_context(postgresql()) if options.postgresql else ""
        return open_shop(runner, target, database, options)


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty database on the demo's own ladder of servers."""
    ladder = importlib.import_module("postgresql")
    try:
        with ladder.start_postgresql() as server, server.database() as url:
            print(f"database: {server.describe}", file=sys.stderr)
            yield url
    except ladder.PostgresqlError as error:
        raise DjscopeError(str(error)) from None


def shop_runner() -> Any:
    """`demo/runner.py` of the checkout that this package runs from, else of the one we are in."""
    for demo in (CHECKOUT / "demo", Path.cwd() / "demo"):
        if (demo / "runner.py").is_file() and (demo / "shop" / "scenarios").is_dir():
            sys.path.insert(0, str(demo))
            return importlib.import_module("runner")
    raise UsageError("the demo is part of a checkout of djscope: run it there, `python3 demo`")


def open_shop(runner: Any, target: Target, database: str, options: argparse.Namespace) -> int:
    print(f"Redis: {target.label}", file=sys.stderr)
    try:
        with runner.Shop(target.url, run_directory("shop"), database_url=database) as shop:
            shop.start(lambda text: print(text, file=sys.stderr))
            if options.headless:
                return headless(target, options)
            return attach.show(target)
    except (runner.ShopError, ChildError) as error:
        raise DjscopeError(str(error)) from None


def headless(target: Target, options: argparse.Namespace) -> int:
    """Findings on standard output, the snapshot in a file."""
    watch = observe(target, options.seconds or 20.0)
    found = find(watch.session, watch.now())
    for line in lines(found):
        print(plain(line))
    print(plain(coverage(watch.session, watch.now())))
    for line in importlib.import_module("judge").judge(found):
        print(plain(line))
    if options.export:
        print(f"snapshot: {write(take(watch), Path(options.export))}", file=sys.stderr)
    return watch.exit_code
