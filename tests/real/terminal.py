"""A real terminal with a real viewer in it: keys go in, what it draws comes out."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import ioctl
from struct import pack

import psutil

from tests.real.tools import wait_for

_STEERING = re.compile(rb"\x1b(\[[0-9;:?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|.)")


class Terminal:
    """`text` is what was drawn since `forget`, without colours and movements. `untouched`: the
    terminal's modes before anybody had it.
    """

    def __init__(self, pid: int, fd: int) -> None:
        self.pid = pid
        self._fd = fd
        self.untouched = self.modes
        self._drawn = b""
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    @property
    def text(self) -> str:
        with self._lock:
            return _STEERING.sub(b"", self._drawn).decode("utf-8", "replace")

    @property
    def modes(self) -> list[object]:
        """The terminal's own, as `tcgetattr` tells them."""
        return list(termios.tcgetattr(self._fd)[:4])

    def forget(self) -> None:
        with self._lock:
            self._drawn = b""

    def type(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def shows(self, text: str, seconds: float = 20.0) -> None:
        try:
            wait_for(lambda: text in self.text, seconds, repr(text))
        except AssertionError as error:
            stands = "stopped" if self.stopped() else "running"
            raise AssertionError(f"{error}; {stands}, drew {self.text[-2000:]!r}") from None

    def stopped(self) -> bool:
        """Whether the viewer stands still; who has ended does not."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.pid).status() == psutil.STATUS_STOPPED
        return False

    def end(self) -> int:
        """Wait for its end; its exit code."""
        _, status = wait_for(self._waited, 30, "the viewer's end")
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        self._over.set()
        with suppress(ChildProcessError, ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self._thread.join()
        os.close(self._fd)

    def _waited(self) -> tuple[int, int] | None:
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return (pid, status) if pid else None

    def _read(self) -> None:
        while not self._over.is_set():
            ready, _, _ = select.select([self._fd], [], [], 0.05)
            try:
                data = os.read(self._fd, 65536) if ready else b""
            except OSError:  # its last process has gone
                self._over.wait(0.05)
                continue
            with self._lock:
                self._drawn += data


@contextmanager
def viewer(
    *arguments: str, env: dict[str, str], size: tuple[int, int] = (120, 30)
) -> Iterator[Terminal]:
    """`djscope ARGUMENTS` in a terminal of its own; killed if it is still there in the end."""
    command = [sys.executable, "-m", "djscope", *arguments]
    waits, go = os.pipe()
    pid, fd = pty.fork()
    if pid == 0:
        os.read(waits, 1)
        os.execve(sys.executable, command, {**env, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
    ioctl(fd, termios.TIOCSWINSZ, pack("HHHH", size[1], size[0], 0, 0))
    terminal = Terminal(pid, fd)
    os.write(go, b"!")
    os.close(go)
    os.close(waits)
    try:
        yield terminal
    finally:
        terminal.close()
