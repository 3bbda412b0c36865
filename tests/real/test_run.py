"""`djscope run -- CMD`: any command with the probe, its code unchanged."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from djscope.feed.embedded import free_port, start_embedded
from djscope.model.findings import find
from djscope_probes.wire import Keys
from tests.real.servers import APPLICATION, GUNICORN, PROJECTS, answers, line_of, quiet_environment
from tests.real.tools import client_of, djscope, get, started, wait_for, watching

pytestmark = pytest.mark.real
APP = "untouched"
RUN = (sys.executable, "-m", "djscope", "run")
OF_THE_HOST = """\
import os, pathlib, sys
pathlib.Path(os.environ["SAID"]).write_text(f"{__name__} {__file__}")
"""


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with start_embedded() as server:
        yield server.url


@pytest.fixture
def host(tmp_path: Path) -> dict[str, str]:
    """A host without the probe among its apps, and with a `sitecustomize` of its own."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(OF_THE_HOST)
    env = quiet_environment(tmp_path)
    env["PYTHONPATH"] = f"{tmp_path / 'site'}:{PROJECTS}"
    env["SAID"] = str(tmp_path / "said")
    return env


def test_gunicorn_is_watched_without_a_change(
    redis_url: str, host: dict[str, str], tmp_path: Path
) -> None:
    """The probe is not among INSTALLED_APPS, yet the process announces itself, arms, reports, and
    its findings have their line; it stops at TERM with gunicorn's own exit code.
    """
    url = f"http://127.0.0.1:{free_port()}"
    bind = ("--bind", url.removeprefix("http://"))
    command = ("--redis", redis_url, "--app", APP, "--", sys.executable, *GUNICORN, *bind)
    with started(*RUN, *command, APPLICATION, env=host, cwd=tmp_path) as server:
        wait_for(lambda: answers(url), 40, "gunicorn")
        with watching(redis_url, APP) as watch:
            wait_for(lambda: watch.session.watching()[0] == 1, what="arming")
            assert get(url, "/loop/") == (200, b"looped")
            found = wait_for(lambda: find(watch.session, watch.now()), what="the finding")
            wait_for(lambda: not watch.session.wanted(), what="the definitions")
            found = find(watch.session, watch.now())
            assert watch.stop() == "1 of 1 processes confirmed off"
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0

    file = PROJECTS / "quiet" / "urls.py"
    assert [one.kind for one in found] == ["query_loop"]
    assert found[0].where.file == str(file)
    assert found[0].where.line == line_of(file, "finding: loop")
    assert (tmp_path / "said").read_text() == f"sitecustomize {tmp_path / 'site'}/sitecustomize.py"


@pytest.mark.parametrize("code", [0, 1, 7])
def test_the_exit_code_is_the_commands(host: dict[str, str], code: int) -> None:
    """Whatever it is; and what it prints is passed through."""
    script = f"import sys; print(*sys.argv[1:]); raise SystemExit({code})"
    done = subprocess.run(
        [*RUN, "--", sys.executable, "-c", script, "--redis", "its own"],
        env=host, capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip

    assert done.returncode == code
    assert done.stdout == "--redis its own\n"
    assert done.stderr == ""


def test_a_signal_reaches_the_command(host: dict[str, str]) -> None:
    """It is the command's process: its pid, its signals, its end."""
    script = "import os; print(os.getpid(), flush=True); input()"
    with started(*RUN, "--", sys.executable, "-c", script, env=host) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == process.pid
        process.terminate()

        assert process.wait(30) == -signal.SIGTERM


def test_the_hosts_sitecustomize_still_runs(host: dict[str, str], tmp_path: Path) -> None:
    """Under its name, from its file; where the host has none, nothing is missed."""
    command = [*RUN, "--", sys.executable, "-c", "import sitecustomize; print('fine')"]
    own = subprocess.run(command, env=host, capture_output=True, text=True, timeout=20, check=True)
    (tmp_path / "site" / "sitecustomize.py").unlink()
    none = subprocess.run(command, env=host, capture_output=True, text=True, timeout=20, check=True)

    assert (tmp_path / "said").read_text() == f"sitecustomize {tmp_path / 'site'}/sitecustomize.py"
    assert (own.stdout, own.stderr) == (none.stdout, none.stderr) == ("fine\n", "")


def test_the_host_can_forbid_it(redis_url: str, host: dict[str, str], tmp_path: Path) -> None:
    """`DJSCOPE_DISABLED=1`: Django comes up as ever, and nothing announces itself."""
    script = "import django, _thread; django.setup(); print(_thread._count())"
    command = ("--redis", redis_url, "--app", "forbidden", "--", sys.executable, "-c", script)
    env = {**host, "DJSCOPE_DISABLED": "1"}
    done = subprocess.run(
        [*RUN, *command], env=env, capture_output=True, text=True, timeout=20, check=True
    )

    assert done.stdout == "0\n"
    with client_of(redis_url) as client:
        assert not client.exists(Keys("forbidden").procs)


@pytest.mark.parametrize("url", ["nonsense", "redis://h:port", "redis://[::1/0", "redis://h/x"])
def test_a_malformed_url_does_not_keep_the_host_from_starting(
    host: dict[str, str], tmp_path: Path, url: str
) -> None:
    """It is ours to report, not the host's to die of."""
    script = "import django, _thread; django.setup(); print(_thread._count())"
    env = {**host, "QUIET_APPS": "djscope_probes", "DJSCOPE_REDIS_URL": url}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=env, capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stdout == "0\n"


def test_a_command_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    """With the name that was not found, and what to do."""
    missing = djscope("run", "--", "gunicorm", directory=tmp_path / "run")
    nothing = djscope("run", directory=tmp_path / "run")

    assert missing.returncode == nothing.returncode == 2
    assert missing.stderr == (
        "djscope: gunicorm is not on PATH: check its name, or give its full path\n"
    )
    assert nothing.stderr.startswith("djscope: no command given: ")
