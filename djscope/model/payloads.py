"""Bytes of a route's requests and responses: how many, in memory, and who read or made them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from djscope.feed.shapes import Payload
from djscope.model.histogram import Histogram
from djscope.model.units import UnitFact

# So much of a body in one piece, with `request.body` or `read()`, is a lot.
BUFFERED = 1_000_000
# Of a form Django itself holds up to 2.5 MB (FILE_UPLOAD_MAX_MEMORY_SIZE), so it has to be more.
FORM_BUFFERED = 4_000_000
# A response of this size in one piece.
LARGE = 5_000_000
RECENT = 50
# Of one route; a reader more is not told apart from the others.
MAX_READERS = 20

Key = tuple[str, str]


@dataclass(slots=True)
class Sizes:
    """Bytes, one value per request; `over` counts those of at least `limit`."""

    limit: int = 0
    hist: Histogram = field(default_factory=Histogram)
    top: int = 0
    over: int = 0
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=RECENT))

    def add(self, size: int) -> None:
        self.hist.add(size)
        self.top = max(self.top, size)
        self.over += bool(self.limit) and size >= self.limit
        self.recent.append(size)

    @property
    def n(self) -> int:
        return self.hist.n

    def quantile(self, q: float) -> int:
        """Exact while all values are at hand."""
        if 0 < self.n <= len(self.recent):
            return sorted(self.recent)[min(int(q * self.n), self.n - 1)]
        return self.hist.quantile(q, self.top)


@dataclass(slots=True)
class Handler:
    """One stack that read bodies of a route (`how`: `body`, `POST`, `read`), or made its responses
    in memory (`made`, or `listed`: from a sync iterator under ASGI).

    `size`: of the body read, or of the response; `memory`: of it at once.
    """

    stack_id: str
    how: str
    memory: Sizes
    size: Sizes = field(default_factory=Sizes)
    first_at: float = 0.0
    last_at: float = 0.0
    sample: UnitFact | None = None

    @property
    def n(self) -> int:
        return self.size.n

    def add(self, size: int, memory: int, fact: UnitFact) -> None:
        if not self.sample or memory >= self.memory.top:
            self.sample = fact
        self.size.add(size)
        self.memory.add(memory)
        self.first_at = self.first_at or fact.seen_at
        self.last_at = fact.seen_at


@dataclass(slots=True)
class PayloadStat:
    """Of one route. `bodies` requests had a body; of responses `streamed`, of those `closed` early.

    `first`: microseconds until the first chunk of a streamed one.
    """

    received: Sizes = field(default_factory=Sizes)
    memory: Sizes = field(default_factory=Sizes)
    sent: Sizes = field(default_factory=Sizes)
    first: Sizes = field(default_factory=Sizes)
    streamed: int = 0
    closed: int = 0
    readers: dict[Key, Handler] = field(default_factory=dict)
    makers: dict[Key, Handler] = field(default_factory=dict)

    @property
    def bodies(self) -> int:
        return self.received.n

    def add(self, fact: UnitFact, payload: Payload) -> None:
        """Count a request that ended."""
        received = max(payload.announced, payload.read)
        if received > 0:
            self.received.add(received)
        if payload.read:
            self.memory.add(payload.memory)
            limit = FORM_BUFFERED if payload.how == "POST" else BUFFERED
            reader = handler(self.readers, (payload.reader_id, payload.how), limit)
            reader.add(payload.read, payload.memory, fact)
        if payload.sent >= 0:
            self.sent.add(payload.sent)
        if payload.streamed:
            self._stream(payload)
        elif payload.sent >= LARGE or payload.builder_id:
            how = "listed" if payload.chunks else "made"
            maker = handler(self.makers, (payload.builder_id, how), LARGE)
            maker.add(payload.sent, payload.sent, fact)

    def _stream(self, payload: Payload) -> None:
        self.streamed += 1
        self.closed += payload.closed_early
        if payload.first_us >= 0:
            self.first.add(payload.first_us)


def handler(known: dict[Key, Handler], key: Key, limit: int) -> Handler:
    """Who it is; beyond the bound nobody in particular."""
    if key not in known and len(known) >= MAX_READERS:
        key = ("", key[1])
    found = known.get(key)
    if found is None:
        found = known[key] = Handler(*key, Sizes(limit))
    return found


def copied(stat: PayloadStat) -> PayloadStat:
    """A copy that no longer changes."""
    return PayloadStat(
        same(stat.received), same(stat.memory), same(stat.sent), same(stat.first),
        stat.streamed, stat.closed, handlers(stat.readers), handlers(stat.makers),
    )  # fmt: skip


def same(sizes: Sizes) -> Sizes:
    hist = Histogram()
    hist.counts, hist.n = sizes.hist.counts.copy(), sizes.hist.n
    return Sizes(sizes.limit, hist, sizes.top, sizes.over, sizes.recent.copy())


def handlers(known: dict[Key, Handler]) -> dict[Key, Handler]:
    return {
        key: Handler(
            each.stack_id, each.how, same(each.memory), same(each.size), each.first_at,
            each.last_at, each.sample,
        )
        for key, each in known.items()
    }  # fmt: skip
