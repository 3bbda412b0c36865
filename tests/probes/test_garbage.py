"""What answers where a Redis should be, and is none: it costs the host neither memory nor time."""

from __future__ import annotations

import pytest

from djscope_probes.address import parse
from djscope_probes.resp import REPLY_BYTES, Connection, ConnectionLostError
from djscope_probes.route import Route
from tests.speaker import CHUNK, DRIP_S, Speaker, speaking

# The kernel's buffers on both sides of a connection of this machine.
ON_THE_WAY = 16_000_000


@pytest.mark.parametrize(
    "speaker",
    [
        Speaker(b"+", b"a" * CHUNK),
        Speaker(b"$99999999999\r\n", b"a" * CHUNK),
        Speaker(b"*999999999\r\n", b":1\r\n" * (CHUNK // 4)),
        Speaker(b"*9\r\n", b"$60000\r\n" + b"a" * 60_000 + b"\r\n*9\r\n"),
        Speaker(b"*9\r\n", b"*9\r\n" * (CHUNK // 4)),
        Speaker(b"*1\r\n" * 5_000),
    ],
    ids=["a line", "a bulk", "an array", "bulks in arrays", "arrays in arrays", "a deep array"],
)
def test_a_reply_without_end_is_given_up(speaker: Speaker) -> None:
    """As a lost connection, after a few megabytes at the most."""
    with speaking(speaker) as url:
        connection = Connection(parse(url), timeout=30)
        with pytest.raises(ConnectionLostError):
            connection.call("TIME")
        held = len(connection._buffer)
        connection.close()

    assert held <= REPLY_BYTES + CHUNK
    assert speaker.sent < REPLY_BYTES + ON_THE_WAY


@pytest.mark.parametrize(
    ("scheme", "speaker"),
    [
        ("redis", Speaker(b"+", b"a", DRIP_S)),
        ("redis", Speaker(b"*1000\r\n", b":1\r\n", DRIP_S)),
        ("rediss", Speaker(b"\x16\x03\x03\x40\x00", b"\x02", DRIP_S)),
    ],
    ids=["a line", "an array", "a TLS record"],
)
def test_a_reply_that_trickles_in_has_one_deadline(scheme: str, speaker: Speaker) -> None:
    """Not one for each byte: this server would be done in six seconds, and hang up."""
    with speaking(speaker) as url, pytest.raises(TimeoutError):
        address = parse(url.replace("redis", scheme, 1))
        connection = Connection(address, timeout=4 * DRIP_S)
        try:
            connection.call("TIME")
        finally:
            connection.close()


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"+OK\r\n",
        b"*0\r\n",
        b"$-1\r\n",
        b"$x\r\n",
        b"\r\n",
        bytes(range(256)),
    ],
)
def test_what_is_no_redis_is_a_lost_connection(said: bytes) -> None:
    """Tried again later, as any other; no failure of the probe's own."""
    with speaking(Speaker(said)) as url, pytest.raises(OSError, match=r"."):
        Route(parse(url)).connect()
