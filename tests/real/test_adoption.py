"""The viewer comes when a request and a task hang already: both are shown, and let go again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from djscope.model.units import UnitFact
from djscope.watch import Watch
from tests.real.servers import PROJECTS, Quiet, line_of
from tests.real.tools import get, wait_for, watching

pytestmark = pytest.mark.real
AGE_S = 2.0


@contextmanager
def hanging(quiet: Quiet, age_s: float = 0.0) -> Iterator[dict[str, Path]]:
    """A request and a task at a FIFO each, for so many seconds already; let go in the end."""
    gates = {"request": quiet.fifo(), "task": quiet.fifo()}
    paths = [f"/hang/{gates['request'].name}/", f"/order/hang/{gates['task'].name}/"]
    clients = [threading.Thread(target=get, args=(quiet.wsgi_url, path, 60)) for path in paths]
    for client in clients:
        client.start()
    try:
        for gate in gates.values():
            wait_for(lambda gate=gate: since(gate) is not None, what="hanging")
        wait_for(lambda: all(time.time() - since(gate) >= age_s for gate in gates.values()))
        yield gates
    finally:
        for gate in gates.values():
            if gate.exists():
                let_go(gate)
        for client in clients:
            client.join(10)


def since(gate: Path) -> float | None:
    """When somebody began to hang there."""
    told = gate.with_name(f"{gate.name}.since")
    return float(text) if told.exists() and (text := told.read_text()) else None


def let_go(gate: Path) -> None:
    """The reader's `open` returns when a writer has come, its `read` when that one has gone."""
    gate.write_text("done")
    gate.unlink()


def adopted(watch: Watch, kind: str) -> UnitFact | None:
    """The adopted unit under way, once its stack is known."""
    with watch.lock:
        for fact in watch.session.running.values():
            known = watch.session.definitions.stack(fact.unit.now_id)
            if fact.kind == kind and fact.unit.adopted and known:
                return fact
    return None


def gone(watch: Watch, fact: UnitFact) -> UnitFact | None:
    """The unit's last state, once it is under way no more."""
    with watch.lock:
        if fact.key in watch.session.running:
            return None
        return next((each for each in watch.session.recent if each.key == fact.key), None)


EXPECTED = {
    "request": ("hang/<name>/", PROJECTS / "quiet" / "urls.py", "hangs: request"),
    "task": ("quiet.work.hang", PROJECTS / "quiet" / "work.py", "hangs: task"),
}


def test_what_hangs_is_adopted_and_let_go(quiet: Quiet) -> None:
    """Both are listed as adopted, under their names, at the very line, with their true age (which
    gunicorn and Celery know); when they end they leave the list, and did not fail.
    """
    with hanging(quiet, AGE_S) as gates, watching(quiet.redis_url, quiet.app) as watch:
        facts = {}
        for kind, (name, file, mark) in EXPECTED.items():
            fact = facts[kind] = wait_for(lambda kind=kind: adopted(watch, kind), what=kind)
            stack = watch.session.definitions.stack(fact.unit.now_id)
            first = next(place for place in stack if place.app)

            assert watch.session.definitions.text(fact.unit.name_id) == name
            assert (first.file, first.line) == (str(file), line_of(file, mark))
            assert first.function == "hang"
            assert fact.unit.exact_start
            # The viewer came when it had hung for longer than that.
            assert abs(fact.started - since(gates[kind])) < AGE_S
            assert fact.age_s(watch.now()) > AGE_S

        for kind in EXPECTED:
            let_go(gates[kind])
            last = wait_for(lambda kind=kind: gone(watch, facts[kind]), what=f"the {kind}'s end")

            assert last.unit.state == "ended", kind
            assert not last.failed
            assert last.unit.adopted
            assert last.unit.wall_us > AGE_S * 1e6


def test_what_ends_unwatched_leaves_nothing_behind(quiet: Quiet) -> None:
    """The viewer leaves first: the originals are back at once, the request and the task end well,
    and the next viewer sees neither.
    """
    with hanging(quiet), watching(quiet.redis_url, quiet.app) as watch:
        wait_for(lambda: adopted(watch, "request") and adopted(watch, "task"), what="both")
        wait_for(lambda: watch.session.watching()[0] == quiet.n, what="arming")
        assert watch.stop() == f"{quiet.n} of {quiet.n} processes confirmed off"

    for name, state in quiet.states().items():
        assert state["wrapped"] == state["receivers"] == [], name
    with watching(quiet.redis_url, quiet.app) as watch:
        wait_for(lambda: watch.session.watching()[0] == quiet.n, what="arming")
        assert watch.session.running == {}


def test_what_began_while_another_watched_is_adopted(quiet: Quiet) -> None:
    """The first viewer saw both begin and left; the next one sees them still, and where."""
    with watching(quiet.redis_url, quiet.app) as first:
        wait_for(lambda: first.session.watching()[0] == quiet.n, what="arming")
        hung = ExitStack()
        gates = hung.enter_context(hanging(quiet))
    with hung, watching(quiet.redis_url, quiet.app) as second:
        for kind, (_, file, mark) in EXPECTED.items():
            fact = wait_for(lambda kind=kind: adopted(second, kind), what=kind)
            stack = second.session.definitions.stack(fact.unit.now_id)
            place = next(place for place in stack if place.app)

            assert (place.file, place.line) == (str(file), line_of(file, mark))
            let_go(gates[kind])
            last = wait_for(lambda fact=fact: gone(second, fact), what=f"the {kind}'s end")
            assert (last.unit.adopted, last.unit.state) == (True, "ended"), kind


def test_what_begins_watched_is_not_adopted(quiet: Quiet) -> None:
    """The same view, after the viewer came: seen from its beginning."""
    gate = quiet.fifo()
    client = threading.Thread(target=get, args=(quiet.wsgi_url, f"/hang/{gate.name}/"))
    with watching(quiet.redis_url, quiet.app) as watch:
        wait_for(lambda: watch.session.watching()[0] == quiet.n, what="arming")
        client.start()
        fact = wait_for(lambda: next(iter(watch.session.running.values()), None), what="it")
        let_go(gate)
        client.join(10)
        last = wait_for(lambda: gone(watch, fact), what="its end")

    assert not fact.unit.adopted
    assert (last.unit.state, last.outcome) == ("ended", "200")
