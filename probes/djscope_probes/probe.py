"""The process's one probe: a thread, a connection, and the decision to be armed or off."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable
from typing import Any

from djscope_probes import __version__, hosts, native, settings
from djscope_probes.address import Address, AddressError, parse
from djscope_probes.announcing import HostLog
from djscope_probes.arming import Armament
from djscope_probes.control import BLOCK_MS, Control
from djscope_probes.outbox import Outbox
from djscope_probes.resp import Connection, ReplyError
from djscope_probes.retry import RETRY_S, pause_after
from djscope_probes.route import Route
from djscope_probes.settings import Rules
from djscope_probes.watching import Watching
from djscope_probes.wire import Keys, Lease, Process

LOOK_S = 1.0
EXIT_S = 0.3
# Meanwhile: so often it is looked whether the thread began to wait.
HURRY_S = 0.02
LEAVE_S = 0.1
# Who asked for a visit has so long to take a lease there.
VISIT_S = 10.0
VISIT_BLOCK_MS = 1_000


class Probe:
    """`run` is the thread; everything else may be called from any other."""

    def __init__(self, find_address: Callable[[], Address | None], app: str) -> None:
        # Of the Redis that is served: known with the connection.
        self.rules = Rules("off", ())
        self.process = this_process(app, self.rules)
        self.keys = Keys(app)
        self.armament = Armament()
        self.armament.ledger.abandon = self._disarm
        self.log = HostLog(self.armament.guard)
        self._find_address = find_address
        # Somebody else's Redis, for as long as they watch.
        self._visited: Address | None = None
        self._route: Route | None = None
        self._connection: Connection | None = None
        self._ending = False
        self._ended = native.lock()
        self._ended.acquire()
        self._wake = native.lock()
        self._wake.acquire()
        self._sent_before = 0
        # Viewers that the governor does not serve any more.
        self._refused: set[str] = set()
        # Who watched last: what was not told meanwhile is told to them, however that came.
        self._viewers: set[str] = set()

    def run(self) -> None:
        """The thread."""
        try:
            self._live()
            self.log.rest()
        except BaseException:
            pass  # The interpreter is taken down around us: there is nobody to tell.
        finally:
            self._ended.release()

    def _live(self) -> None:
        """Connect, serve until the connection breaks, try again later."""
        tries, address = 0, None
        while not self._ending:
            began = time.monotonic()
            pause = RETRY_S[min(tries, len(RETRY_S) - 1)]
            try:
                address = self._visited or self._find_address()
                if address is None:
                    self._pause(LOOK_S)
                    continue
                self._serve(address)
            except (OSError, ReplyError) as error:
                pause = pause_after(error, tries)
            except Exception:
                self.armament.guard.failed()
            self._drop_connection()
            if self._visited is address:
                self._visited = None
            tries = 0 if time.monotonic() - began > RETRY_S[-1] else tries + 1
            if not self._ending:
                self._pause(pause * random.uniform(0.5, 1.0))  # noqa: S311

    def end(self, within: float) -> None:
        """Stop the thread; a flush under way has `within` seconds to finish."""
        self._ending = True
        if self._wake.locked():
            self._wake.release()
        if not self._hurried(within):
            self._interrupt()
            self._ended.acquire(True, within)
        self._disarm()
        self.log.settle(LEAVE_S)

    def _hurried(self, within: float) -> bool:
        """Have the thread end, in so many seconds at most. A wait under way is ended, and the
        connection with it: the last flush makes another. It may begin only now, so look again.
        """
        ended, until = False, time.monotonic() + within
        while not ended and time.monotonic() < until:
            connection = self._connection
            if connection is not None and connection.waits:
                connection.interrupt()
            ended = self._ended.acquire(True, min(HURRY_S, within))
        return ended

    def visit(self, url: str) -> str:
        """Serve the viewers at another Redis until their leases end; a sentence why not."""
        try:
            self._visited = parse(url)
        except AddressError as error:
            return str(error)
        if self._wake.locked():
            self._wake.release()
        self._interrupt()
        return ""

    def _interrupt(self) -> None:
        connection = self._connection
        if connection is not None:
            connection.interrupt()

    def _pause(self, seconds: float) -> None:
        self._wake.acquire(True, seconds)

    def _serve(self, address: Address) -> None:
        self._disarm()
        if self._route is None or self._route.address != address:
            self._route = Route(address)
        connection = self._connection = self._route.connect()
        self._settle_rules(local=address.local and connection.address.local)
        control = Control(connection, self.keys, self.process)
        control.synchronise()
        if self._ending:
            return  # whoever waits for our end has taken the announcement back
        leases = control.refresh()
        visit_ends = time.monotonic() + VISIT_S if address is self._visited else None
        served = False
        while not self._ending:
            if watchers := self._permitted(leases):
                leases = self._watch(connection, control, watchers)
                served = True
            elif visit_ends is None:
                control.wait(BLOCK_MS)
                leases = control.refresh()
            elif served or time.monotonic() > visit_ends:
                break
            else:
                control.wait(VISIT_BLOCK_MS)
                leases = control.refresh()
        control.leave()

    def _settle_rules(self, local: bool) -> None:
        """What the host trusts viewers at a Redis on this machine with is not for any other's."""
        self.rules = rules = settings.rules(local)
        self.process = self.process._replace(max_level=rules.max_level, allow=rules.allow)

    def _watch(self, connection: Connection, control: Control, leases: list[Lease]) -> list[Lease]:
        """Armed for as long as somebody watches."""
        ledger = self.armament.ledger
        if self._viewers.isdisjoint(lease.viewer for lease in leases):
            ledger.forget()
        self.armament.arm()
        outbox = Outbox(self.keys, self.process.id, self.armament.defs, ledger)
        sent = self._sent_before
        watching = Watching(
            connection, control, self.armament, outbox, self.rules, self.process.id, sent, self.log
        )
        try:
            return watching.run(leases, lambda: self._ending, self._farewell)
        finally:
            self._viewers = watching.viewers
            self._disarm()
            if self.armament.governor.off:
                self._refused |= {lease.viewer for lease in leases}

    def _farewell(self) -> Connection:
        """A connection for the last flush: who ended us interrupted the wait on the other."""
        assert self._connection is not None
        self._connection.close()
        connection = self._connection = self._connection.beside(EXIT_S)
        Control(connection, self.keys, self.process).leave()
        return connection

    def _permitted(self, leases: list[Lease]) -> list[Lease]:
        """Those that may watch: the host said so, and the governor had not enough of them."""
        if self.rules.max_level == "off":
            return []
        return [lease for lease in leases if lease.viewer not in self._refused]

    def _disarm(self) -> None:
        if self.armament.armed:
            self.armament.disarm()

    def at_exit(self, **_: Any) -> None:
        """The last records get one bounded flush; the process does not wait longer for us."""
        if os.getpid() != self.process.pid:
            return  # a forked child has the handler, not the thread
        self._ending = True
        if self.armament.armed:
            self._hurried(EXIT_S)
        elif (connection := self._connection) is not None:
            self._leave(connection)
        self.log.settle(LEAVE_S)

    def _leave(self, beside: Connection) -> None:
        """Off, the thread sleeps in a read of its own: take the announcement back beside it."""
        try:
            connection = beside.beside(LEAVE_S)
            Control(connection, self.keys, self.process).leave()
            connection.close()
        except (OSError, ReplyError):
            pass  # then it goes stale

    def _drop_connection(self) -> None:
        try:
            self._disarm()
        except Exception:
            self.armament.guard.failed()  # once more before the next connection
        connection, self._connection = self._connection, None
        if connection is not None:
            self._sent_before += connection.sent
            connection.close()


def this_process(app: str, rules: Rules) -> Process:
    """How this process announces itself."""
    return Process(
        host=os.uname().nodename,
        pid=os.getpid(),
        started=int(time.time()),
        kind=hosts.kind(),
        app=app,
        release=settings.release(),
        python=".".join(map(str, sys.version_info[:3])),
        django=str(getattr(sys.modules.get("django"), "__version__", "")),
        celery=str(getattr(sys.modules.get("celery"), "__version__", "")),
        probe=__version__,
        max_level=rules.max_level,
        allow=rules.allow,
    )
