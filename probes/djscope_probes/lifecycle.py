"""Start and stop: which processes get a probe, and that each gets one."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from djscope_probes import announcing, endpoint, forks, hosts, native, residence, settings
from djscope_probes.address import Address, AddressError, parse
from djscope_probes.probe import Probe
from djscope_probes.wire import WIRE_VERSION

_running: Probe | None = None
_stopped = False
_waiting = False
_complained = False
# Two threads that start at once: the second finds the first one's probe. Bounded, as the thread
# that holds it may not exist any more after a fork.
_turn = native.lock()
TURN_S = 1.0
# Once in its life, a parent waits so long for our thread to be gone.
GIVE_WAY_S = 0.2
NO_URL = "the Redis URL is not one"
NO_THREAD = "no more threads can be started there: by its user's limit, or its container's"
TAKEN = "another copy of djscope-probes runs there"


class Joined(NamedTuple):
    """How `join` went: `started`, `visiting` or `refused`, under which app, and why not."""

    outcome: str
    app: str = ""
    why: str = ""


def start(redis_url: str | None, app: str | None) -> bool:
    """See `djscope_probes.start`."""
    global _stopped
    _stopped = False
    if settings.disabled() or not hosts.has_threads():
        return False
    if hosts.is_prefork_parent():
        _start_in_children(redis_url, app)
        return False
    forks.before_workers(lambda server: _give_way(redis_url, app, server))
    return _start_here(redis_url, app)


def join(redis_url: str, app: str | None) -> Joined:
    """For who comes from outside: start a probe, or have the one that is here visit that Redis.

    A visit ends with the lease it came for; then the probe is back at its own Redis.
    """
    here = residence.resident()
    if here is None:
        problem = _unfit() or _began(redis_url, app)
        return Joined("refused" if problem else "started", app or settings.app(), problem)
    if here.wire != WIRE_VERSION:
        why = f"djscope-probes {here.version} runs there, which speaks wire version {here.wire}"
        return Joined("refused", here.app, f"{why}, not {WIRE_VERSION}: use the djscope it is of")
    problem = here.visit(redis_url)
    return Joined("refused" if problem else "visiting", here.app, problem)


def _unfit() -> str:
    """Why no probe can run in this very process; empty where one can."""
    if settings.disabled():
        return "DJSCOPE_DISABLED is set in that process"
    if not hosts.has_threads():
        return "uWSGI runs that process without enable-threads"
    if hosts.is_prefork_parent():
        return "that process only forks the ones that work: join those"
    return ""


def stop() -> None:
    """See `djscope_probes.stop`."""
    global _running, _stopped, _waiting
    _stopped, _waiting = True, False
    hosts.stay_out_of_children()
    probe, _running = _running, None
    if probe is not None and probe.process.pid == os.getpid():
        hosts.not_at_end(probe.at_exit)
        probe.end(within=1.0)
        residence.move_out()


def _give_way(redis_url: str | None, app: str | None, server: str) -> None:
    """This process turns out to fork workers: it keeps no thread, and each of them gets a probe."""
    global _running
    probe = _running
    if probe is None or probe.process.pid != os.getpid():
        return
    _running = None
    hosts.not_at_end(probe.at_exit)
    probe.at_exit()
    probe.end(within=GIVE_WAY_S)
    residence.move_out()
    _start_in_children(redis_url, app, server)


def _start_in_children(redis_url: str | None, app: str | None, server: str = "") -> None:
    global _waiting
    if _waiting:
        return
    _waiting = True

    def start_child() -> None:
        if not _stopped:
            _start_here(redis_url, app)

    hosts.start_in_children(start_child, server)


def _start_here(redis_url: str | None, app: str | None) -> bool:
    """The host is not watched though it wants to be: a line in its log, once."""
    global _complained
    problem = _began(redis_url, app)
    if problem == NO_THREAD and not _complained:
        _complained = True
        try:
            announcing.log("this process cannot be watched: it can start no more threads")
        except Exception:  # a handler of the host's
            pass
    return not problem


def _began(redis_url: str | None, app: str | None) -> str:
    """Empty where our probe runs now; else why not."""
    mine = _turn.acquire(True, TURN_S)
    try:
        return _start_alone(redis_url, app)
    finally:
        if mine:
            _turn.release()


def _start_alone(redis_url: str | None, app: str | None) -> str:
    """Start in this very process; after a fork the parent's probe does not count."""
    global _running
    if _running is not None and _running.process.pid != os.getpid():
        _running._disarm()
    if residence.resident() is not None:
        ours = _running is not None and _running.process.pid == os.getpid()
        return "" if ours else TAKEN
    find = address_finder(redis_url or settings.redis_url())
    if find is None:
        return NO_URL
    probe = Probe(find, app or settings.app())
    try:
        native.start_thread(probe.run)
    except RuntimeError:
        return NO_THREAD
    _running = probe
    residence.move_in(probe.process.app, probe.visit)
    hosts.at_end(probe.at_exit)
    return ""


def address_finder(url: str) -> Callable[[], Address | None] | None:
    """Where to look for Redis: the URL, or under DEBUG what a viewer left; None: nowhere."""
    if not url:
        return found_endpoint if settings.debug() else None
    try:
        address = parse(url)
    except AddressError:
        return None
    return lambda: address


def found_endpoint() -> Address | None:
    """A viewer's embedded server, if one is there now."""
    url = endpoint.read()
    return parse(url) if url else None
