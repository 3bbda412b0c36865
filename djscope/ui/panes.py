"""The numbered screenfuls, in the order of their keys."""

from __future__ import annotations

from djscope.ui.lists.bodies import bodies
from djscope.ui.lists.chains import chains
from djscope.ui.lists.cost import costs
from djscope.ui.lists.families import by_origin, by_route, by_sql
from djscope.ui.lists.findings import findings
from djscope.ui.lists.hops import hops
from djscope.ui.lists.loops import blocked, loops
from djscope.ui.lists.middleware import middlewares
from djscope.ui.lists.processes import processes
from djscope.ui.lists.queries import queries
from djscope.ui.lists.routes import requests, tasks, work
from djscope.ui.lists.units import all_running, running, under_way
from djscope.ui.spec import Pane

FAMILIES = (by_sql(), by_route(), by_origin())
PANES = (
    Pane(
        "overview",
        "Overview",
        (
            findings(),
            requests("Requests"),
            queries("queries", "Queries"),
            tasks("Tasks"),
            under_way(all_running),
        ),
    ),
    Pane("queries", "Queries", (queries("queries", "Queries by site", turns=FAMILIES),)),
    Pane(
        "requests", "Requests", (requests(), under_way(running("request")), middlewares(), bodies())
    ),
    Pane("tasks", "Tasks", (work(), under_way(running("task", "command", "thread")))),
    Pane("async", "Async", (hops(), chains(), loops(), blocked())),
    Pane("findings", "Findings", (findings(),)),
    Pane("processes", "Processes", (processes(), costs())),
)
