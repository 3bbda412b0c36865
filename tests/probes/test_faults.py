"""Exceptions in every function that the probe runs in a host's threads: the host never notices."""

from __future__ import annotations

import ast
import asyncio
import gc
import inspect
import json
import logging
import signal
import textwrap
from collections.abc import Iterator
from types import CodeType, FunctionType

import pytest

from djscope_probes.arming import Armament
from djscope_probes.guard import LIMIT
from djscope_probes.instruments.hops import HopsInstrument
from djscope_probes.instruments.loops import LoopsInstrument
from djscope_probes.instruments.payloads import PayloadsInstrument
from djscope_probes.instruments.queries import QueriesInstrument
from djscope_probes.instruments.tasks import TasksInstrument
from djscope_probes.spans import Passes
from djscope_probes.units import CommandUnit, RequestUnit
from tests.probes.faults import (
    PAGES,
    PARTS,
    broken,
    functions,
    hooks,
    host,
    noting,
    request,
    statements,
)
from tests.real.leaks import is_ours
from tests.real.projects.targets import found

# Called in the hooks outside of a guard: two look-ups in dicts, with ints for keys.
BARE = {"djscope_probes.units.current", "djscope_probes.units.working"}
# What each instrument cannot do without.
VITAL = {
    "hops": HopsInstrument._fly,
    "loops": LoopsInstrument._find,
    "middleware": Passes.__init__,
    "payloads": PayloadsInstrument._note,
    "queries": QueriesInstrument._book,
    "requests": RequestUnit.__init__,
    "tasks": TasksInstrument._mine,
    "work": CommandUnit.__init__,
}


class HostTimeoutError(Exception):
    """A host's own, raised by its alarm."""


@pytest.fixture
def armed(
    armament: Armament, library: object, caplog: pytest.LogCaptureFixture
) -> Iterator[Armament]:
    """With Celery loaded; what went wrong on purpose is forgotten at the end."""
    import shop.scenarios.tasks  # noqa: F401

    caplog.set_level(logging.CRITICAL + 1)
    armament._modules = 0
    armament._reach()
    yield armament
    for instrument in armament._instruments:
        instrument.guard.failures = 0


def is_guard(function: FunctionType) -> bool:
    """Whether all that a function does is in one `try`: it is where failures end."""
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef)
    body = [each for each in definition.body if not isinstance(each, ast.Expr)]
    return len(body) == 1 and isinstance(body[0], ast.Try)


def test_every_hook_is_exercised_here(armed: Armament) -> None:
    """A hook that is new has to be reached by `faults.host`, so that its faults are looked at."""
    calls: set[object] = set()
    gc.disable()  # with their handlers, hooks would go while they are looked at
    try:
        with noting(calls):
            host()
        there = hooks(armed)
        wrapped = armed.wrapped
    finally:
        gc.enable()

    assert len(there) == wrapped
    assert [name for name, code in there.items() if code not in calls] == []


@pytest.mark.timeout(400)  # half of all that a host does, once for each function
def test_a_fault_anywhere_changes_nothing_for_the_host(armed: Armament) -> None:
    """Each function that hooks call is made to raise, one after the other: pages, async pages,
    tasks and statements come out as without a probe. Asked is for the parts in which it is called,
    and for a page and some statements after them.
    """
    armed.disarm()
    expected = {name: list(part()) for name, part in PARTS.items()}
    armed.arm()
    calls: dict[str, set[CodeType]] = {}
    for part in PARTS:
        with noting(calls.setdefault(part, set())):
            list(PARTS[part]())
    called, receivers = set().union(*calls.values()), set(hooks(armed).values())
    hit = {
        name: function
        for name, function in functions().items()
        if function.__code__ in called and function.__code__ not in receivers
    }
    noticed = []
    for name, function in hit.items():
        if name in BARE or is_guard(function):
            continue
        parts = [part for part in PARTS if function.__code__ in calls[part]]
        with broken(function):
            try:
                same = all(list(PARTS[part]()) == expected[part] for part in parts)
                same = same and request(PAGES[0]) == expected["pages"][0]
                same = same and list(statements()) == expected["statements"]
            except RuntimeError:
                same = False
        if not same:
            noticed.append(name)

    assert len(hit) > 50
    assert noticed == []


