"""The probe's own Redis client and what it sends, against a real server."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest

from djscope.feed import embedded
from djscope.feed.embedded import EmbeddedServer, start_embedded
from djscope_probes.address import parse
from djscope_probes.bounds import CHANNEL_BYTES
from djscope_probes.control import FORGET_S, Control
from djscope_probes.definitions import Definitions
from djscope_probes.ledger import Ledger
from djscope_probes.outbox import Outbox, Passing
from djscope_probes.resp import Connection, ReplyError, encode
from djscope_probes.wire import PROCESS_STALE_S, Keys, Process
from tests.real.ladder import FOUND, Rung

pytestmark = pytest.mark.real
KEYS = Keys("client-test")
# Far more than a server needs that gets the CPU.
PATIENCE_S = 30.0
PROCESS = Process("web-1", 4711, 1_700_000_000, "gunicorn", "client-test")


@pytest.fixture(scope="module", params=[*FOUND, None], ids=lambda rung: rung and rung.name)
def server(request: pytest.FixtureRequest) -> Iterator[EmbeddedServer]:
    """Each server that is there, and the embedded one's stand-in in pure Python."""
    rung: Rung | None = request.param
    if rung is None:
        pytest.importorskip("fakeredis", reason="pip install fakeredis[lua]")
    path = rung.binary() if rung else ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded, "_binaries", lambda: iter([(path, "test")] if path else []))
        server = start_embedded()
    with server:
        yield server


@pytest.fixture
def real(connection: Connection) -> Connection:
    """Not the stand-in, which has neither INFO nor limits."""
    if isinstance(connection.pipeline(("INFO", "memory"))[0], ReplyError):
        pytest.skip("the stand-in has no limits")
    return connection


@pytest.fixture
def connection(server: EmbeddedServer) -> Iterator[Connection]:
    connection = Connection(parse(server.url), PATIENCE_S)
    connection.call("FLUSHALL")
    yield connection
    connection.close()


def test_replies_of_every_kind(connection: Connection) -> None:
    """Status, bulk, integer, nil, array, error: in the order asked, errors as values."""
    replies = connection.pipeline(
        ("SET", "k", "wörd"), ("GET", "k"), ("INCR", "n"), ("GET", "none"), ("MGET", "k", "none"),
        ("INCR", "k"),
    )  # fmt: skip

    assert replies[:5] == [b"OK", "wörd".encode(), 1, None, ["wörd".encode(), None]]
    assert isinstance(replies[5], ReplyError)


def test_a_large_reply_arrives_whole(connection: Connection) -> None:
    """Across many reads of the socket."""
    value = b"x" * 60_000
    connection.call("SET", "large", value)

    assert connection.call("MGET", *["large"] * 50) == [value] * 50


def test_another_thread_can_end_a_blocking_read(connection: Connection) -> None:
    """How `stop()` gets the thread out of its sleep."""
    thread = threading.Thread(target=interrupt_a_wait, args=(connection,))
    thread.start()
    with pytest.raises(OSError, match="closed"):
        connection.call("XREAD", "BLOCK", 100_000, "STREAMS", "none", "0-0", wait=100)
    thread.join()


def interrupt_a_wait(connection: Connection) -> None:
    """Once a command was sent that the server blocks on."""
    while not connection.waits:
        time.sleep(0.01)
    connection.interrupt()


def test_a_wrong_password_is_an_error_reply(server: EmbeddedServer) -> None:
    """Not a hang, and no leaked socket."""
    address = parse(server.url)._replace(password="wrong")

    with pytest.raises(ReplyError, match="WRONGPASS"):
        Connection(address, PATIENCE_S)


def test_a_database_number_is_selected(server: EmbeddedServer) -> None:
    """One SELECT, at connect."""
    first, second = (
        Connection(parse(server.url), PATIENCE_S),
        Connection(parse(server.url)._replace(database=3), PATIENCE_S),
    )
    second.call("SET", "only-here", 1)

    assert first.call("GET", "only-here") is None
    first.close()
    second.close()


def test_commands_are_length_prefixed() -> None:
    """Whatever is in them."""
    assert encode(("SET", "k", b"\r\n")) == b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n\r\n\r\n"


def test_a_definition_is_in_redis_before_the_frame_that_uses_it(connection: Connection) -> None:
    """And is sent once."""
    defs = Definitions()
    outbox = Outbox(KEYS, PROCESS.id, defs, Ledger())
    key = defs.name("books/")
    outbox.send(connection, ['["x"]'], time.time())

    assert json.loads(connection.call("HGET", KEYS.defs, key)) == "books/"
    assert defs.unsent == {}
    assert defs.name("books/") == key
    assert defs.unsent == {}


def test_definitions_that_redis_lost_are_sent_again(connection: Connection) -> None:
    """FLUSHALL under a running probe."""
    defs = Definitions()
    outbox = Outbox(KEYS, PROCESS.id, defs, Ledger())
    key = defs.name("books/")
    outbox.send(connection, [], time.time())
    connection.call("FLUSHALL")
    outbox.send(connection, [], time.time())

    assert connection.call("HEXISTS", KEYS.defs, key) == 1


