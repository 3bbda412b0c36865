"""TLS over a native socket: `ssl`'s memory BIO does the crypto, the socket stays `_socket`'s."""

from __future__ import annotations

import _socket
import ssl
import time

from djscope_probes.address import Trust

CHUNK = 16_384


class TlsSocket:
    """As much of a socket as `resp.Connection` uses."""

    def __init__(self, sock: _socket.socket, host: str, trust: Trust) -> None:
        self._socket = sock
        self._timeout = sock.gettimeout() or 0.0
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            self._tls = _context(trust).wrap_bio(self._in, self._out, server_hostname=host)
            self._do(self._tls.do_handshake)
        except BaseException:
            sock.close()
            raise
        self.shutdown, self.close = sock.shutdown, sock.close

    def settimeout(self, seconds: float) -> None:
        self._timeout = seconds

    def sendall(self, data: bytes) -> None:
        self._do(lambda: self._tls.write(data))

    def recv(self, size: int) -> bytes:
        try:
            return bytes(self._do(lambda: self._tls.read(size)) or b"")
        except ssl.SSLZeroReturnError:
            return b""

    def _do(self, step: object) -> bytes | int | None:
        """Run one TLS step, moving bytes between the BIOs and the socket as it asks for them.

        All that it waits for together has the one timeout.
        """
        assert callable(step)
        deadline = time.monotonic() + self._timeout
        self._socket.settimeout(self._timeout)
        while True:
            try:
                result: bytes | int | None = step()
            except ssl.SSLWantReadError:
                self._flush()
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError("the TLS record does not end") from None
                self._socket.settimeout(left)
                data = self._socket.recv(CHUNK)
                if data:
                    self._in.write(data)
                else:
                    self._in.write_eof()
                continue
            self._flush()
            return result

    def _flush(self) -> None:
        if self._out.pending:
            self._socket.sendall(self._out.read())


def _context(trust: Trust) -> ssl.SSLContext:
    """The system's authorities, and the one that the URL names."""
    context = ssl.create_default_context()
    context.check_hostname = trust.verify and trust.hostname
    if not trust.verify:
        context.verify_mode = ssl.CERT_NONE
    if trust.ca:
        context.load_verify_locations(trust.ca)
    if trust.certificate:
        context.load_cert_chain(trust.certificate, trust.key or None)
    return context
