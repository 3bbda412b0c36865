"""The whole traffic of real processes, and all that the viewer prints, holds none of the secrets
that were planted in them.
"""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path

import pytest

from djscope.commands.reach import Reach
from djscope.feed.embedded import free_port
from djscope.watch import Watch
from djscope_probes.wire import source_digest
from tests.privacy.captured import dumped, monitored
from tests.privacy.grep import found
from tests.privacy.project.places import PLACES, number_of, secret_of
from tests.privacy.secretive import APP, PROJECT, Secretive
from tests.real.servers import Redis
from tests.real.tools import djscope, wait_for, watching

pytestmark = [pytest.mark.real, pytest.mark.timeout(400)]
SECRETS = {
    place: number_of(place) if place == "sql number" else secret_of(place) for place in PLACES
}
# Allowed, and there: so the search finds what is there, and the places were reached.
CANARIES = (
    b"customer/<str:name>/", b"canary_customer", b"canary_queries", b"canary_table", b"canary_two",
    b"canary_waits", b"canary_blocks", b"canary_fails", b"canary_rule", b"<compiled>",
    b"canary_orders", b"secretive.tasks.routed", b"CanaryError", b"secretive.tasks.succeed",
    b"secretive.tasks.fail_for_good", b"RuntimeError", b"canary_hold", b"secretive/urls.py",
)  # fmt: skip


SOURCES = ("urls", "settings")
# Of what visitors order, told last of all that an export is looked through for.
LAST = "secretive.tasks.succeed"
AT_ONCE = 4


@contextmanager
def asking(watch: Watch) -> Iterator[None]:
    """A viewer that wants stacks and sources of all processes, all the time."""
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.4):
            for process in list(watch.session.processes):
                watch.ask("stacks", process)
                for name in SOURCES:
                    watch.ask("source", process, f"1 {PROJECT}/secretive/{name}.py")

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


def complaints(server: Redis, directory: Path) -> bytes:
    """What the command line says about addresses that it cannot use; each has the password."""
    secret, closed = secret_of("redis password"), free_port()
    urls = (
        f"redis://user:{secret}@127.0.0.1:{closed}/0", f"rediss://:{secret}@127.0.0.1:{server.port}",
        f"redis://:{secret}@127.0.0.1:{server.port}/77", f"redis://:{secret}x@127.0.0.1:{server.port}",
        f"redis://{secret}:{secret}@127.0.0.1:{server.port}", f"http://:{secret}@127.0.0.1",
        f"redis://:{secret}@no-such-host.invalid", f"redis://:{secret}@127.0.0.1:port",
        f"unix:///no/such/socket?password={secret}", f"redis://127.0.0.1:{closed}/0?password={secret}",
        f"{secret}", f"redis://:/{secret}@127.0.0.1", f"redis://:1/{secret}@127.0.0.1:{closed}",
        f"redis://:x?{secret}=@127.0.0.1", f"redis://me:123#{secret}@127.0.0.1", f"{secret}:x@host",
        f"redis://127.0.0.1/{secret}", f"redis://127.0.0.1?{secret}=1",
    )  # fmt: skip

    def said(words: tuple[str, str]) -> str:
        done = djscope(words[0], "--redis", words[1], directory=directory)
        assert done.returncode in (2, 3), (words, done.stdout, done.stderr)
        return done.stdout + done.stderr

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return "".join(pool.map(said, product(("ps", "doctor"), urls))).encode()


