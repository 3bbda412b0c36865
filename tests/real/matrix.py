"""`python -m tests.real.matrix [MODEL …]`: every process model, two starts, sent and told."""

from __future__ import annotations

import sys

from djscope.feed.embedded import start_embedded
from tests.real.lives import Outcome, live
from tests.real.load import Sender
from tests.real.models import WEB, WORKERS, missing

HEAD = (
    "model", "start", "counted sent/told", "background least/told/most", "failed", "left",
    "parent's threads/without", "shutdown s/without",
)  # fmt: skip


def row(outcome: Outcome) -> tuple[str, ...]:
    """One line of the table."""
    return (
        outcome.model,
        outcome.start,
        " ".join(f"{told.sent}/{told.counted}" for told in outcome.told),
        " ".join(f"{told.least}/{told.work}/{told.most}" for told in outcome.told),
        str(len(outcome.failed)),
        str(len(outcome.left) + len(outcome.complaints)),
        "/".join(map(str, outcome.parent_threads)) if outcome.parent_threads[0] else "-",
        f"{outcome.shutdown_s:.2f}/{outcome.bare_shutdown_s:.2f}",
    )


def main(names: list[str]) -> None:
    print("| " + " | ".join(HEAD) + " |")
    print("|---" * len(HEAD) + "|")
    with start_embedded() as server:
        sender = Sender(server.url)
        try:
            for model in (*WEB, *WORKERS):
                if not missing(model) and (not names or model.name in names):
                    for outcome in live(model, server.url, sender):
                        print("| " + " | ".join(row(outcome)) + " |", flush=True)
                        for problem in (*outcome.failed, *outcome.left, *outcome.complaints):
                            print("   ", problem)
        finally:
            sender.close()


if __name__ == "__main__":
    main(sys.argv[1:])
