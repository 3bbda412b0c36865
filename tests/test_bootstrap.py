"""`python3 demo` and `python3 tests`, with a stand-in for uv: real processes, no network."""

import ast
import importlib.metadata
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from demo import environment
from tests.real.tools import wait_for

ROOT = Path(__file__).resolve().parent.parent
FILES = (
    "demo/__main__.py",
    "demo/bootstrap.py",
    "demo/environment.py",
    "tests/__main__.py",
    "pyproject.toml",
    "probes/pyproject.toml",
    "constraints.txt",
)

# Notes each call, then does what the test asks for in `mood`; the Python it makes only echoes.
FAKE_UV = """\
#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/calls"
[ "$1" = pip ] && [ -f "$here/mood" ] && . "$here/mood"
mkdir -p .venv/bin
printf '#!/bin/sh\\necho "$PWD: $*"\\nexit 7\\n' > .venv/bin/python
chmod +x .venv/bin/python
"""


class Checkout:
    """A copy of what the set-up needs, and a PATH on which uv is ours."""

    def __init__(self, root: Path) -> None:
        self.root, self.tools = root / "a checkout", root / "bin"
        for name in FILES:
            target = self.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
        self.tools.mkdir()
        uv = self.tools / "uv"
        uv.write_text(FAKE_UV)
        uv.chmod(0o755)

    def popen(self, what: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(self.root / what), *arguments],
            cwd=self.root,
            env={"PATH": f"{self.tools}:/usr/bin:/bin", "HOME": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(self, what: str, *arguments: str) -> tuple[int, str, str]:
        process = self.popen(what, *arguments)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def mood(self, script: str) -> None:
        (self.tools / "mood").write_text(script)

    @property
    def calls(self) -> list[str]:
        return (self.tools / "calls").read_text().splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_the_first_call_sets_up_and_becomes_the_command(checkout: Checkout) -> None:
    """Arguments and exit code are the command's own; each step says how long it took."""
    code, out, err = checkout.call("demo", "--headless", "--for", "20s")

    assert code == 7
    assert out == f"{checkout.root}: -P -m djscope demo --headless --for 20s\n"
    assert [call.split()[0] for call in checkout.calls] == ["venv", "pip"]
    assert re.search(r"creating \.venv: \d+\.\d s\b", err)
    assert re.search(r"installing packages: \d+\.\d s\b", err)


def test_the_second_call_starts_at_once(checkout: Checkout) -> None:
    """No tool runs and nothing is printed when the stamp fits; both commands share it."""
    checkout.call("demo")

    code, out, err = checkout.call("tests", "-k", "wire")

    assert (code, err) == (7, "")
    assert out == f"{checkout.root}: -P -m pytest -k wire\n"
    assert len(checkout.calls) == 2


@pytest.mark.parametrize("changed", ["pyproject.toml", "probes/pyproject.toml", "constraints.txt"])
def test_changed_requirements_are_installed(checkout: Checkout, changed: str) -> None:
    """The stamp covers everything that says what to install."""
    checkout.call("demo")
    with (checkout.root / changed).open("a") as file:
        file.write("\n# changed\n")

    checkout.call("demo")

    assert len(checkout.calls) == 4


def test_a_lost_interpreter_is_noticed(checkout: Checkout) -> None:
    """A stamp beside a dangling Python, as after an upgrade of the system's, does not count."""
    checkout.call("demo")
    (checkout.root / ".venv/bin/python").unlink()

    code, _, _ = checkout.call("demo")

    assert code == 7
    assert len(checkout.calls) == 4


def test_a_failed_set_up_explains_itself_and_is_repeated(checkout: Checkout) -> None:
    """Exit code 2, the tool's words, one sentence; what was begun never counts as ready."""
    checkout.mood("echo 'dns error: failed to lookup address' >&2; exit 1")
    code, out, err = checkout.call("tests")

    assert (code, out) == (2, "")
    assert "    dns error: failed to lookup address\n" in err
    assert err.splitlines()[-1] == (
        "djscope could not set up its environment: the package index cannot be reached: check the "
        "network, or the index and proxy that pip is configured for, and try again."
    )

    checkout.mood("")
    assert checkout.call("tests")[0] == 7


def test_two_calls_at_once_build_once(checkout: Checkout) -> None:
    """The second waits, says so, and finds the environment ready."""
    checkout.mood('touch "$here/begun"; while [ ! -e "$here/go" ]; do sleep 0.02; done')
    first = checkout.popen("demo")
    wait_for((checkout.tools / "begun").exists, what="the first call's installation")
    second = checkout.popen("tests")
    assert second.stderr is not None
    said = second.stderr.readline()
    (checkout.tools / "go").touch()
    errors = [process.communicate(timeout=60)[1] for process in (first, second)]

    assert "another call is setting up" in said
    assert (first.returncode, second.returncode) == (7, 7)
    assert len(checkout.calls) == 2
    assert "another call" not in "".join(errors)


def test_ctrl_c_ends_the_tool_and_leaves_nothing_ready(checkout: Checkout) -> None:
    """Exit code 130; the next call builds afresh."""
    checkout.mood('echo $$ > "$here/pid"; exec sleep 60')
    process = checkout.popen("demo")
    pid_file = checkout.tools / "pid"
    wait_for(lambda: pid_file.exists() and pid_file.read_text().strip(), what="the tool")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 130
    assert "interrupted" in err
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)

    checkout.mood("")
    assert checkout.call("demo")[0] == 7


