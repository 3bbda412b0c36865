"""The tests on what users install, on the newest and the oldest Python that are supported.

`legs.py [newest] [oldest]`, both without arguments. Where their Python is not on this machine, they
say so: the wheels are tested on this one then. Environments are kept in `.venv-NAME` until what
they are made of changes.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "demo"))

import environment  # noqa: E402  found through the line above

DIST = ROOT / "dist"
# Tests that read the sources, which a user who installed a wheel has not.
OF_SOURCES = ("tests/test_architecture.py", "tests/test_docs.py")
# Tests wait for servers more than they compute; those of one file share theirs. What fails beside
# three others is asked once more, alone.
SIDE_BY_SIDE = ("-n", "4", "--dist", "loadfile", "--no-loadscope-reorder")
ALONE = ("--last-failed", "--maxfail", "3")
SOME_FAILED = 1  # pytest's exit code
OLDEST, NEWEST = (3, 10), (3, 13)
PINS = ROOT / ".ci" / "python3.10.txt"


def main(names: Sequence[str]) -> int:
    """Run the legs named; the exit code is the number of those that failed."""
    failed = [name for name in names or LEGS if not timed(name)]
    if failed:
        print(f"failed: {', '.join(failed)}")
    return len(failed)


def timed(name: str) -> bool:
    began = time.monotonic()
    print(f"== {name}", flush=True)
    try:
        LEGS[name]()
    except subprocess.CalledProcessError as error:
        print(f"== {name}: failed, exit code {error.returncode} of {error.cmd[:5]}")
        return False
    except environment.SetupError as error:
        print(f"== {name}: could not be set up: {error}")
        return False
    print(f"== {name}: {time.monotonic() - began:.0f} s", flush=True)
    return True


def newest() -> None:
    """Everything, from wheels, away from the sources."""
    djscope, probes = built()
    found = sys.executable if sys.version_info[:2] >= NEWEST else interpreter(NEWEST)
    wanted = [f"{djscope}[embedded]", probes, *others()]
    python = prepared("newest", found or sys.executable, wanted)
    compiled(python, "uwsgi")
    directory = apart("newest")
    for package in ("djscope", "djscope_probes"):
        where = f"import {package}; assert 'site-packages' in {package}.__file__"
        run([python, "-c", where], directory)
    pytest(python, directory, *(f"--ignore={name}" for name in OF_SOURCES))


def oldest() -> None:
    """The probes alone: the wheel, and what its tests need."""
    if found := interpreter(OLDEST):
        _, probes = built()
        python = prepared("oldest", found, [probes, "-r", str(PINS)])
        # The fixtures use the viewer's embedded server, so its source is there, uninstalled.
        directory = apart("oldest")
        shutil.copytree(ROOT / "djscope", directory / "djscope")
        pytest(python, directory, "tests/probes", "tests/wire")


LEGS: dict[str, Callable[[], None]] = {"newest": newest, "oldest": oldest}


def interpreter(version: tuple[int, int]) -> str | None:
    """A Python of that version that runs: on PATH, or of pyenv's; else None, with a line."""
    name = "python{}.{}".format(*version)
    homes = {Path.home(), Path(pwd.getpwuid(os.getuid()).pw_dir)}
    own = [path for home in homes for path in home.glob(f".pyenv/versions/*/bin/{name}")]
    for candidate in (shutil.which(name), *map(str, own)):
        # A shim of pyenv's is on PATH also when it has nothing to run.
        if candidate and runs(candidate):
            return candidate
    print(f"no {name} here: not tested on it; install one, for example with pyenv")
    return None


def runs(python: str) -> bool:
    return not subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode


@cache
def built() -> tuple[str, str]:
    """Both wheels, djscope's first, built anew."""
    shutil.rmtree(DIST, ignore_errors=True)
    for source in (ROOT, ROOT / "probes"):
        if uv := shutil.which("uv"):
            build = [uv, "build", "--wheel", "--out-dir", str(DIST)]
        else:
            build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(DIST)]
        quietly(f"building the wheel of {source.relative_to(ROOT.parent)}", [*build, str(source)])
    djscope, probes = sorted(map(str, DIST.glob("*.whl")), key=len)
    return djscope, probes


def others() -> list[str]:
    """The dev group without our own distributions."""
    wanted, skip = [], False
    for item in environment.requirements(ROOT):
        if item == "-e" or skip:
            skip = item == "-e"
        else:
            wanted.append(item)
    return wanted


def prepared(name: str, python: str, wanted: list[str]) -> str:
    """The interpreter of `.venv-NAME`, in which that is installed."""
    venv = ROOT / f".venv-{name}"
    inside, stamp = str(venv / "bin" / "python"), venv / "ready"
    files = [ROOT / "pyproject.toml", ROOT / "constraints.txt", PINS]
    content = b"".join(path.read_bytes() for path in files)
    fingerprint = hashlib.sha256(f"{python} {wanted}".encode() + content).hexdigest()
    ready = stamp.exists() and stamp.read_text() == fingerprint
    if uv := shutil.which("uv"):
        create = [uv, "venv", "--clear", "--python", python, str(venv)]
        install = [uv, "pip", "install", "--python", inside]
    else:
        create = [python, "-m", "venv", "--clear", str(venv)]
        install = [inside, "-m", "pip", "install", "--no-input", "--no-compile"]
    if not ready:
        quietly(f"creating {venv.name}", create)
        quietly("installing packages", [*install, *wanted])
        stamp.write_text(fingerprint)
    elif fresh := [item for item in wanted if ".whl" in item]:
        again = ["--reinstall"] if uv else ["--force-reinstall"]
        quietly("installing the wheels", [*install, *again, "--no-deps", *fresh])
    return inside


def compiled(python: str, package: str) -> None:
    """What has no wheel, and may not be had here: its tests are skipped then."""
    if uv := shutil.which("uv"):
        install = [uv, "pip", "install", "--python", python]
    else:
        install = [python, "-m", "pip", "install"]
    if subprocess.run([*install, "--quiet", package], check=False).returncode:
        print(f"{package} does not build here: it is not tested")


def apart(name: str) -> Path:
    """A directory with the tests and the demo, in which nothing of ours can be imported."""
    directory = ROOT / "build" / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for file in ("pyproject.toml", "constraints.txt", "README.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / file, directory)
    for part in ("tests", "demo"):
        shutil.copytree(ROOT / part, directory / part)
    (directory / "probes").mkdir()
    shutil.copy(ROOT / "probes" / "pyproject.toml", directory / "probes")
    return directory


def pytest(python: str, directory: Path, *chosen: str) -> None:
    """pytest puts `.` and `demo` of that directory on the path, see pyproject.toml."""
    command = [python, "-m", "pytest", "-q", *chosen]
    try:
        run([*command, *SIDE_BY_SIDE], directory)
    except subprocess.CalledProcessError as error:
        if error.returncode != SOME_FAILED:
            raise
        run([*command, *ALONE], directory)


def quietly(step: str, command: list[str]) -> None:
    """Show how long a step took, and what it printed only if it failed."""
    lock = os.open(ROOT, os.O_RDONLY)
    try:
        environment.run(step, command, lock)
    finally:
        os.close(lock)


def run(command: list[str], directory: Path = ROOT) -> None:
    subprocess.run(command, cwd=directory, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
