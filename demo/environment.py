"""Builds `.venv` with uv where there is one, else with venv and pip; explains what goes wrong."""

import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

# What pip and uv print, and what it means for the person who reads it; the first match counts.
CAUSES = {
    r"No space left|ENOSPC|os error 28": "the disk is full: free about 400 MB and try again",
    r"Permission denied|Read-only file system|os error 13|os error 30": (
        "a file cannot be written: check the permissions of this directory and try again"
    ),
    r"Failed building wheel|metadata-generation-failed|gcc|clang": (
        "a package has no ready-made wheel for this Python or machine: try another Python version"
    ),
    r"(?i)connection|name resolution|unreachable|timed? ?out|proxy|ssl|certificate|dns error|"
    r"sending request": (
        "the package index cannot be reached: check the network, or the index and proxy that "
        "pip is configured for, and try again"
    ),
    r"No matching distribution|Could not find a version|No solution found": (
        "the package index lacks something for this Python: try another Python version"
    ),
}
TAIL_LINES = 15
ERASE = "\r\033[K"


class SetupError(Exception):
    """Why the environment could not be set up: one sentence with cause and remedy."""


def build(root: Path, venv: Path, lock: int) -> None:
    """Create the environment anew and install everything; the tools inherit the lock."""
    python = str(venv / "bin" / "python")
    if uv := shutil.which("uv"):
        create = [uv, "venv", "--clear", "--python", sys.executable, str(venv)]
        install = [uv, "pip", "install", "--python", python]
    elif importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        create = [sys.executable, "-m", "venv", "--clear", str(venv)]
        install = [python, "-m", "pip", "install", "--no-input", "--no-compile"]
    else:
        raise SetupError(
            "this Python has no venv module: install it (on Debian: apt install "
            f"python{sys.version_info[0]}.{sys.version_info[1]}-venv) or install uv"
        )
    print("djscope: setting up .venv; later calls start at once", file=sys.stderr)
    run("creating .venv", create, lock)
    run("installing packages", [*install, *requirements(root)], lock)


def requirements(root: Path) -> list[str]:
    """Both distributions in place and the dev group, spelled out: old pips know no groups."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    own = project["project"]["name"]
    arguments = ["-c", str(root / "constraints.txt"), "-e", str(root / "probes")]
    for item in project["dependency-groups"]["dev"]:
        if item == own or item.startswith(f"{own}["):
            arguments += ["-e", f"{root}{item.removeprefix(own)}"]
        else:
            arguments.append(item)
    return arguments


def run(step: str, command: list[str], lock: int) -> None:
    """Run one step and say how long it took; what it prints is shown only if it fails."""
    started, live = time.monotonic(), sys.stderr.isatty()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, pass_fds=[lock]
        )
        try:
            while process.poll() is None:
                if live:
                    print(f"{ERASE}  {step}: {age(started)}", end="", file=sys.stderr, flush=True)
                time.sleep(0.1)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        print(f"{ERASE if live else ''}  {step}: {age(started)}", file=sys.stderr)
        if process.returncode:
            output.seek(0)
            raise SetupError(explain(step, output.read().decode(errors="replace")))


def age(started: float) -> str:
    return f"{time.monotonic() - started:.1f} s"


def explain(step: str, said: str) -> str:
    """Show the end of what the tool said, and say what it means."""
    for line in said.splitlines()[-TAIL_LINES:]:
        print(f"    {line}", file=sys.stderr)
    for pattern, cause in CAUSES.items():
        if re.search(pattern, said):
            return cause
    return f"{step} failed with the output above: correct what it says and try again"
