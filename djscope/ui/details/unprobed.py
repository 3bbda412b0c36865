"""A process of this machine without a probe: what it is, and what would help."""

from __future__ import annotations

from djscope.model.processes import ProcessFact
from djscope.ui import format as fmt
from djscope.ui.details.process import machine
from djscope.ui.facts import Facts
from djscope.ui.spec import Detail, Fact, Opener

LOOK = "w shows where it stands, by py-spy from outside"
NONE = (
    "none that publishes here: put djscope_probes into its INSTALLED_APPS, or start it with"
    " `djscope run -- CMD`"
)
NONE_NEEDED = "none needed: it forks those that work"


def opener(process: ProcessFact) -> Opener:
    """There is nothing more to come of it, but for the machine's figures."""

    def detail(facts: Facts) -> Detail:
        forks = ", ".join(process.forks)
        everything = [
            Fact("process", f"{process.name} {process.kind}", "strong"),
            Fact("started", fmt.clock(process.started)),
            Fact("probe", NONE_NEEDED if forks else NONE),
            Fact("parent of", forks),
            Fact("look", LOOK),
            machine(facts.reach.figures(process)),
        ]
        return Detail(
            process.name, [fact for fact in everything if fact.text],
            copy=process.name, process=process.id,
        )  # fmt: skip

    return detail