def test_a_viewer_can_ask_for_a_definition(connection: Connection) -> None:
    """`need ID` on the control stream."""
    defs = Definitions()
    outbox = Outbox(KEYS, PROCESS.id, defs, Ledger())
    key = defs.name("books/")
    outbox.send(connection, [], time.time())
    connection.call("HDEL", KEYS.defs, key)
    defs.needed([key, "nonsense"])
    outbox.send(connection, [], time.time())

    assert connection.call("HEXISTS", KEYS.defs, key) == 1


def test_the_channel_is_bounded_by_bytes(real: Connection) -> None:
    """Several seconds of more than it may hold: the oldest go."""
    connection = real
    ledger = Ledger()
    outbox = Outbox(KEYS, PROCESS.id, Definitions(), ledger)
    seconds, micros = connection.call("TIME")
    now = int(seconds) + int(micros) / 1e6
    events = ['["x","' + "y" * 5_000 + '"]'] * 300
    for second in range(12):
        ledger.dropped += len(events)
        outbox.send(connection, events, now - 12 + second)
    held = sum(
        len(entry[1][1]) for entry in connection.call("XRANGE", KEYS.events, "-", "+", "COUNT", 99)
    )
    sizes = connection.call("HGETALL", KEYS.bytes)

    assert ledger.dropped == 0
    assert sum(map(int, sizes[1::2])) <= CHANNEL_BYTES * 1.3
    assert connection.call("TTL", KEYS.events) > 0
    assert connection.call("TTL", KEYS.bytes) > 0
    assert held > 0


def test_a_full_redis_costs_events_and_nothing_else(real: Connection) -> None:
    """Nearly so: nothing is written. OOM, before that was noticed: drop, count, and let go of what
    is there. With room again, all goes on.
    """
    ledger = Ledger()

    def send(outbox: Outbox, *events: str) -> int:
        """They ended, and were told or not; how many were not, so far."""
        ledger.dropped += sum(type(event) is str for event in events)
        outbox.send(real, list(events), time.time())
        return ledger.dropped

    def outbox() -> Outbox:
        return Outbox(KEYS, PROCESS.id, Definitions(), ledger)

    full = outbox()
    assert send(full, '["w"]') == 0
    try:
        real.call("CONFIG", "SET", "maxmemory", 1)
        assert send(full, '["x"]', Passing('["state"]'), '["y"]') == 2
        assert real.call("XLEN", KEYS.events) == 0
        assert send(outbox(), '["z"]') == 3
    finally:
        real.call("CONFIG", "SET", "maxmemory", 64_000_000)

    assert send(outbox(), '["z"]') == 3
    assert real.call("XLEN", KEYS.events) == 1
    [(_, (_, frame))] = real.call("XRANGE", KEYS.events, "-", "+")
    assert json.loads(frame)[3] == 3


def test_a_process_announces_itself_and_leaves(connection: Connection) -> None:
    """In a list whose score is Redis time; nothing else is left behind when off."""
    control = Control(connection, KEYS, PROCESS)
    control.synchronise()
    control.refresh()
    control.refresh()

    assert set(connection.call("KEYS", "*")) == {KEYS.procs.encode(), Keys.apps.encode()}
    member, score = connection.call("ZRANGE", KEYS.procs, 0, -1, "WITHSCORES")
    assert json.loads(member)[:2] == ["web-1", 4711]
    assert len(member) <= 300
    assert float(score) == pytest.approx(float(connection.call("TIME")[0]), abs=5)
    assert connection.call("TTL", KEYS.procs) > 0

    control.leave()
    assert connection.call("EXISTS", KEYS.procs) == 0


def test_who_was_killed_is_taken_out_of_the_list_by_the_others(connection: Connection) -> None:
    """At once when one comes, and again in its turn for as long as that one lives; meanwhile who
    was silent for long does not count.
    """
    now = int(connection.call("TIME")[0])
    gone = [word for n in range(50) for word in (now - FORGET_S - 5, f"gone {n}")]
    silent = (now - PROCESS_STALE_S - 5, "silent")
    control = Control(connection, KEYS, PROCESS)
    control.synchronise()
    connection.call("ZADD", KEYS.procs, *gone, *silent)
    control.refresh()

    assert (connection.call("ZCARD", KEYS.procs), control.crowd()) == (2, 1)

    connection.call("ZADD", KEYS.procs, *gone)
    for _ in range(8):
        control.refresh()

    assert (connection.call("ZCARD", KEYS.procs), control.crowd()) == (2, 1)


def test_control_wakes_and_does_not_miss_what_came_before(connection: Connection) -> None:
    """The last id is taken before the slots are read."""
    control = Control(connection, KEYS, PROCESS)
    connection.call("XADD", KEYS.control, "*", "m", "old")
    assert control.refresh() == []
    connection.call("XADD", KEYS.control, "*", "m", "wake")

    assert control.wait(1_000) == ["wake"]
    assert control.wait(1) == []
