"""Where a connection goes, how often it is tried, and what a URL may say about it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import redis

from djscope.feed.redis_link import address_of, connect, explain
from djscope_probes.address import AddressError, Trust, parse
from djscope_probes.resp import ConnectionLostError, ReplyError
from djscope_probes.retry import DENIED_S, MAX_CLIENTS_S, RETRY_S, pause_after
from djscope_probes.route import REDIRECTS, Route, named_in

# A busy machine may let a node be late.
TRIES = 5


class Liar:
    """A node that says of itself that the keys are elsewhere: at itself."""

    def __init__(self, listener: socket.socket) -> None:
        self.port = listener.getsockname()[1]
        self.asked = 0
        self._listener = listener

    def serve(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.asked += 1
            with peer:
                while said := peer.recv(4096):
                    moved = f"-MOVED 866 127.0.0.1:{self.port}\r\n".encode()
                    peer.sendall(b"+OK\r\n" if b"SETNAME" in said or b"SETINFO" in said else moved)


@contextmanager
def lying() -> Iterator[Liar]:
    """No real Cluster can be brought to do that."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        liar = Liar(listener)
        thread = threading.Thread(target=liar.serve)
        thread.start()
        try:
            yield liar
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def test_a_probe_is_not_sent_round_in_circles() -> None:
    """A few redirections, then it gives up until the next attempt."""
    for _ in range(TRIES):
        with lying() as liar, suppress(TimeoutError):
            with pytest.raises(ConnectionLostError, match="circles"):
                Route(parse(f"redis://127.0.0.1:{liar.port}")).connect()
            assert liar.asked == REDIRECTS
            return
    raise AssertionError("no answer in time")


def test_a_viewer_is_not_sent_round_in_circles() -> None:
    """The same, and a sentence."""
    with lying() as liar:
        url = f"redis://127.0.0.1:{liar.port}"
        client = connect(url)
        with pytest.raises(redis.ConnectionError, match="circles") as error:
            client.ping()
        client.close()

        assert liar.asked == REDIRECTS
        assert "do not agree who has djscope's keys" in explain(error.value, address_of(url))


@pytest.mark.parametrize(
    ("moved", "node"),
    [
        ("MOVED 866 10.0.0.1:7001", ("10.0.0.1", 7001)),
        ("MOVED 866 node-2.example:7001", ("node-2.example", 7001)),
        ("MOVED 866 ::1:7001", ("::1", 7001)),
        ("MOVED 866 :7001", ("asked", 7001)),
    ],
)
def test_the_node_that_a_redirection_names(moved: str, node: tuple[str, int]) -> None:
    """By address or name; without a host it is the one that was asked."""
    assert named_in(moved, "asked") == node


@pytest.mark.parametrize(
    ("error", "pauses"),
    [
        (ConnectionLostError("closed"), RETRY_S),
        (ReplyError("MOVED 866 h:1"), RETRY_S),
        (ReplyError("CLUSTERDOWN The cluster is down"), RETRY_S),
        (ReplyError("TRYAGAIN Multiple keys request during rehashing of slot"), RETRY_S),
        (ReplyError("LOADING Redis is loading the dataset in memory"), RETRY_S),
        (ReplyError("READONLY You can't write against a read only replica."), RETRY_S),
        (ReplyError("NOPERM this user has no permissions"), DENIED_S),
        (ReplyError("WRONGPASS invalid username-password pair"), DENIED_S),
        (ReplyError("NOAUTH Authentication required."), DENIED_S),
        (ReplyError("ERR max number of clients reached"), (MAX_CLIENTS_S,)),
        (ReplyError("ERR unknown command 'XADD'"), (RETRY_S[-1],)),
    ],
)
def test_how_long_redis_is_left_alone(error: Exception, pauses: tuple[float, ...]) -> None:
    """Longer with each failure in a row: briefly where it may be back, a minute where denied."""
    longest = len(pauses) - 1

    assert [pause_after(error, tries) for tries in range(8)] == [
        pauses[min(tries, longest)] for tries in range(8)
    ]


def test_a_sentinel_url() -> None:
    """Several sentinels, a service, login and database; the port is theirs by default."""
    address = parse("redis+sentinel://u:p%40@a:1,b,[::1]:3/mymaster/2")

    assert (address.user, address.password, address.database) == ("u", "p@", 2)
    assert address.service == "mymaster"
    assert address.sentinels == (("a", 1), ("b", 26379), ("::1", 3))
    assert address.label == "redis+sentinel://a:1,b:26379,::1:3/mymaster/2"
    assert not address.tls
    assert not parse("redis+sentinel://localhost/m").local
    assert parse("rediss+sentinel://a/m?db=4")[3] is True
    assert parse("rediss+sentinel://a/m?db=4").database == 4
    assert address.at(("m", 7)).label == "redis://m:7/2"


def test_the_options_of_redis_py_and_celery() -> None:
    """Trust, database and login as they are written there; what tunes a client changes nothing."""
    none, celery, full = (
        "rediss://h?ssl_cert_reqs=none", "rediss://h?ssl_cert_reqs=CERT_NONE",
        "rediss://h/1?ssl_ca_certs=/ca&ssl_certfile=/c&ssl_keyfile=/k&ssl_check_hostname=False",
    )  # fmt: skip

    assert parse("rediss://h").trust == Trust(verify=True, hostname=True)
    assert parse(none).trust == parse(celery).trust == Trust(verify=False)
    assert parse(full).trust == Trust(True, False, "/ca", "/c", "/k")
    assert parse("redis://h/1?db=3").database == 3
    assert parse("redis+socket:///s?virtual_host=3").database == 3
    assert parse("unix:///s?password=p&username=u")[4:6] == ("u", "p")
    assert parse("redis://h?socket_timeout=5&health_check_interval=30") == parse("redis://h")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("redis://h?colour=red", "an option in the Redis URL is not known: there are db"),
        ("redis://h?ssl_cert_reqs=none", "ssl_cert_reqs in the Redis URL goes with rediss:// only"),
        ("rediss://h?ssl_cert_reqs=maybe", "has to be none, optional or required"),
        ("redis+sentinel://h:1", "needs a service: HOST:PORT/SERVICE"),
        ("redis+sentinel://h:1,k:x/m", "the port in the Redis URL is not a number"),
        ("redis+sentinel://h:1/m/x", "the database in the Redis URL has to be a number"),
        ("redis://h:1,k:2/0", "names several servers; of a Cluster, name any one node"),
        ("sentinel://h:1", "or redis+sentinel://)"),
    ],
)
def test_what_a_url_may_not_say(url: str, says: str) -> None:
    """One sentence, without the secrets."""
    with pytest.raises(AddressError) as error:
        parse(url.replace("://", "://:hidden@"))

    assert says in str(error.value)
    assert "hidden" not in str(error.value)
