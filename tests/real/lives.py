"""The life of a process model: armed, off, armed again, stopped, all under load, then shut down."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from djscope.attach.local import has_ended
from djscope.feed.leases import Claim
from djscope.watch import Watch
from djscope_probes.wire import Keys
from tests.real.load import Load, Requests, Sender, State, Tasks, each, under_load
from tests.real.models import FORK_WARNING, Host, Model
from tests.real.tools import Levels, client_of, wait_for

COUNTED = 20
# Where each unit may need a process of its own.
FEW = 8
# Of the background, at least.
AROUND = 20
# Until what has ended is told; a process that does not last may have lost the last it had.
TOLD_S = {True: 30, False: 8}
# Until a process is off that was about to arm as the viewer left, which did not know of it.
OFF_S = 10
STARTS = ("installed", "late")


@dataclass
class Told:
    """What one viewer was told: the counted units, and those in the background.

    `least`: began and ended while all processes were armed. `most`: were under way while any was.
    """

    sent: int
    counted: int = 0
    # Of the counted ones, of those in the background, and of all, ended or not.
    counted_queries: int = 0
    work_queries: int = 0
    queries: int = 0
    least: int = 0
    work: int = 0
    most: int = 0
    confirmed: str = ""
    # Pids of the processes that said they were armed; how many of them ended without a last word.
    armed: frozenset[int] = frozenset()
    unsaid: int = 0


@dataclass
class Outcome:
    """One row of the matrix."""

    model: str
    start: str
    told: list[Told] = field(default_factory=list)
    # What was not the original, which receivers were connected, threads of ours: nothing.
    left: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    # Of a parent that forks: threads, beside those of one without djscope.
    parent_threads: tuple[int, int] = (0, 0)
    shutdown_s: float = 0.0
    bare_shutdown_s: float = 0.0


def live(model: Model, redis_url: str, sender: Sender) -> list[Outcome]:
    """Three hosts of one model: with the probe installed, with a late one, and without djscope."""
    with ExitStack() as stack:
        names = (*STARTS, "bare")
        hosts = {
            name: stack.enter_context(Host(model, redis_url, name, name == "installed"))
            for name in names
        }
        for host in hosts.values():
            host.launch()
        for host in hosts.values():
            host.await_ready()
        with ThreadPoolExecutor(len(STARTS)) as pool:
            outcomes = list(pool.map(lambda start: scene(hosts[start], start, sender), STARTS))
        bare = hosts["bare"]
        threads = bare.threads
        with ThreadPoolExecutor(len(names)) as pool:
            last = pool.submit(bare.shut_down)
            list(pool.map(lambda outcome: end(hosts[outcome.start], outcome, threads), outcomes))
        for outcome in outcomes:
            outcome.bare_shutdown_s = last.result()
            if threads > 1:  # gunicorn's arbiter has one of its own, and is warned without us, too
                said = outcome.complaints
                outcome.complaints = [line for line in said if FORK_WARNING not in line]
        return outcomes


def scene(host: Host, start: str, sender: Sender) -> Outcome:
    """Everything up to the shutdown."""
    model = host.model
    outcome = Outcome(model.name, start)
    load: Load = Requests(host) if model.web else Tasks(host, sender)
    if start == "installed":
        wait_for(lambda: host.announced(model.n), what="the announcement of who has nothing to do")
    with under_load(load):
        if model.lasts and start == "late":
            each(load, "inject", model.n)
            wait_for(lambda: host.announced(model.n), what="announcement")
        for when, stop in (("when off", False), ("when stopped", model.lasts)):
            outcome.told.append(watched(host, start, load, stop))
            look(model, load, when, outcome)
        if model.lasts:
            each(load, "inject", model.n)
            wait_for(lambda: host.announced(model.n), what="announcement after a stop")
    outcome.failed = load.failed
    return outcome


def watched(host: Host, start: str, load: Load, stop: bool) -> Told:
    """A viewer comes, counts, and leaves; with `stop` the probes are stopped before it leaves."""
    model = host.model
    told = Told(COUNTED if model.lasts else FEW)
    await_armed = "" if model.lasts else "now" if start == "installed" else "late"
    watch = Watch(host.redis_url, host.app)
    came = time.monotonic()
    watch.start()
    try:
        if model.lasts:
            wait_for(lambda: armed(watch) >= model.n, what=f"arming {host.app}")
        all_armed = time.monotonic()
        load.counted(told.sent, await_armed)
        if model.lasts:
            wait_for(lambda: since(all_armed, load) >= AROUND, TOLD_S[True], "a background")
            told.least = since(all_armed, load)
        settle(watch, load, told, model.lasts)
        if stop:
            each(load, "stop", model.n)
            wait_for(lambda: armed(watch) == 0, what="the probes' last word")
    finally:
        told.confirmed = watch.stop()
    gone = time.monotonic()
    told.counted = number(watch, load, load.counted_name)
    told.work = number(watch, load, load.work_name)
    told.counted_queries = number(watch, load, load.counted_name, "queries")
    told.work_queries = number(watch, load, load.work_name, "queries")
    told.queries = queries(watch)
    told.most = 1  # which may be under way at this very moment
    for span in load.spans():
        told.most += span.ended > came and span.began < gone
    known = [each for each in watch.session.processes.values() if each.armed_at]
    told.armed = frozenset(each.pid for each in known)
    told.unsaid = sum(each.level != "off" and has_ended(each) for each in known)
    return told


def since(began: float, load: Load) -> int:
    """How many units of the background began after that, and have ended."""
    return sum(span.began > began for span in load.spans())


def settle(watch: Watch, load: Load, told: Told, lasts: bool) -> None:
    """Wait until all that ended before is told, and all names; the rest is judged."""

    def all_told() -> bool:
        enough = number(watch, load, load.work_name) >= told.least
        return enough and number(watch, load, load.counted_name) >= told.sent

    with suppress(AssertionError):
        wait_for(lambda: all_told() and not watch.session.wanted(), TOLD_S[lasts])


def look(model: Model, load: Load, when: str, outcome: Outcome) -> None:
    """Every original is back, in every process; where they do not last, in those there are now."""
    if not model.lasts:
        outcome.left += [f"{label} {when}" for label in left_behind(load, outcome.told[-1].armed)]
        return
    if when == "when stopped":  # what it says last to the host's log may take a thread so long
        with suppress(AssertionError):
            wait_for(lambda: not any(each["ours"] for each in states(load, model)), OFF_S)
    for state in states(load, model):
        outcome.left += [f"{each} {when}" for each in changed(state)]
        if when == "when stopped" and (state["ours"] or state["standing"]):
            outcome.left.append(f"{state['ours']} threads, {state['standing']} {when}")


def states(load: Load, model: Model) -> list[State]:
    return list(each(load, "state", model.n).values())


def left_behind(load: Load, armed: frozenset[int]) -> list[str]:
    """What is not the original: at once in those that were `armed`, a moment later in others."""
    found: list[str] = []

    def none_arms() -> bool:
        said = load.ask("state", FEW)
        found.extend(label for each in said if each["pid"] in armed for label in changed(each))
        return not any(changed(each) for each in said)

    try:
        wait_for(none_arms, OFF_S)
    except AssertionError as error:
        found.append(str(error))
    return found


def changed(state: State) -> list[str]:
    """What is not as it would be without djscope."""
    return [*state["wrapped"], *state["receivers"], *state["hooked"]]


def end(host: Host, outcome: Outcome, threads: int) -> None:
    """Shut down: with the probe installed while it is armed, with a late one while it is off."""
    with ExitStack() as stack:
        if outcome.start == "installed" and host.model.lasts:
            stack.enter_context(leased(host))
        if host.model.forks:
            outcome.parent_threads = (host.threads, threads)
        outcome.shutdown_s = host.shut_down()
    outcome.complaints = host.complaints()


@contextmanager
def leased(host: Host) -> Iterator[None]:
    """A viewer that does not wait for last words: not every server lets a process have any."""
    claim = Claim(Keys(host.app))
    with client_of(host.redis_url) as client, Levels(host.redis_url, host.app) as levels:
        claim.renew(client)
        wait_for(lambda: levels.all_are("watch", host.model.n), what="arming before the end")
        yield
        claim.release(client)


def armed(watch: Watch) -> int:
    with watch.lock:
        return watch.session.watching()[0]


def number(watch: Watch, load: Load, name: str, what: str = "n") -> int:
    """How many units of that name ended, or their `queries`."""
    with watch.lock:
        session = watch.session
        return sum(
            int(getattr(route, what))
            for (kind, name_id), route in session.routes.items()
            if kind == load.kind and session.definitions.text(name_id) == name
        )


def queries(watch: Watch) -> int:
    """How many queries were told in all."""
    with watch.lock:
        return sum(stat.n for stat in watch.session.queries.stats.values())