@pytest.mark.parametrize("name", ["hops", "middleware", "payloads", "queries", "requests", "tasks"])
def test_an_instrument_that_keeps_failing_goes_alone(armed: Armament, name: str) -> None:
    """After so many failures its originals are back, the others stay, and viewers are told."""
    instrument = next(each for each in armed._instruments if each.guard.name == name)
    # Wrappers in chains come and go with their handlers.
    others = [
        each
        for each in armed._instruments
        if each is not instrument and each.guard.name != "middleware"
    ]
    before = [each.patches.count for each in others]
    vital = VITAL[name]
    assert vital is not None
    with broken(vital):
        while instrument.guard.failures < LIMIT:
            host()
    armed.collect(0)
    reported = json.loads(armed.report(0))

    assert instrument.patches.count == 0
    assert [each.patches.count for each in others] == before
    assert any(each.startswith(f"{name}: RuntimeError at ") for each in reported[6])
    assert "on purpose" not in reported[6]
    host()
    armed.disarm()
    assert not [label for label, it in found().items() if is_ours(it)]


def test_every_instrument_has_a_vital_function(armed: Armament) -> None:
    """A new one has to be broken here, too."""
    assert {each.guard.name for each in armed._instruments} <= set(VITAL)


def interrupted(*_arguments: object, **_options: object) -> None:
    raise KeyboardInterrupt


def exited(*_arguments: object, **_options: object) -> None:
    raise SystemExit(3)


def closed(*_arguments: object, **_options: object) -> None:
    raise GeneratorExit


def cancelled(*_arguments: object, **_options: object) -> None:
    raise __import__("asyncio").CancelledError


def gevent_timeout(*_arguments: object, **_options: object) -> None:
    raise __import__("gevent").Timeout(1)


def soft_limit(*_arguments: object, **_options: object) -> None:
    raise __import__("billiard.exceptions").exceptions.SoftTimeLimitExceeded


def alarmed(*_arguments: object, **_options: object) -> None:
    __import__("signal").raise_signal(__import__("signal").SIGALRM)


def on_alarm(_number: int, _frame: object) -> None:
    raise HostTimeoutError


MEANT_FOR_THE_HOST = {
    interrupted: KeyboardInterrupt, exited: SystemExit, closed: GeneratorExit,
    cancelled: asyncio.CancelledError, gevent_timeout: BaseException, soft_limit: Exception,
    alarmed: HostTimeoutError,
}  # fmt: skip


@pytest.mark.parametrize("fault", MEANT_FOR_THE_HOST, ids=lambda fault: fault.__name__)
def test_what_is_meant_for_the_host_passes_through(armed: Armament, fault: FunctionType) -> None:
    """Raised while our own code runs: the host gets it as it is, and we count nothing. Also what
    the host's own signal handler raises, be it an ordinary exception.
    """
    from shop.models import Book

    if fault is gevent_timeout:
        pytest.importorskip("gevent", reason="pip install gevent")
    kind = MEANT_FOR_THE_HOST[fault]
    before = signal.signal(signal.SIGALRM, on_alarm)
    unit = RequestUnit("wsgi", "GET")
    armed.ledger.begin(unit)
    try:
        with broken(QueriesInstrument._book, fault), pytest.raises(kind) as caught:
            Book.objects.count()
    finally:
        signal.signal(signal.SIGALRM, before)
        armed.ledger.end(unit)

    names = {"gevent_timeout": "Timeout", "soft_limit": "SoftTimeLimitExceeded"}
    assert type(caught.value).__name__ == names.get(fault.__name__, kind.__name__)
    assert [each.guard.failures for each in armed._instruments] == [0] * len(armed._instruments)


def test_an_exception_of_the_applications_own_is_none_of_a_signal(armed: Armament) -> None:
    """The handler is installed, but did not raise: a failure of ours like any other."""
    before = signal.signal(signal.SIGALRM, on_alarm)
    try:
        with broken(QueriesInstrument._book):
            assert request("/healthy/list/")[0] == "200 OK"
    finally:
        signal.signal(signal.SIGALRM, before)
    [queries] = [each for each in armed._instruments if each.guard.name == "queries"]

    assert queries.guard.failures > 0
