"""`rediss://` through a real TLS end in front of a real server."""

from __future__ import annotations

import select
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from djscope.feed.embedded import EmbeddedServer, start_embedded
from djscope_probes.address import parse
from djscope_probes.resp import Connection

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        shutil.which("openssl") is None, reason="needs openssl: apt install openssl"
    ),
]


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with start_embedded() as server:
        yield server


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Key and self-signed certificate for localhost, in one file."""
    both = tmp_path / "both.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    extra = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(both), "-out"]
    subprocess.run([*command, *extra, str(tmp_path / "cert.pem")], check=True, capture_output=True)
    both.write_text(both.read_text() + (tmp_path / "cert.pem").read_text())
    return both


@contextmanager
def tls_end(port: int, certificate: Path) -> Iterator[int]:
    """A port that speaks TLS and hands one connection on to `port`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=hand_on, args=(listener, context, port))
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join(30)


def hand_on(listener: socket.socket, context: ssl.SSLContext, port: int) -> None:
    accepted, _ = listener.accept()
    with accepted, socket.create_connection(("127.0.0.1", port)) as behind:
        try:
            with context.wrap_socket(accepted, server_side=True) as front:
                pump(front, behind)
        except (ssl.SSLError, OSError):
            pass  # the client did not like the certificate, or left


def pump(front: ssl.SSLSocket, behind: socket.socket) -> None:
    """Both ways, until one side ends."""
    while True:
        ready = [front] if front.pending() else select.select([front, behind], [], [])[0]
        for source in ready:
            data = source.recv(16_384)
            if not data:
                return
            (behind if source is front else front).sendall(data)


def test_commands_and_large_replies_pass_through_tls(
    server: EmbeddedServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Authenticated against the system's certificates, to which ours is added."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_name("cert.pem")))
    plain = parse(server.url)
    with tls_end(plain.port, certificate) as port:
        connection = Connection(plain._replace(host="localhost", port=port, tls=True), timeout=30)
        value = b"x" * 300_000

        assert connection.call("SET", "large", value) == b"OK"
        assert connection.call("GET", "large") == value
        connection.close()


def test_a_certificate_that_nobody_vouches_for_is_refused(
    server: EmbeddedServer, certificate: Path
) -> None:
    """An OSError like any other: the probe tries again later, the host notices nothing."""
    plain = parse(server.url)
    with (
        tls_end(plain.port, certificate) as port,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        Connection(plain._replace(host="localhost", port=port, tls=True), timeout=30)
