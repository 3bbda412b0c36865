"""check what can be watched and why not, each failure with cause and remedy"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import redis

from djscope.attach.local import forked
from djscope.commands.target import NO_REDIS, add_target_arguments, named_url
from djscope.errors import NOTHING, OK, DjscopeError
from djscope.feed.channel import Channel
from djscope.feed.leases import Claim, FullError
from djscope.feed.redis_link import Redis, address_of, check, connect, explain
from djscope.feed.rights import PROBE, ROLES, VIEWER, acl_line, denied, unknown
from djscope.feed.room import room
from djscope.feed.shapes import Process
from djscope.model.processes import process_fact
from djscope.model.snapshot import to_json
from djscope.model.wording import number
from djscope.plain import plain
from djscope_probes.wire import ROOM_BYTES, WIRE_VERSION, Keys

SETUP = (
    'add "djscope_probes" to INSTALLED_APPS (or start it with `djscope run -- CMD`) and give the'
    " process the same DJSCOPE_REDIS_URL"
)
RENAMED = (
    "take its rename-command out of the server's configuration, or use another server"
    " (older than Redis 6.2 is too old)"
)
# Most answer within half a second; on a machine that is busy not all do.
ARM_S = 3.0
# Who is watched already does not arm anew: it reports each 5 s.
REPORTED_S = 6.0


@dataclass(frozen=True, slots=True)
class Check:
    """`ok`, `warn` or `fail`; a failure blocks, and says what to do. `acl`: a line to copy."""

    state: str
    what: str
    remedy: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    parser.add_argument(
        "--acl",
        action="store_true",
        help="print the Redis users that probes and viewers need, and test the rights of this one",
    )
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def run(options: argparse.Namespace) -> int:
    checks = list(examine(options))
    if options.json:
        print(to_json(checks))
    else:
        for each in checks:
            said = ": ".join(filter(None, (each.what, each.remedy)))
            print(plain(said if each.state == "acl" else f"{each.state:4}  {said}"))
    return NOTHING if any(each.state == "fail" for each in checks) else OK


def examine(options: argparse.Namespace) -> Iterator[Check]:
    """From the ground up; what cannot be checked without the previous one is not tried."""
    url = named_url(options)
    if options.acl:
        yield from (Check("acl", acl_line(role)) for role in ROLES)
    if not url:
        if not options.acl:
            yield Check("fail", "Redis", NO_REDIS)
        return
    try:
        address = address_of(url)
        client = connect(url)
        check(client, address)
    except DjscopeError as error:
        yield Check("fail", "Redis", str(error))
        return
    try:
        yield Check("ok", f"Redis answers at {address.label} ({version(client)})")
        rights = list(examine_rights(client, address.user or "default", both=options.acl))
        yield from (*rights, *examine_room(client))
        if not options.acl and all(each.state == "ok" for each in rights):
            yield from examine_apps(client, options)
    except redis.RedisError as error:
        yield Check("fail", "Redis", explain(error, address))
    finally:
        client.close()


def version(client: Redis) -> str:
    """Managed services may forbid INFO."""
    try:
        info = client.info("server")
    except redis.RedisError:
        return "version not told"
    name = "Valkey" if "valkey_version" in info else "Redis"
    return f"{name} {info.get('valkey_version') or info.get('redis_version')}"


def examine_rights(client: Redis, user: str, *, both: bool) -> Iterator[Check]:
    """What a viewer needs, since this is one; `both`: a user may also be the probes', or theirs
    alone, and then a lack of the viewer's rights does not block.
    """
    # Whoever has a name may have only a viewer's rights, and each refusal is a line in a log.
    asked = PROBE | VIEWER if both or user == "default" else VIEWER
    if missing := unknown(client, asked):
        names = ", ".join(missing)
        yield Check("fail", f"the server does not know {names}, which djscope needs", RENAMED)
    lacks = {"viewer": denied(client, VIEWER)}
    if both:
        lacks["probe"] = denied(client, PROBE)
    for role, lack in lacks.items():
        if lack and both and not all(lacks.values()):
            what = f"has not the rights of a {role}, only the other's"
            yield Check("ok", f"the Redis user {user} {what}")
        elif lack:
            words = " ".join(f"+{right}" for right in lack)
            yield Check(
                "fail",
                f"the Redis user {user} may not {', '.join(lack)}, which a {role} needs",
                f"ACL SETUSER {user} ~{{djscope}}:* {words}",
            )
        elif both:
            yield Check("ok", f"the Redis user {user} has the rights of a {role}")


def examine_room(client: Redis) -> Iterator[Check]:
    """Probes leave a server alone that is nearly full; without INFO, nobody knows."""
    there = room(client)
    if there is not None and there.left < ROOM_BYTES:
        yield Check(
            "warn",
            f"Redis is nearly full ({there.used / 1e6:.0f} of {there.limit / 1e6:.0f} MB), so that"
            " probes write nothing and count what they drop",
            f"leave {ROOM_BYTES / 1e6:.0f} MB free, or use another server",
        )


def examine_apps(client: Redis, options: argparse.Namespace) -> Iterator[Check]:
    channel = Channel(client, Keys(""))
    apps = [options.app] if options.app else channel.apps(channel.now())
    if not apps:
        yield Check("fail", "no process has announced itself", SETUP)
    for app in apps:
        yield from examine_app(client, app)


def examine_app(client: Redis, app: str) -> Iterator[Check]:
    """Are there processes, do they speak our version, do they answer a lease?"""
    channel = Channel(client, Keys(app))
    found = channel.processes(channel.now())
    if not found:
        yield Check("fail", f"app {app}: no process has announced itself", SETUP)
        return
    yield Check("ok", f"app {app}: announced by {number(len(found), 'process')}")
    others = [process for process, _ in found if process.wire != WIRE_VERSION]
    if others:
        versions = ", ".join(sorted({process.probe for process in others}))
        yield Check(
            "fail",
            f"app {app}: {number(len(others), 'process')} with djscope-probes {versions},"
            " which speak another wire version",
            "install the same version of djscope and djscope-probes",
        )
    ours = [process for process, _ in found if process.wire == WIRE_VERSION]
    closed = [process for process in ours if process.max_level == "off"]
    if closed:
        yield Check(
            "fail" if len(closed) == len(ours) else "warn",
            f"app {app}: {len(closed)} of {len(ours)} processes let nobody watch (MAX_LEVEL off)",
            "their host decides that: DJSCOPE_MAX_LEVEL=watch, or the DJSCOPE setting",
        )
    yield from examine_forks(app, ours)
    if len(ours) > len(closed):
        yield from examine_lease(client, channel, app, len(ours) - len(closed))


def examine_forks(app: str, processes: Sequence[Process]) -> Iterator[Check]:
    """Of a process that forks others the probe is not in them, which do the work."""
    known = {process.pid for process in processes}
    for process in processes:
        children = [pid for pid in forked(process_fact(process)) if pid not in known]
        if children:
            yield Check(
                "warn",
                f"app {app}: {process.host}/{process.pid} is watched, and not"
                f" {number(len(children), 'process')} that it forked",
                "call djscope_probes.start() in each of them, after the fork",
            )


def examine_lease(client: Redis, channel: Channel, app: str, expected: int) -> Iterator[Check]:
    """Watch for a moment: do the probes arm, or where others watch, have they reported lately?"""
    claim = Claim(channel.keys)
    at, began = channel.now(), time.monotonic()
    try:
        try:
            claim.renew(client)
        except FullError as error:
            what, _, remedy = str(error).partition(": ")
            yield Check("fail", f"app {app}: {what}", remedy)
        others = claim.others
        if others:
            yield Check("ok", f"app {app}: watched by {', '.join(others)}")
        channel.seek(at - REPORTED_S if others else at)
        reporting: set[str] = set()
        while len(reporting) < expected and time.monotonic() - began < ARM_S:
            reporting |= {delivery.process for delivery in channel.read(100)}
    finally:
        claim.release(client)
    passed = time.monotonic() - began
    answered = f"answered a lease within {passed:.1f} s"
    if others:
        answered = f"reported to those who watch in the last {REPORTED_S + passed:.0f} s"
    yield from examine_answers(app, len(reporting), expected, answered)
    if channel.bad.sentence():
        yield Check("warn", f"app {app}: {channel.bad.sentence()}")


def examine_answers(app: str, n: int, expected: int, what: str) -> Iterator[Check]:
    said = f"app {app}: {n} of {expected} {what}"
    if n >= expected:
        yield Check("ok", said)
    else:
        yield Check(
            "warn",
            said,
            "those that ended less than 75 s ago still stand in the list; others may be stopped",
        )
