"""One variant and scene in a process: `worker.py VARIANT SCENE ROUNDS`; CPU per page as JSON."""

from __future__ import annotations

import gc
import json
import sys
import time

from tests.benchmarks.variants import VARIANTS

WARM_UP = 3


def main(name: str, scene: str, rounds: int) -> None:
    page = VARIANTS[name]()
    for _ in range(WARM_UP):
        page(scene)
    gc.collect()
    gc.disable()
    took = []
    for _ in range(rounds):
        began = time.thread_time_ns()
        page(scene)
        took.append(time.thread_time_ns() - began)
    print(json.dumps(took))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
