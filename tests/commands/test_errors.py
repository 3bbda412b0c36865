"""What cannot work: one sentence with cause and remedy on stderr, and the documented exit code."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from djscope.commands import demo
from djscope.errors import UsageError
from djscope.feed.embedded import start_embedded
from tests.commands.conftest import Run
from tests.real.servers import bare
from tests.real.tools import client_of, wait_for
from tests.speaker import Speaker, speaking

pytestmark = pytest.mark.real
USAGE, NOTHING = 2, 3
# Every verb that needs a Redis, as briefly as it goes.
ASKING = (["now", "--for", "1s"], ["snapshot", "--for", "1s"], ["ps"])


def sentence(said: str) -> str:
    """The one line that stderr has to be."""
    assert "Traceback" not in said
    assert said.endswith("\n")
    assert len(said.splitlines()) == 1, said
    assert said.startswith("djscope: ")
    return said.removeprefix("djscope: ").rstrip("\n")


@contextmanager
def web_server() -> Iterator[int]:
    """A port behind which somebody speaks HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    peer, _ = listener.accept()
                except TimeoutError:
                    continue
                with peer:
                    peer.settimeout(20)
                    peer.recv(4096)
                    peer.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            thread.join(30)


@contextmanager
def refusing() -> Iterator[int]:
    """A port that is taken, so that nobody else can, and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize(
    "verb", [["now", "--for", "1m"], ["snapshot", "--for", "1m"], ["ps"]], ids=lambda verb: verb[0]
)
def test_a_redis_that_is_not_there(run: Run, verb: list[str]) -> None:
    """Nothing listens: said at once, without the URL's secrets."""
    with refusing() as port:
        done = run(*verb, "--redis", f"redis://:hidden@127.0.0.1:{port}/3")

    assert done.returncode == NOTHING
    assert sentence(done.stderr) == (
        f"redis://127.0.0.1:{port}/3 cannot be reached: is it running, and are host and port right?"
    )
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://localhost:6379", "has to begin with redis://, rediss:// or unix://"),
        ("localhost:6379", "has to begin with redis://, rediss:// or unix://"),
        ("redis://localhost:port", "port in the Redis URL is not a number"),
        ("redis://localhost:99999", "port in the Redis URL is not a number up to 65535"),
        ("redis://localhost/zero", "database in the Redis URL has to be a number"),
        ("redis://[::1/0", "the Redis URL"),
        ("redis:/127.0.0.1", "needs two slashes: redis://"),
        ("unix://", "needs the path of a socket"),
        (" ", "has to begin with redis://"),
    ],
)
def test_a_malformed_url(run: Run, url: str, said: str) -> None:
    """It is what one typed that is wrong: a usage error, with an example."""
    done = run("ps", "--redis", url)

    assert done.returncode == USAGE
    assert said in sentence(done.stderr)
    assert done.stderr.endswith("; for example redis://localhost:6379/0\n")


@pytest.mark.parametrize("verb", [*ASKING, ["run", "--app", "a"]], ids=lambda verb: verb[0])
def test_a_malformed_url_is_one_for_every_verb(run: Run, verb: list[str]) -> None:
    """`run`, too, says so before it starts a process that could not publish."""
    done = run(*verb, "--redis", "nonsense", *(["--", "true"] if verb[0] == "run" else []))

    assert done.returncode == USAGE
    assert "has to begin with redis://" in sentence(done.stderr)


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        (":wrong@", "refuses the password: check user and password in the URL"),
        ("nobody:wrong@", "refuses the password: check user and password in the URL"),
        ("", "asks for a password: put it in"),
    ],
)
def test_a_wrong_password(run: Run, empty_url: str, secret: str, said: str) -> None:
    """Wrong, of an unknown user, or none: told apart, and never shown."""
    host = empty_url.rpartition("@")[2]
    done = run("now", "--for", "1s", "--redis", f"redis://{secret}{host}")

    assert done.returncode == NOTHING
    assert sentence(done.stderr).startswith(f"redis://{host} {said}")
    assert "wrong" not in done.stderr


def test_a_password_that_nobody_asks_for(run: Run, tmp_path: Path) -> None:
    """The server has none: then probe and viewer both get in, or neither."""
    with start_embedded() as server, client_of(server.url) as client:
        client.config_set("requirepass", "")
        with bare(server.url, "bare", tmp_path / "run"):
            wait_for(lambda: client.exists("{djscope}:apps"), what="announcement")
            done = run("ps", "--redis", server.url)

    assert done.returncode == 0


def test_a_port_with_something_else(run: Run) -> None:
    """A web server is told from a Redis that is broken."""
    with web_server() as port:
        done = run("now", "--for", "1s", "--redis", f"redis://127.0.0.1:{port}")

    assert done.returncode == NOTHING
    assert sentence(done.stderr) == (
        f"redis://127.0.0.1:{port}/0 is no Redis server: check host and port in the URL"
    )


