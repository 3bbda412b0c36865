"""`python -m tests.benchmarks [--callgrind] [--scene NAME] [VARIANT …]`: what a query costs, and
what a request (`--scene requests`).

Without options: CPU time, processes of all variants in turn, the least of many pages each (other
load only adds). With `--callgrind`: instructions, which no load changes; needs valgrind.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import statistics
import subprocess
import sys

from tests.benchmarks.project import SCENES, size_of
from tests.benchmarks.variants import MODULES, PACKAGES, VARIANTS, of_scene

TURNS = 5
ROUNDS = 30
CALLGRIND_ROUNDS = (1, 3)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--callgrind", action="store_true", help="count instructions, not time")
    parser.add_argument(
        "--scene", action="append", choices=SCENES, help="how rows are asked for; all by default"
    )
    parser.add_argument("variants", nargs="*", default=list(VARIANTS), metavar="VARIANT")
    options = parser.parse_args()
    chosen = ["bare", *(name for name in options.variants if name != "bare")]
    print(f"Python {sys.version.split()[0]}, mean of one query, or of one request")
    for scene in options.scene or SCENES:
        print(scene)
        names = [name for name in of_scene(scene, chosen) if there(name)]
        if options.callgrind:
            table({name: instructions(name, scene) for name in names}, "instructions")
        else:
            timed(names, scene)


def there(name: str) -> bool:
    """Whether a peer is installed; if not, how to."""
    module = MODULES.get(name)
    if module is None:
        return True
    try:
        importlib.import_module(module)
    except ImportError:
        print(f"  {name}: not installed; pip install {PACKAGES[name]}")
        return False
    return True


def timed(names: list[str], scene: str) -> None:
    """Least and median CPU time of many pages, in turns."""
    pages: dict[str, list[int]] = {name: [] for name in names}
    for _ in range(TURNS):
        for name in names:
            pages[name] += json.loads(run(name, scene, ROUNDS))
    nanos = 1000 * size_of(scene)
    table({name: min(took) / nanos for name, took in pages.items()}, "µs, least")
    table({name: statistics.median(took) / nanos for name, took in pages.items()}, "µs, median")


def table(each: dict[str, float], unit: str) -> None:
    """One line per variant: what one costs, and what of that the variant adds."""
    bare = each["bare"]
    for name, value in each.items():
        added = f"{value - bare:+12.1f}  {value / bare:.3f} times" if name != "bare" else ""
        print(f"  {name:13} {value:12.1f} {unit}  {added}")


def run(name: str, scene: str, rounds: int) -> str:
    command = [sys.executable, "-m", "tests.benchmarks.worker", name, scene, str(rounds)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    return subprocess.run(
        command, check=True, env=environment, stdout=subprocess.PIPE, text=True
    ).stdout


def instructions(name: str, scene: str) -> float:
    """Per query: the difference between runs of more and of fewer pages."""
    counts = []
    for rounds in CALLGRIND_ROUNDS:
        log = subprocess.run(
            [
                "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                sys.executable, "-m", "tests.benchmarks.worker", name, scene, str(rounds),
            ],
            check=True, env={**os.environ, "PYTHONHASHSEED": "0"},
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        ).stderr  # fmt: skip
        found = re.search(r"Collected : (\d+)", log)
        assert found is not None, log
        counts.append(int(found[1]))
    few, many = CALLGRIND_ROUNDS
    return (counts[1] - counts[0]) / (many - few) / size_of(scene)


if __name__ == "__main__":
    main()
