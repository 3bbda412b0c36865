"""`python -m tests.testing.table`: case → verdict → advice → proof, as a table in Markdown.

From the cases of the tests, measured anew: queries before → after the advice was applied. Exit code
1 if a finding is left, a result differs or no query is saved.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.shop import opened, stocked
from tests.testing import loops, relations
from tests.testing.proof import Proof, of_loop, of_relation


def main() -> int:
    # The demo's packages are found where pytest finds them.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "demo"))
    with tempfile.TemporaryDirectory() as directory, opened(Path(directory)):
        proofs = list(measured(stocked()))
    wrong = [name for name, proof, _ in proofs if not proof.holds]
    print("| Case | Verdict | Advice | Queries |\n|---|---|---|---|")
    for name, proof, which in proofs:
        print(row(name, proof, which))
    print(f"\n{len(proofs) - len(wrong)} of {len(proofs)}: finding gone, result equal", end="")
    print(f"; not: {', '.join(wrong)}" if wrong else "")
    return 1 if wrong else 0


def measured(library: Any) -> Iterator[tuple[str, Proof, int]]:
    """Each case by its name, and which of its pieces of advice was applied."""
    from django.db import models

    for name, case in relations.CASES.items():
        yield name, of_relation(case, library), 0
    for name, loop in loops.CASES.items():
        yield name, of_loop(loop, library), loop.which
    if hasattr(models, "FETCH_PEERS"):
        for name, case in relations.PEERS.items():
            yield f"{name}, Django 6.1", of_relation(case, library, which=1), 1


def row(name: str, proof: Proof, which: int) -> str:
    code = proof.advice[0][which].code.replace("|", "\\|") if proof.advice else ""
    sign = "" if proof.holds else " ✗"
    return f"| {name} | `{proof.kind}` | `{code}` | {proof.before} → {proof.after}{sign} |"


if __name__ == "__main__":
    sys.exit(main())
