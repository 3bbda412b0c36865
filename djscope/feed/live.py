"""The live feed: a supervised thread between Redis and the session."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import redis
from msgspec.structs import replace as changed

from djscope.errors import DjscopeError, UsageError
from djscope.feed.channel import BEGINNING, Channel
from djscope.feed.clock import Clock
from djscope.feed.delivery import Delivery
from djscope.feed.endpoint import lent
from djscope.feed.leases import RENEW_S, Claim, FullError
from djscope.feed.redis_link import REPLY_S, address_of, connect, explain
from djscope.feed.shapes import Target
from djscope.feed.sink import Sink
from djscope.feed.status import FeedStatus, Link
from djscope_probes.wire import LEASE_TTL_MS, Keys

BLOCK_MS = 250
RETRY_S = 0.5
PROCESSES_S = 1.0
HELD_S = 5.0
# Reads of what came while this process stood still: two minutes of a busy app.
CATCH_UP = 200
CONFIRM_S = LEASE_TTL_MS / 1000 + 2
# The same for those that seem to have ended: they may stand in a container of the same name.
ENDED_S = 0.5
DEFINITIONS_AT_ONCE = 1_000
NEED_AT_ONCE = 50
NOBODY = "no process has announced itself yet"
FULL = "{n} viewers watch already, the most: this one begins when one of them ends"
ENDED = "the viewer that brought this Redis has ended: attach again"
STOOD_STILL = "this viewer stood still for {passed:.0f} s: probes went off meanwhile"
EMPTIED = (
    "what djscope keeps in Redis was deleted (FLUSHALL, eviction?): probes went off for up to"
    " {passed:.1f} s, what they had told may be lost"
)
# How far back a viewer reads that comes while others watch already.
HISTORY_S = 120


class LiveFeed:
    """Watches one app. What it feeds is read with `lock` held; `status` is replaced whole.

    Without a name it waits for the first app whose processes announce themselves.
    """

    def __init__(self, url: str, app: str, sink: Sink, label: str = "") -> None:
        self._sink = sink
        self.lock = threading.Lock()
        self._address = address_of(url)
        self._lent = url if lent(url) else ""
        self.status = FeedStatus(Link.CONNECTING, label or self._address.label, app)
        self._client = connect(url)
        self._join(app)
        self._clock = Clock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="djscope-feed", daemon=True)
        self._renewed = self._looked = self._asked = self._measured = self._renewed_at = 0.0
        self.targets: tuple[Target, ...] = ()
        self._bytes = 0
        self._questions: deque[str] = deque(maxlen=NEED_AT_ONCE)
        self.fatal: DjscopeError | None = None

    def now(self) -> float:
        """Redis seconds, whoever sets a clock meanwhile."""
        return self._clock.now()

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def ask(self, verb: str, process: str, rest: str = "") -> str:
        """Have one process answer; the answer comes as an event with the word returned."""
        word = secrets.token_hex(4)
        self._questions.append(f"{verb} {process} {word} {rest}".rstrip())
        return word

    def aim(self, targets: tuple[Target, ...]) -> None:
        """Look at these deeply, each until its end, instead of what was before."""
        self.targets = targets
        self._renewed = 0.0  # by the next turn it is on the lease

    def stop(self, ended: Callable[[], int] = lambda: 0) -> str:
        """Stop watching; returns what the probes confirmed, as a sentence. `ended`: how many of
        them are known to be no more, and are not waited for.
        """
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        try:
            return self._confirm(ended)
        except redis.RedisError as error:
            return f"not confirmed ({self._explain(error)}); probes turn off by themselves"
        finally:
            self._client.close()

    def _join(self, app: str) -> None:
        keys = Keys(app)
        self._channel = Channel(self._client, keys)
        self._claim = Claim(keys)
        self.status = replace(self.status, app=app)

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._meet()
                self._attach()
                while not self._ending.is_set():
                    self._turn()
            except FullError as error:
                self._wait_for_room(error)
            except DjscopeError as error:
                self.fatal = error
                self._lost(str(error))
                return
            except redis.RedisError as error:
                self.fatal = None
                self._lost(self._explain(error))
                if isinstance(error, redis.InvalidResponse):
                    self._client.connection_pool.disconnect()
                self._ending.wait(RETRY_S)
            except Exception as error:  # the feed must outlive its own bugs, and say so
                self._lost(f"internal error in the feed: {type(error).__name__}: {error}")
                self._ending.wait(RETRY_S)

    def _meet(self) -> None:
        """Wait until there is an app to watch."""
        while not self.status.app and not self._ending.is_set():
            apps = self._channel.apps(self._channel.now())
            if len(apps) > 1:
                names = ", ".join(apps)
                raise UsageError(f"several apps publish there ({names}): choose with --app NAME")
            if apps:
                self._join(apps[0])
                return
            self.status = replace(self.status, link=Link.CONNECTING, problem=NOBODY)
            self._ending.wait(RETRY_S)

    def _attach(self) -> None:
        round_trip = self._clock.ask(self._channel.now) * 1000
        now, redis_now = self.now(), self._clock.redis()
        was = self.status
        back = was.link is Link.LOST and self._channel.last_id != BEGINNING
        if back and self._channel.behind():
            self._channel.seek(redis_now - 1)
        self._claim.renew(self._client)
        # Not before a lease could be written: without one we are still away.
        if back and (why := self._why_away(now, now - was.since)):
            with self.lock:
                self._sink.out_of_touch()
                self._sink.gap(now, why)
        if self._channel.last_id == BEGINNING:
            self._channel.seek(redis_now - (HISTORY_S if self._claim.others else 0))
        self.fatal = None
        self._renewed, self._looked = time.monotonic(), 0.0
        self._renewed_at = self.now()
        self.status = replace(was, link=Link.LIVE, problem="", since=now, round_trip_ms=round_trip)

    def _why_away(self, now: float, lost_s: float) -> str:
        """A read that was slept through fails as if Redis were away. Empty: others watched on."""
        passed = now - self._renewed_at
        if passed - lost_s <= LEASE_TTL_MS / 1000 + REPLY_S:
            return f"Redis was away for {lost_s:.1f} s"
        return "" if self._claim.others else STOOD_STILL.format(passed=passed)

    def _wait_for_room(self, error: FullError) -> None:
        """Who looks for a moment only ends with `fatal`; who stays tries again."""
        self.fatal = error
        first = self._channel.last_id == BEGINNING
        self._lost(FULL.format(n=len(error.who)), Link.CONNECTING if first else Link.LOST)
        self._ending.wait(RETRY_S)

    def _lost(self, problem: str, link: Link = Link.LOST) -> None:
        since = self.status.since if self.status.link is Link.LOST else self.now()
        self.status = replace(
            self.status, link=link, problem=problem, since=since, others=(), others_deep=()
        )

    def _explain(self, error: redis.RedisError) -> str:
        """What is in the way; a server that another viewer lent ends with him."""
        gone = isinstance(error, redis.ConnectionError) and self._lent and not lent(self._lent)
        return ENDED if gone else explain(error, self._address)

    def _turn(self) -> None:
        now = time.monotonic()
        if now - self._renewed >= RENEW_S:
            self._renew(now)
        if now - self._looked >= PROCESSES_S:
            self._looked = now
            clock, processes = self._clock, self._channel.processes(self._clock.redis())
            with self.lock:
                self._sink.announce([(each, clock.ours(at)) for each, at in processes], self.now())
        while self._questions:
            self._claim.tell(self._client, self._questions.popleft())
        deliveries = self._channel.read(BLOCK_MS)
        if deliveries:
            with self.lock:
                for delivery in deliveries:
                    self._apply(delivery)
        self._define()

    def _renew(self, now: float) -> None:
        """Hold on to the lease. Where it ran out meanwhile, this process stood still."""
        self._clock.ask(self._channel.now)
        before, at = self._renewed_at, self.now()
        self._renewed, self._renewed_at = now, at
        if at - before > LEASE_TTL_MS / 1000:
            self._catch_up()
        step = self._clock.step
        targets = [changed(each, until=each.until + step) for each in self.targets]
        self._claim.aim([each for each in targets if each.until > at + step])
        if not self._claim.renew(self._client) and not self._claim.others:
            passed, what = self.now() - before, EMPTIED
            if passed > LEASE_TTL_MS / 1000:  # it may have stood still on the way here
                self._catch_up()
                what = STOOD_STILL
            with self.lock:
                if what is STOOD_STILL:
                    self._sink.out_of_touch()
                self._sink.gap(self.now(), what.format(passed=passed))
        self._note_status()

    def _catch_up(self) -> None:
        """Read what probes sent before they went off."""
        for _ in range(CATCH_UP):
            deliveries = self._channel.read(1)
            if not deliveries:
                return
            with self.lock:
                for delivery in deliveries:
                    self._apply(delivery)

    def _apply(self, delivery: Delivery) -> None:
        try:
            self._sink.apply(self._clock.received(delivery))
        except (ValueError, TypeError, ArithmeticError, LookupError):
            # Well-formed nonsense, a date in the year 10^9 say, costs one frame, not the feed.
            self._channel.bad.frames += 1

    def _define(self) -> None:
        with self.lock:
            wanted = self._sink.wanted()
        found = self._channel.definitions(wanted[:DEFINITIONS_AT_ONCE])
        with self.lock:
            for key, value in found.items():
                if value is not None:
                    self._sink.define(key, value)
        absent = [key for key, value in found.items() if value is None]
        if absent and time.monotonic() - self._asked > 1:
            self._asked = time.monotonic()
            self._claim.tell(self._client, "need " + " ".join(absent[:NEED_AT_ONCE]))

    def _note_status(self) -> None:
        received, self._bytes = self._channel.bytes - self._bytes, self._channel.bytes
        held, round_trip = self.status.held_bytes, self.status.round_trip_ms
        if (now := time.monotonic()) - self._measured >= HELD_S:
            self._measured, held = now, self._channel.held_bytes()
            round_trip = (time.monotonic() - now) * 1000
        self.status = replace(
            self.status,
            others=self._claim.others,
            others_deep=self._claim.others_deep,
            problem=self._channel.bad.sentence(),
            bytes_per_s=received / RENEW_S,
            held_bytes=held,
            round_trip_ms=round_trip,
            targets=tuple(each for each in self.targets if each.until > self._renewed_at),
        )

    def _confirm(self, ended: Callable[[], int]) -> str:
        """Release the lease and watch the processes go off."""
        if not self.status.app:
            return "no process was being watched"
        armed, _ = self._sink.watching()
        self._claim.release(self._client)
        self.status = replace(self.status, others=self._claim.others)
        if self._claim.others:
            return f"others still watch: {', '.join(self._claim.others)}"
        if not armed:
            return "no process was being watched"
        passed, began, left = 0.0, time.monotonic(), armed
        while left and passed < (CONFIRM_S if left > ended() else ENDED_S):
            for delivery in self._channel.read(BLOCK_MS):
                self._apply(delivery)
            passed, left = time.monotonic() - began, self._sink.watching()[0]
        tail = "" if not left else "; the others turn off by themselves"
        if left and left <= ended():
            tail = "; the others have ended"
        return f"{armed - left} of {armed} processes confirmed off{tail}"
