"""Runs a case, applies its advice word for word, and says what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from djscope.model.finding import Advice
from djscope.testing import Capture, capture
from tests.testing.cases import Case, Loop, Told


class Proof(NamedTuple):
    """`advice`: of the findings that the case is about. Queries and results before and after."""

    kind: str
    advice: list[list[Advice]]
    before: int
    after: int
    left: list[str]
    equal: bool

    @property
    def holds(self) -> bool:
        """The finding is gone, the result equal, with fewer queries."""
        return bool(self.advice) and self.equal and not self.left and self.after < self.before


def names(library: Any) -> dict[str, Any]:
    """What advice may name."""
    from django.contrib.contenttypes import prefetch
    from django.db import models

    tools = ("Count", "Exists", "Max", "OuterRef", "Prefetch", "Q", "FETCH_PEERS")
    found = {name: getattr(models, name) for name in tools if hasattr(models, name)}
    own = {model.__name__: model for model in library.MODELS}
    generic = {"GenericPrefetch": getattr(prefetch, "GenericPrefetch", None)}
    return {"m": library, **generic, **found, **own}


def filled(code: str, rest: tuple[str, ...]) -> str:
    """The code with what it leaves open."""
    for part in rest:
        code = code.replace("…", part, 1)
    return code


def of_relation(case: Case, library: Any, which: int = 0) -> Proof:
    known = names(library)

    def run(expression: str, use: Callable[[Any], Any]) -> tuple[Any, Capture]:
        with capture() as found:
            result = use(eval(expression, known))  # our own text
        return result, found

    with undone():
        uneven(library)
        before, found = run(case.root, case.use)
        told = deepest(found, case.kind)
        code = filled(told[0][which].code, case.rest) if told else ""
        use = case.use if which else case.mended or case.use
        after, left = run((case.root + "{}" if which else case.place).format(code), use)
    return proof(case.kind, told, (found, left), before == after)


def deepest(found: Capture, kind: str) -> list[list[Advice]]:
    """Of the findings at the end of the longest path."""
    those = [one for one in found.findings if one.kind == kind]
    most = max((len(one.path) for one in those), default=0)
    return [one.advice for one in those if len(one.path) == most]


def of_loop(case: Loop, library: Any) -> Proof:
    def run(do: Callable[[], Any]) -> tuple[Any, Capture]:
        with undone():
            if case.before:
                case.before(library)
            with capture() as found:
                result = do()
            return (case.state(library) if case.state else result), found

    before, found = run(lambda: case.do(library))
    told = [one.advice for one in found.findings if one.kind == "query_loop"]
    # What goes along with a statement loops as well: the case is about one of them.
    together = slice(case.which, case.which + case.code.count("\n") + 1)
    told = [one for one in told if "\n".join(each.code for each in one[together]) == case.code]
    code = filled(case.code, case.rest)
    after, left = run(lambda: case.mended(library, Told(code, names(library))))
    return proof("query_loop", told, (found, left), before == after)


def proof(
    kind: str, advice: list[list[Advice]], found: tuple[Capture, Capture], equal: bool
) -> Proof:
    before, after = found
    left = [one.kind for one in after.findings]
    return Proof(kind, advice, before.queries, after.queries, left, equal)


def uneven(m: Any) -> None:
    """None, one, two, three works more, so that a wrong count is not right by chance."""
    members = list(m.Member.objects.order_by("pk"))
    for number, member in enumerate(members):
        for title in ("z1", "z2", "z3")[:number]:
            novel = m.Novel.objects.create(title=title, blurb="z", writer=member, editor=members[0])
            novel.tags.add(*m.Tag.objects.order_by("pk")[:number])
            novel.work_ptr.notes.create(text="y")


@contextmanager
def undone() -> Iterator[None]:
    """What is written inside is not there afterwards."""
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)
