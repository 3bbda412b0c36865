"""Hooks come at a handler's first request, and go whenever the probe says."""

from __future__ import annotations

import gc
import os
import signal
import threading
import weakref
from typing import Any

from djscope_probes.arming import Armament
from djscope_probes.guard import LIMIT
from djscope_probes.patching import Patches
from djscope_probes.places import cell_of
from tests.probes.chain.hooked import HOOKED, hooked, inners
from tests.probes.chain.served import (
    MIDDLEWARE,
    ask,
    handler_of,
)
from tests.probes.eventloops import until


def test_a_handler_that_is_let_go_of_goes(armament: Armament, quick: None) -> None:
    """Test clients make one each: nothing of ours keeps them, nor remembers their wrappers."""
    handler = handler_of("wsgi")
    ask(handler, "/template/")
    gone = weakref.ref(handler)
    del handler
    gc.collect()

    assert gone() is None
    before = armament.wrapped
    other = handler_of("wsgi")
    ask(other, "/template/")
    mine = armament.wrapped - before
    del other
    gc.collect()
    assert armament.wrapped == before
    assert mine == HOOKED


def test_a_handler_is_hooked_once_by_many_threads(armament: Armament, quick: None) -> None:
    """Requests that come at once, to a handler that has had none while armed."""
    handler = handler_of("wsgi")
    start = threading.Barrier(8)

    def request() -> None:
        start.wait()
        ask(handler, "/template/")

    threads = [threading.Thread(target=request) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert hooked(handler) == HOOKED
    for inner in inners(handler):
        ours = cell_of(inner, "get_response").cell_contents
        assert ours.__wrapped__ is inner.__wrapped__


def test_hooks_go_while_requests_are_in_them(armament: Armament, quick: None) -> None:
    """A request under way ends as it began; every original is back; then they come again."""
    handler = handler_of("wsgi")
    ask(handler, "/quick/")
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(ask(handler, "/slow/")))
    thread.start()
    until(lambda: bool(armament.ledger.running), "the request")
    armament.disarm()
    assert hooked(handler) == 0
    armament.arm()
    thread.join()

    assert answers == [(200, b"slow")]
    ask(handler, "/quick/")
    assert hooked(handler) == HOOKED


def test_an_instrument_that_was_taken_out_does_not_come_back(
    armament: Armament, quick: None
) -> None:
    """A request may be at the door while the probe takes everything out: it hooks nothing."""
    handler = handler_of("wsgi")
    middleware: Any = next(i for i in armament._instruments if i.guard.name == "middleware")
    middleware.patches.restore()
    ask(handler, "/quick/")
    assert hooked(handler) == 0

    middleware.reach()
    middleware.guard.failures = LIMIT
    ask(handler, "/quick/")
    middleware.guard.failures = 0
    assert hooked(handler) == 0


def test_a_child_that_was_forked_meanwhile_does_not_wait(armament: Armament, quick: None) -> None:
    """Another thread was hooking a handler at the time: its lock is held for ever in there."""
    handler = handler_of("wsgi")
    ask(handler, "/quick/")
    middleware: Any = next(i for i in armament._instruments if i.guard.name == "middleware")
    patches = middleware.patches
    with patches.lock:
        pid = os.fork()
        if pid == 0:
            signal.alarm(20)
            armament.disarm()
            os._exit(hooked(handler))
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert hooked(handler) == HOOKED


def test_a_cell_that_somebody_wrapped_is_left(armament: Armament, quick: None) -> None:
    """Their wrapper stays, ours under it passes straight through, and viewers are told."""
    handler = handler_of("wsgi")
    ask(handler, "/quick/")
    cell = cell_of(inners(handler)[0], "get_response")
    ours, original = cell.cell_contents, inners(handler)[0].__wrapped__

    def theirs(request: Any) -> Any:
        return ours(request)

    cell.cell_contents = theirs
    armament.disarm()

    patches: Patches = next(
        each.patches for each in armament._instruments if each.guard.name == "middleware"
    )
    assert cell.cell_contents is theirs
    assert patches.lost == [MIDDLEWARE[0]]
    assert ask(handler, "/quick/") == (200, b"quick")
    cell.cell_contents = original