@pytest.mark.parametrize("verb", [["ps"], ["doctor"]], ids=lambda verb: verb[0])
@pytest.mark.parametrize(
    "reply", [b"+OK\r\n", b"*0\r\n", b"$-1\r\n", b":1\r\n", b"+PONG\r\n", b"*1\r\n" * 5_000]
)
def test_a_port_that_answers_like_a_redis(run: Run, reply: bytes, verb: list[str]) -> None:
    """Well-formed, and senseless: no Redis either."""
    with speaking(Speaker(reply)) as url:
        done = run(*verb, "--redis", url)

    assert done.returncode == NOTHING
    assert f"{url}/0 is no Redis server: check host and port in the URL" in (
        done.stdout + done.stderr
    )


@pytest.mark.parametrize("verb", ASKING, ids=lambda verb: verb[0])
def test_no_processes(run: Run, empty_url: str, verb: list[str]) -> None:
    """Redis is fine, nobody is there: how to get a probe in."""
    done = run(*verb, "--redis", empty_url)

    assert done.returncode == NOTHING
    said = sentence(done.stderr)
    assert said.startswith("no process has announced itself at redis://127.0.0.1:")
    assert 'add "djscope_probes" to INSTALLED_APPS' in said
    assert empty_url.split(":")[2].split("@", maxsplit=1)[0] not in said


@pytest.mark.parametrize("verb", ASKING, ids=lambda verb: verb[0])
def test_no_redis_is_named(run: Run, verb: list[str]) -> None:
    """Neither option nor variable, and no viewer's server to be found."""
    done = run(*verb)

    assert done.returncode == USAGE
    assert sentence(done.stderr).startswith("no Redis is named: give --redis URL or set DJSCOPE_")


def test_an_app_that_is_not_there(run: Run, busy_url: str) -> None:
    """Named, but nobody answers for it: where to look next; `ps` just has nothing to list."""
    done = run("now", "--for", "1s", "--app", "nobody", "--redis", busy_url)
    listed = run("ps", "--app", "nobody", "--redis", busy_url)

    assert done.returncode == listed.returncode == NOTHING
    said = sentence(done.stderr)
    assert said.startswith("no process of app 'nobody' has announced itself there; there are: ")


@pytest.fixture(scope="module")
def two_apps(empty_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis at which two apps publish, each from one process."""
    url, directory = empty_url.removesuffix("/0") + "/1", tmp_path_factory.mktemp("run")
    with client_of(url) as client, bare(url, "front", directory), bare(url, "back", directory):
        wait_for(lambda: client.zcard("{djscope}:apps") == 2, what="announcements")
        yield url


@pytest.mark.parametrize("verb", ASKING, ids=lambda verb: verb[0])
def test_several_apps(run: Run, two_apps: str, verb: list[str]) -> None:
    """Which one is meant has to be said; they are named."""
    done = run(*verb, "--redis", two_apps)

    assert done.returncode == USAGE
    assert sentence(done.stderr) == (
        "several apps publish there (back, front): choose with --app NAME"
    )


def test_one_of_several_apps(run: Run, two_apps: str) -> None:
    """Chosen by a variable."""
    done = run("ps", "--redis", two_apps, DJSCOPE_APP="back")

    assert done.returncode == 0
    assert " back " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["attach"], "this needs a terminal to draw in; without one use `djscope now`"),
        ([], "this needs a terminal to draw in; without one use `djscope now`"),
        (["demo"], "without one use `python3 demo --headless --for 20s`"),
        (["demo", "--export", "F.json"], "--for and --export go with --headless"),
        (["snapshot", "-o", "/nowhere/at/all.json"], "does not exist: create it first"),
        (["snapshot", "-o", "/"], "is a directory: give a file to write to"),
        (["snapshot", "-o", f"{'x' * 300}.json"], "cannot be written"),
    ],
)
def test_what_is_refused_at_once(run: Run, busy_url: str, arguments: list[str], said: str) -> None:
    """Before anything is waited for or started: screens without a terminal, files that cannot be
    written.
    """
    seconds = ["--for", "1m"] if arguments[:1] == ["snapshot"] else []
    done = run(*arguments, *seconds, DJSCOPE_REDIS_URL=busy_url)

    assert done.returncode == USAGE
    assert said in sentence(done.stderr)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["dance"], "invalid choice: 'dance'"),
        (["now", "--loud"], "unrecognized arguments: --loud"),
        (["now", "--for", "nonsense"], "'nonsense' is no duration; write 10s, 2m or 1h"),
        (["now", "--for", "-1s"], "expected one argument"),
        (["snapshot", "--for", "1 fortnight"], "'1 fortnight' is no duration"),
        (["ps", "--redis"], "--redis: expected one argument"),
        (["--loud"], "unrecognized arguments: --loud"),
    ],
)
def test_what_is_not_understood(run: Run, arguments: list[str], said: str) -> None:
    """The usage, and what was wrong with it."""
    done = run(*arguments)

    assert done.returncode == USAGE
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("usage: djscope")
    assert said in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("text", ["/app", "app=.", "/app=/no/such/place"])
def test_a_map_that_cannot_be_used(run: Run, text: str) -> None:
    """Said at once, with what to write instead."""
    done = run("attach", "--map", "/srv=.", "--map", text)

    assert done.returncode == USAGE
    assert sentence(done.stderr).startswith(f"--map {text}")


def test_the_demo_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes with the checkout: the package's own, or the one that we are in."""
    monkeypatch.setattr(demo, "CHECKOUT", tmp_path)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match="run it there, `python3 demo`"):
        demo.shop_runner()
