"""The whole way through each server there is: announced, armed, told of, lapsed, left."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shlex import split

import pytest
import redis

from djscope.feed.embedded import free_port
from djscope.feed.leases import Claim
from djscope.feed.redis_link import connect
from djscope_probes.wire import Keys
from tests.real.host import Host, armed, sees_visits
from tests.real.ladder import RUNGS, Rung, newest
from tests.real.nodes import Node, Nodes
from tests.real.tools import Levels, djscope, wait_for, watching

pytestmark = pytest.mark.real
KEYS = Keys("quiet")


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    with Nodes("ladder") as running:
        yield running


@pytest.fixture(params=RUNGS, ids=lambda rung: rung.name)
def binary(request: pytest.FixtureRequest) -> str:
    """Each server that is there."""
    rung: Rung = request.param
    return rung.binary()


def the_whole_way(node: Node, probe_url: str, viewer_url: str) -> None:
    """What holds on every server, whoever logs in and however."""
    with Host(probe_url) as host:
        with node.client() as client, watching(viewer_url, Host.app) as watch:
            wait_for(lambda: armed(watch), what="arming")
            assert sees_visits(host, watch)
            assert not [key for key in client.scan_iter("{djscope}*") if client.ttl(key) == -1]
            assert client.xlen(KEYS.events) > 0
            assert watch.stop() == "1 of 1 processes confirmed off"
        lapse(viewer_url)
    with node.client() as client:
        wait_for(lambda: client.zcard(KEYS.procs) == 0, what="leaving")


def lapse(url: str) -> None:
    """A viewer that dies without a word: off when its lease is over."""
    client = connect(url)
    try:
        with Levels(url, Host.app) as levels:
            Claim(KEYS).renew(client)
            wait_for(lambda: levels.all_are("watch", 1), what="arming")
            wait_for(lambda: levels.all_are("off", 1), what="the end of the lease")
    finally:
        client.close()


def test_on_each_server(nodes: Nodes, binary: str) -> None:
    """Without any password."""
    node = nodes.started(binary)

    the_whole_way(node, node.url, node.url)


def test_behind_a_password(nodes: Nodes) -> None:
    """One for all, no user names."""
    node = nodes.started(newest(), "requirepass s3cret")

    the_whole_way(node, node.url, node.url)


def test_through_a_unix_socket(nodes: Nodes) -> None:
    """In database 3, as redis-py and as Celery write it."""
    socket = nodes.directory / "s"
    node = nodes.started(newest(), f"unixsocket {socket}", "requirepass s3cret")
    node.ask("CONFIG", "SET", "port", 0)
    with pytest.raises(redis.ConnectionError):
        node.ask("PING")
    urls = f"unix://:s3cret@{socket}?db=3", f"redis+socket://:s3cret@{socket}?virtual_host=3"
    with Host(urls[0]) as host, watching(urls[1], Host.app) as watch:
        wait_for(lambda: armed(watch), what="arming")

        assert sees_visits(host, watch)
        assert watch.stop() == "1 of 1 processes confirmed off"


@pytest.fixture
def tls(nodes: Nodes) -> Node:
    """A server that speaks TLS itself, with a certificate for localhost alone."""
    certificate = self_signed(nodes.directory)
    for rung in reversed(RUNGS):
        for binary in rung.found():
            node = nodes.node(
                binary,
                f"tls-port {free_port()}",
                f"tls-cert-file {certificate}",
                f"tls-key-file {certificate.with_name('key.pem')}",
                f"tls-ca-cert-file {certificate}",
                "tls-auth-clients no",
            ).start()
            wait_for(lambda node=node: not node.alive or node.answers(), what="an answer")
            if node.alive:
                return node
    pytest.skip("needs a server built with TLS: apt install redis-server")


def test_over_tls(nodes: Nodes, tls: Node) -> None:
    """Trusting the authority that the URL names, or nobody; not without either."""
    at = f"localhost:{tls.ask('CONFIG', 'GET', 'tls-port')[1]}"  # type: ignore[index]
    named = f"rediss://{at}?ssl_ca_certs={nodes.directory / 'cert.pem'}"
    with Host(named) as host, watching(f"rediss://{at}?ssl_cert_reqs=none", Host.app) as watch:
        wait_for(lambda: armed(watch), what="arming")
        assert sees_visits(host, watch)
        assert watch.stop() == "1 of 1 processes confirmed off"
    done = djscope("ps", "--redis", f"rediss://{at}", directory=nodes.directory / "run")

    assert done.returncode == 3
    assert "shows a certificate that is not trusted: name its authority with" in done.stderr


def refusal(url: str, directory: Path) -> str:
    """What `ps`, `doctor` and a viewer say alike."""
    listed, examined = (
        djscope(verb, "--redis", url, directory=directory / "run") for verb in ("ps", "doctor")
    )
    assert listed.returncode == examined.returncode == 3
    assert len(listed.stderr.splitlines()) == 1
    sentence = listed.stderr.removeprefix("djscope: ").rstrip()
    assert examined.stdout == f"fail  Redis: {sentence}\n"
    with watching(url, Host.app) as watch:
        wait_for(lambda: watch.status.problem == sentence, 30, sentence)
    return sentence


def test_the_scheme_of_the_other_port(nodes: Nodes, tls: Node) -> None:
    """TLS where none is spoken and the other way round: the sentence names the scheme to try."""
    port = tls.ask("CONFIG", "GET", "tls-port")[1]  # type: ignore[index]
    plain = refusal(f"redis://localhost:{port}", nodes.directory)
    secure = refusal(f"rediss://localhost:{tls.port}?ssl_cert_reqs=none", nodes.directory)

    assert "hangs up at once" in plain
    assert plain.endswith("If it speaks TLS, the URL begins with rediss://")
    assert "does not answer in TLS" in secure
    assert secure.endswith("If it speaks no TLS, the URL begins with redis://")


def test_a_certificate_for_another_name(nodes: Nodes, tls: Node) -> None:
    """The authority is trusted already: that is not what has to be named."""
    port = tls.ask("CONFIG", "GET", "tls-port")[1]  # type: ignore[index]
    authority = nodes.directory / "cert.pem"
    said = refusal(f"rediss://127.0.0.1:{port}?ssl_ca_certs={authority}", nodes.directory)

    assert "shows a certificate for another name: put that name into the URL" in said


def test_a_server_that_wants_a_certificate_of_ours(nodes: Nodes, tls: Node) -> None:
    """As Redis does unless it is told otherwise; it may hang up before it has said so."""
    tls.ask("CONFIG", "SET", "tls-auth-clients", "yes")
    port = tls.ask("CONFIG", "GET", "tls-port")[1]  # type: ignore[index]
    url = f"rediss://localhost:{port}?ssl_cert_reqs=none"
    done = djscope("ps", "--redis", url, directory=nodes.directory / "run")

    assert done.returncode == 3
    assert "asks for a certificate" in done.stderr
    assert "name one with ?ssl_certfile=FILE&ssl_keyfile=FILE in the URL" in done.stderr


def self_signed(directory: Path) -> Path:
    """A certificate for localhost, and its key beside it."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl: apt install openssl")
    file = directory / "cert.pem"
    command = split("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost")
    more = ["-addext", "subjectAltName=DNS:localhost", "-out", str(file)]
    key = ["-keyout", str(directory / "key.pem")]
    subprocess.run([*command, *more, *key], check=True, capture_output=True)
    return file