def all_told(url: str) -> bool:
    keys = dumped(url)
    return all(canary in keys for canary in CANARIES)


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Artefact → content, after everything happened twice while two viewers watched."""
    directory = tmp_path_factory.mktemp("secrets") / "run"
    commands: list[bytes] = []
    taken: dict[str, bytes] = {}
    passwords = (secret_of("broker password"), secret_of("redis password"))
    with Redis(passwords[0]) as broker, Redis(passwords[1]) as server:
        project = Secretive(server.url, broker.url)
        try:
            with monitored(server, commands):
                project.start()
                with watching(server.url, APP) as watch:
                    wait_for(lambda: watch.session.watching()[0] == 3, 40, "arming")
                    with asking(watch):
                        _observe(project, server.url, watch, directory, taken)
                    wait_for(lambda: not (set(PLACES) - project.planted()), 40, "all places")
                    with suppress(AssertionError):  # each is looked for below
                        wait_for(lambda: all_told(server.url))
                    taken["keys"] = dumped(server.url)
                    taken["session"] = repr(vars(watch.session)).encode()
                    taken["definitions"] = repr(watch.session.definitions.known).encode()
            taken["commands"] = b"".join(commands)
            taken["errors"] = complaints(server, directory)
        finally:
            project.close()
    return taken


def _observe(
    project: Secretive, url: str, watch: Watch, directory: Path, taken: dict[str, bytes]
) -> None:
    """Each verb that prints; the project is visited while it is watched, and looked at deeply."""

    def say(name: str, *arguments: str) -> None:
        words = (*arguments, "--redis", url, "--app", APP)
        done = djscope(*words, directory=directory, seconds=60)
        assert done.returncode == 0, done.stderr
        taken[name] = (done.stdout + done.stderr).encode()

    def say_meanwhile(name: str, *arguments: str) -> None:
        visitor = threading.Thread(target=project.visit)
        visitor.start()
        known = watch.session.definitions.known
        wait_for(lambda: LAST in list(known.values()), 60, "what visitors order")
        say(name, *arguments, "--for", "4s")
        visitor.join(60)

    say_meanwhile("snapshot", "snapshot")
    for process in list(watch.session.processes.values()):
        assert Reach(watch).deepen("process", process.id).startswith("deep for five minutes")
    wait_for(lambda: all(p.level == "deep" for p in watch.session.processes.values()), what="deep")
    say_meanwhile("now", "now")
    sarif, junit = project.directory / "sarif", project.directory / "junit"
    files = ("--sarif", str(sarif), "--junit", str(junit))
    verbs = [
        ("check", "check", "--for", "1s", "--fail-on", "none", *files),
        ("now as JSON", "now", "--for", "1s", "--json"),
        ("ps", "ps"),
        ("ps as JSON", "ps", "--json"),
        ("doctor", "doctor"),
    ]
    for process in list(watch.session.processes.values()):
        verbs.append((f"stacks of {process.name}", "stacks", process.name))
        verbs.append((f"stacks of {process.name} as JSON", "stacks", process.name, "--json"))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda words: say(*words), verbs))
    taken["SARIF"], taken["JUnit"] = sarif.read_bytes(), junit.read_bytes()
    log = (project.directory / "log").read_text().splitlines()
    taken["log"] = "\n".join(line for line in log if line.startswith("djscope")).encode()


def test_nothing_of_a_secret_leaves(captured: dict[str, bytes]) -> None:
    """Neither on the wire, nor in a key, an export, a printed line or an error."""
    assert found(SECRETS, captured) == []


@pytest.mark.parametrize("canary", CANARIES, ids=lambda each: each.decode())
def test_what_may_be_told_is_there(captured: dict[str, bytes], canary: bytes) -> None:
    """So the places were reached, and what was captured is what was sent."""
    assert canary in captured["commands"]
    assert canary in captured["keys"]


def test_frames_carry_the_digest_of_what_runs(captured: dict[str, bytes]) -> None:
    """Unmarked: the file is as old as the process found it."""
    digest = source_digest((PROJECT / "secretive" / "urls.py").read_bytes())

    assert f'"{digest}"'.encode() in captured["keys"]


@pytest.mark.parametrize("artefact", ["snapshot", "session", "definitions"])
def test_each_export_tells_of_the_same(captured: dict[str, bytes], artefact: str) -> None:
    """Names of routes, functions and tasks."""
    for canary in (b"customer/<str:name>/", b"canary_queries", b"secretive.tasks.succeed"):
        assert canary in captured[artefact] or artefact == "session"


@pytest.mark.parametrize("artefact", ["now", "now as JSON"])
def test_findings_are_printed(captured: dict[str, bytes], artefact: str) -> None:
    """They name the line and not the literal."""
    assert b"query_loop" in captured[artefact] or artefact == "now as JSON"


@pytest.mark.parametrize("artefact", ["log", "SARIF", "JUnit", "check"])
def test_what_is_written_elsewhere_has_something_in_it(
    captured: dict[str, bytes], artefact: str
) -> None:
    """Who watched, and findings."""
    assert b"watched by" in captured[artefact] or b"query_loop" in captured[artefact]


@pytest.mark.parametrize("artefact", ["ps", "ps as JSON", "doctor", "errors"])
def test_verbs_have_said_something(captured: dict[str, bytes], artefact: str) -> None:
    """Of this app, or of an address."""
    assert APP.encode() in captured[artefact] or b"127.0.0.1" in captured[artefact]


ENCODED = {
    "plain": lambda text: text, "upper": str.upper, "hex": lambda text: text.encode().hex(),
    "base64": lambda text: b64encode(b"x" + text.encode() + b"yz").decode(),
    "base64 of a pair": lambda text: b64encode(f"me:{text}".encode()).decode(),
    "url": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "repr": lambda text: repr({"a": text.encode()}),
    "JSON": lambda text: "".join(f"\\u00{byte:02x}" for byte in text.encode()),
    "half": lambda text: text[3:16], "backwards": lambda text: text[::-1],
}  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("place", ["url path", "sql number"])
def test_the_search_finds_a_secret_however_it_is_encoded(place: str, encoding: str) -> None:
    """Otherwise that nothing is found says nothing."""
    content = f"before {ENCODED[encoding](SECRETS[place])} after".encode()

    assert [hit[:2] for hit in found(SECRETS, {"keys": content})] == [(place, "keys")]
