"""Servers of a run directory of their own: with users, sockets, TLS, replicas, sentinels."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Self

import redis

from djscope.children import Children, run_directory
from djscope.feed.embedded import free_port
from tests.real.tools import wait_for

COMMON = 'bind 127.0.0.1\ndaemonize no\nsave ""\nappendonly no\nport {port}\ndir "{directory}"\n'


class Node:
    """One server. `lines` are its configuration."""

    def __init__(self, nodes: Nodes, name: str, binary: str, lines: tuple[str, ...]) -> None:
        password = next((line[12:] for line in lines if line.startswith("requirepass ")), "")
        self._nodes = nodes
        self.name = name
        self._binary = binary
        self.lines = lines
        self.port = free_port()
        self.password = password
        self.url = f"redis://:{password}@127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._nodes.children.pids[self.name]

    @property
    def alive(self) -> bool:
        return self._nodes.children.alive(self.name)

    def start(self, *arguments: str) -> Self:
        """Start it; it may not answer yet."""
        directory = self._nodes.directory / self.name
        directory.mkdir(exist_ok=True)
        text = COMMON.format(port=self.port, directory=directory) + "\n".join(self.lines) + "\n"
        file = directory / "server.conf"
        file.write_text(text)
        self._nodes.children.start(self.name, [self._binary, str(file), *arguments])
        return self

    def kill(self) -> None:
        """As a machine that fails."""
        os.kill(self.pid, signal.SIGKILL)
        wait_for(lambda: not self.alive, what="its end")

    def stop(self) -> None:
        os.kill(self.pid, signal.SIGTERM)
        wait_for(lambda: not self.alive, what="its end")

    def client(self) -> redis.Redis:
        """As the default user; texts rather than bytes."""
        password = self.password or None
        return redis.Redis(port=self.port, password=password, protocol=2, decode_responses=True)

    def ask(self, *command: str | int) -> object:
        """One command, as the default user."""
        with self.client() as client:
            return client.execute_command(*command)

    def answers(self) -> bool:
        """Whether it serves; one that died says why."""
        assert self.alive, self._nodes.children.tail(self.name)
        try:
            return self.ask("PING") in ("PONG", True)
        except redis.RedisError:
            return False


class Nodes:
    """Several servers; all end with this."""

    def __init__(self, purpose: str) -> None:
        self.directory: Path = run_directory(purpose)
        self.children = Children(self.directory)
        self._made = 0

    def node(self, binary: str, *lines: str) -> Node:
        """One that is not started yet."""
        self._made += 1
        return Node(self, f"node{self._made}", binary, lines)

    def started(self, binary: str, *lines: str) -> Node:
        """One that answers."""
        node = self.node(binary, *lines).start()
        wait_for(node.answers, what="the server")
        return node

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.children.close()