def test_an_incomplete_checkout_is_named(checkout: Checkout) -> None:
    """A missing file is one sentence, no traceback."""
    (checkout.root / "constraints.txt").unlink()
    code, _, err = checkout.call("demo")

    assert code == 2
    assert len(err.splitlines()) == 1
    assert "constraints.txt" in err


@pytest.mark.parametrize("command", ["demo", "tests"])
def test_an_old_python_is_told_what_is_needed(checkout: Checkout, command: str) -> None:
    """The check comes before anything that an old interpreter does not know."""
    script = (
        "import runpy, sys\n"
        "sys.version, sys.version_info = '3.6.15 (default)', (3, 6, 15)\n"
        "runpy.run_path(sys.argv[1], run_name='__main__')\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", script, str(checkout.root / command)],
        check=False,
        capture_output=True,
        text=True,
    )

    assert process.returncode == 2
    assert len(process.stderr.splitlines()) == 1
    assert "needs Python 3.11 or newer" in process.stderr
    assert "this is 3.6.15" in process.stderr


@pytest.mark.parametrize("file", ["demo/__main__.py", "demo/bootstrap.py", "tests/__main__.py"])
def test_what_runs_first_parses_on_old_pythons(file: str) -> None:
    """Else a SyntaxError would be all that is seen there. 3.7 is the oldest that ast knows."""
    source = (ROOT / file).read_text()

    ast.parse(source, feature_version=(3, 7))
    assert "from __future__ import annotations" not in source  # unknown to 3.6


def test_a_python_without_venv_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian splits the module off into a package of its own."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)

    with pytest.raises(environment.SetupError, match=r"apt install python3\.\d+-venv"):
        environment.build(tmp_path, tmp_path / ".venv", 0)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "the disk is full"),
        ("Error: [Errno 13] Permission denied: '/x/.venv'", "a file cannot be written"),
        ("broken by 'NewConnectionError(...)'\nERROR: No matching distribution", "index cannot be"),
        ("error sending request for url (https://x/)", "index cannot be reached"),
        ("ERROR: No matching distribution found for msgspec>=0.19", "index lacks something"),
        ("gcc: fatal error\nFailed building wheel for psutil", "no ready-made wheel"),
        ("something nobody thought of", "failed with the output above"),
    ],
)
def test_each_failure_names_its_cause(said: str, cause: str) -> None:
    """What pip and uv print becomes a cause and a remedy."""
    sentence = environment.explain("installing packages", said)

    assert cause in sentence
    assert ": " in sentence


def test_the_dev_group_is_spelled_out_for_old_pips() -> None:
    """Both distributions are installed in place, our own extra included."""
    arguments = environment.requirements(ROOT)

    assert arguments[:4] == ["-c", f"{ROOT}/constraints.txt", "-e", f"{ROOT}/probes"]
    assert f"{ROOT}[embedded]" in arguments
    assert "--group" not in arguments


@pytest.mark.parametrize("folder", ["demo", "tests"])
def test_no_module_shadows_a_library(folder: str) -> None:
    """`python3 demo` puts the folder first on the import path."""
    ours = {path.stem for path in (ROOT / folder).iterdir() if not path.name.startswith("__")}
    libraries = {*sys.stdlib_module_names, *importlib.metadata.packages_distributions()}

    assert ours & libraries == set()
