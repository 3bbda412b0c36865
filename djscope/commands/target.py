"""Which Redis, which app: the options that all verbs share, and what they mean."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

from djscope.children import ChildError
from djscope.errors import NothingSeenError, UsageError
from djscope.feed.channel import Channel
from djscope.feed.embedded import EmbeddedServerError, start_embedded
from djscope.feed.endpoint import announced
from djscope.feed.redis_link import address_of, check, connect
from djscope.feed.room import room
from djscope.model.thresholds import DEFAULT, Thresholds, parse
from djscope_probes import endpoint
from djscope_probes.wire import Keys

NO_REDIS = (
    "no Redis is named: give --redis URL or set DJSCOPE_REDIS_URL to the one that the probes use"
    " (on a laptop with DEBUG on, `djscope attach` brings its own, and this finds it meanwhile)"
)


@dataclass(frozen=True, slots=True)
class Target:
    """`label` names the server on screen, without secrets; `ours` ends when we do."""

    url: str
    label: str
    app: str
    ours: bool = False
    thresholds: Thresholds = DEFAULT


def add_target_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--redis",
        metavar="URL",
        help="where the probes publish: redis://, rediss://, unix:// or redis+sentinel://"
        " (DJSCOPE_REDIS_URL)",
    )
    parser.add_argument(
        "--app", metavar="NAME", help="which app, if several publish there (DJSCOPE_APP)"
    )


def add_map_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--map",
        metavar="REMOTE=LOCAL",
        action="append",
        default=[],
        help="where this machine has the sources that processes name, e.g. /app=. (repeatable)",
    )


def add_threshold_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threshold",
        metavar="FINDING=N",
        action="append",
        default=[],
        help="from how many a repetition is a finding, e.g. query_loop=10 (repeatable;"
        " DJSCOPE_THRESHOLDS, separated by commas)",
    )


def thresholds(options: argparse.Namespace, settings: Iterable[str] = ()) -> Thresholds:
    """By the project's settings, by the environment, then by the options."""
    said = filter(None, os.environ.get("DJSCOPE_THRESHOLDS", "").split(","))
    try:
        return parse([*settings, *said, *getattr(options, "threshold", ())])
    except ValueError as error:
        raise UsageError(str(error)) from None


def named_url(options: argparse.Namespace) -> str:
    """Option, environment, or what an embedded server of this user left behind; may be empty."""
    return str(options.redis or os.environ.get("DJSCOPE_REDIS_URL") or endpoint.read())


def find_target(options: argparse.Namespace) -> Target:
    """A target that exists: Redis answers and an app has processes."""
    url = named_url(options)
    if not url:
        raise UsageError(NO_REDIS)
    least = thresholds(options)
    app = choose_app(options, url, must_exist=True)
    target = Target(url, address_of(url).label, app, thresholds=least)
    if not target.app:
        raise NothingSeenError(f"no process has announced itself at {target.label}: {_why(url)}")
    return target


def _why(url: str) -> str:
    """Nobody can announce himself on a full server; else the first thing to do."""
    with closing(connect(url)) as client:
        there = room(client)
    if there is not None and there.left <= 0:
        return "it is full and takes no writes: give it room"
    return (
        'add "djscope_probes" to INSTALLED_APPS, or start it with `djscope run -- CMD`;'
        " `djscope doctor` tells more"
    )


@contextmanager
def found_or_embedded(options: argparse.Namespace) -> Iterator[Target]:
    """As `find_target`, but waits for processes, on a server of our own if none is named."""
    url = named_url(options)
    if url:
        app = choose_app(options, url)
        yield Target(url, address_of(url).label, app, thresholds=thresholds(options))
        return
    with embedded(options.app or os.environ.get("DJSCOPE_APP", "")) as target:
        yield replace(target, thresholds=thresholds(options))


@contextmanager
def embedded(app: str) -> Iterator[Target]:
    """A server of our own, which this user's probes find under DEBUG."""
    try:
        server = start_embedded()
    except (EmbeddedServerError, ChildError) as error:
        raise NothingSeenError(str(error)) from None
    with server, announced(server.url):
        yield Target(server.url, server.describe, app, ours=True)


def address_label(url: str) -> str:
    """A Redis that answers, without its secrets."""
    address = address_of(url)
    client = connect(url)
    try:
        check(client, address)
    finally:
        client.close()
    return address.label


def choose_app(options: argparse.Namespace, url: str, *, must_exist: bool = False) -> str:
    """The app that was named, else the only one there; empty when there is none yet."""
    client = connect(url)
    try:
        check(client, address_of(url))
        named = options.app or os.environ.get("DJSCOPE_APP")
        if named and not must_exist:
            return str(named)
        channel = Channel(client, Keys(""))
        apps = channel.apps(channel.now())
    finally:
        client.close()
    if named and apps and named not in apps:
        raise NothingSeenError(
            f"no process of app {named!r} has announced itself there; there are: {', '.join(apps)}"
        )
    if named:
        return str(named) if apps else ""
    if len(apps) > 1:
        raise UsageError(f"several apps publish there ({', '.join(apps)}): choose with --app NAME")
    return apps[0] if apps else ""


_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|)")
_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0}


def duration(text: str) -> float:
    """`10s`, `2m`, `1.5h` as seconds."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration; write 10s, 2m or 1h")
    return float(match[1]) * _SECONDS[match[2]]
