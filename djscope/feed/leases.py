"""This viewer's claim that it watches: one of eight slots with a TTL, renewed while it lives."""

from __future__ import annotations

import getpass
import os
import secrets
import socket
import time
from collections.abc import Sequence
from contextlib import suppress

from redis.exceptions import OutOfMemoryError

from djscope.errors import NothingSeenError
from djscope.feed import decode
from djscope.feed.redis_link import Redis
from djscope.feed.sensible import sensible
from djscope.feed.shapes import Lease, Target
from djscope_probes.wire import LEASE_TTL_MS, WIRE_VERSION, Keys, dumps
from djscope_probes.wire import Lease as LeaseOnWire
from djscope_probes.wire import Target as TargetOnWire

RENEW_S = 1.5
CONTROL_LENGTH = 100
CONTROL_TTL_S = 120


class FullError(NothingSeenError):
    """Every slot is somebody else's; `who` they are."""

    def __init__(self, who: Sequence[str], slots: int) -> None:
        super().__init__(
            f"{slots} viewers watch already, which is the most: close one and try again"
        )
        self.who = tuple(who)


class Claim:
    """Taken by `renew`, given back by `release`. Not for two threads.

    What it says may change while it is held: `aim` says what to look at deeply from the next
    `renew` on.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._viewer = secrets.token_hex(6)
        self._lease = LeaseOnWire(
            self._viewer, f"{user()}@{socket.gethostname()}", since=round(time.time())
        )
        self._value = self._held = dumps(self._lease).encode()
        self._slot: int | None = None
        self.others: tuple[str, ...] = ()
        # What they look at deeply: who, and what.
        self.others_deep: tuple[tuple[str, Target], ...] = ()

    def aim(self, targets: Sequence[Target]) -> None:
        """Look at these deeply, each until its end."""
        on_wire = tuple(TargetOnWire(each.kind, each.name, each.until) for each in targets)
        self._lease = self._lease._replace(targets=on_wire)
        self._value = dumps(self._lease).encode()

    @sensible()
    def renew(self, client: Redis) -> bool:
        """Keep the slot, or take a free one and tell the probes; says whether it was kept.

        Raises FullError where none is free.
        """
        kept = self._slot is not None and self._keep(client, self._keys.leases[self._slot])
        if not kept:
            self._slot = None
            self._slot = self._take(client)
            self.tell(client, "wake")
        self._look_around(client)
        return kept

    @sensible()
    def release(self, client: Redis) -> None:
        """Nobody watches here any more."""
        if self._slot is not None:
            key = self._keys.leases[self._slot]
            if client.get(key) in (self._value, self._held):
                client.delete(key)
            self._slot = None
        self.tell(client, "wake")
        self._look_around(client)

    def tell(self, client: Redis, words: str) -> None:
        """Wake the probes with a word on the control stream; the slots are what counts, so a full
        Redis, which takes no word, is no reason to fail.
        """
        with suppress(OutOfMemoryError), client.pipeline(transaction=False) as pipe:
            pipe.xadd(self._keys.control, {"m": words}, maxlen=CONTROL_LENGTH, approximate=True)
            pipe.expire(self._keys.control, CONTROL_TTL_S)
            pipe.execute()

    def _keep(self, client: Redis, key: str) -> bool:
        """Renew in place. What was there and is not ours is put back.

        Ours is the value written last, or the one before where the reply to that was lost. A full
        Redis takes no SET, but lets what is there live on.
        """
        try:
            before = client.set(key, self._value, px=LEASE_TTL_MS, xx=True, get=True)
        except OutOfMemoryError:
            ours = client.get(key) in (self._value, self._held)
            return ours and bool(client.pexpire(key, LEASE_TTL_MS))
        if before in (self._value, self._held):
            self._held = self._value
            return True
        if before is not None:
            client.set(key, bytes(before), px=LEASE_TTL_MS, xx=True)
        return False

    def _take(self, client: Redis) -> int:
        for slot, key in enumerate(self._keys.leases):
            if client.set(key, self._value, px=LEASE_TTL_MS, nx=True):
                self._held = self._value
                return slot
        self._look_around(client)
        raise FullError(self.others, len(self._keys.leases))

    def _look_around(self, client: Redis) -> None:
        found = [decode.lease(value) for value in client.mget(self._keys.leases) if value]
        theirs = sorted(
            (each for each in found if each is not None and self._counts(each)),
            key=lambda each: each.who,
        )
        self.others = tuple(each.who for each in theirs)
        self.others_deep = tuple((each.who, target) for each in theirs for target in each.targets)

    def _counts(self, lease: Lease) -> bool:
        """Somebody else's, and one that our probes listen to."""
        return lease.viewer != self._viewer and lease.wire == WIRE_VERSION


def user() -> str:
    """Who sits here; containers often have no name for their user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
