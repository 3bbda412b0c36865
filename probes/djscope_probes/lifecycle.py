"""Start and stop: which processes get a probe, and that each gets one."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable

from djscope_probes import endpoint, hosts, native, settings
from djscope_probes.address import Address, AddressError, parse
from djscope_probes.probe import Probe

_running: Probe | None = None
_stopped = False
_waiting = False


def start(redis_url: str | None, app: str | None) -> bool:
    """See `djscope_probes.start`."""
    global _stopped
    _stopped = False
    if settings.disabled() or not hosts.has_threads():
        return False
    if hosts.is_prefork_parent():
        _start_in_children(redis_url, app)
        return False
    return _start_here(redis_url, app)


def stop() -> None:
    """See `djscope_probes.stop`."""
    global _running, _stopped, _waiting
    _stopped, _waiting = True, False
    hosts.stay_out_of_children()
    probe, _running = _running, None
    if probe is not None and probe.process.pid == os.getpid():
        atexit.unregister(probe.at_exit)
        probe.end(within=1.0)


def _start_in_children(redis_url: str | None, app: str | None) -> None:
    global _waiting
    if _waiting:
        return
    _waiting = True

    def start_child() -> None:
        if not _stopped:
            _start_here(redis_url, app)

    hosts.start_in_children(start_child)


def _start_here(redis_url: str | None, app: str | None) -> bool:
    """Start in this very process; after a fork the parent's probe does not count."""
    global _running
    if _running is not None and _running.process.pid == os.getpid():
        return True
    find = address_finder(redis_url or settings.redis_url())
    if find is None:
        return False
    _running = Probe(find, app or settings.app())
    atexit.register(_running.at_exit)
    native.start_thread(_running.run)
    return True


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
