"""Instances and querysets are what they are without the probe, but for one int in a state."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

import djscope_probes
from djscope_probes.arming import Armament
from djscope_probes.instruments.provenance import TAG
from djscope_probes.units import RequestUnit, Unit

PROBES = djscope_probes.__file__.rpartition("/")[0]
PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)

# What is loaded, as one object.
LOADED: dict[str, Callable[[Any], Any]] = {
    "a row": lambda m: m.Work.objects.get(title="n1"),
    "a joined row": lambda m: m.Work.objects.select_related("writer__card").get(title="n1"),
    "a row with a lazy relation": lambda m: touched(m.Work.objects.get(title="n1"), "writer"),
    "a deferred row": lambda m: touched(m.Work.objects.defer("blurb").get(title="n1"), "blurb"),
    "a generic foreign key": lambda m: touched(m.Note.objects.filter(text="x")[0], "about"),
    "a prefetched row": lambda m: m.Work.objects.prefetch_related("tags", "notes").get(title="n1"),
    "an inherited row": lambda m: m.Novel.objects.get(title="n1"),
    "a raw row": lambda m: m.Work.objects.raw("SELECT * FROM library_work")[0],
    "a fresh object": lambda m: m.Work(title="new"),
    "rows": lambda m: list(m.Work.objects.select_related("writer").order_by("pk")),
    "values": lambda m: list(m.Work.objects.order_by("pk").values("title", "writer__name")),
    "an evaluated queryset": lambda m: evaluated(m.Work.objects.order_by("pk")),
}
# Querysets that nobody has evaluated.
LAZY: dict[str, Callable[[Any], Any]] = {
    "all": lambda m: m.Work.objects.all(),
    "narrowed": lambda m: m.Work.objects.filter(writer__name="m1").order_by("pk")[:3],
    "of a manager": lambda m: m.Member.objects.get(name="m1").works.all(),
    "of many to many": lambda m: m.Work.objects.get(title="n1").tags.order_by("pk"),
    "of a generic relation": lambda m: m.Work.objects.get(title="n1").notes.all(),
    "with a prefetch": lambda m: m.Member.objects.prefetch_related("works").order_by("pk"),
    "values": lambda m: m.Work.objects.order_by("pk").values_list("title", flat=True),
    "with a subquery": lambda m: m.Work.objects.filter(writer__in=m.Member.objects.all()),
}
COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {n}": lambda o, n=n: pickle.loads(pickle.dumps(o, n)) for n in PROTOCOLS},
}


def touched(row: Any, name: str) -> Any:
    getattr(row, name)
    return row


def evaluated(queryset: Any) -> Any:
    assert len(queryset)
    return queryset


@contextmanager
def watching() -> Iterator[Unit]:
    """Armed, with a request under way."""
    armament = Armament()
    armament.arm()
    unit = RequestUnit("wsgi", "GET")
    armament.ledger.begin(unit)
    try:
        yield unit
    finally:
        armament.ledger.end(unit)
        armament.disarm()
        assert [each.guard.last for each in armament._instruments if each.guard.failures] == []


def described(value: Any, seen: frozenset[int] = frozenset()) -> Any:
    """All that rows and querysets of rows consist of, but for our tag: types, and plain values."""
    from django.db.models import Model, QuerySet
    from django.db.models.base import ModelState

    if id(value) in seen:
        return "…"
    inner = seen | {id(value)}
    if isinstance(value, dict):
        return {str(key): described(each, inner) for key, each in value.items() if key != TAG}
    if isinstance(value, (list, tuple)):
        return [described(each, inner) for each in value]
    if isinstance(value, (Model, ModelState, QuerySet)):
        return type(value).__name__, described(vars(value), inner)
    return repr(value) if type(value).__module__ == "builtins" else type(value).__name__


@pytest.mark.parametrize("case", LOADED)
def test_what_is_loaded_consists_of_the_same(library: Any, case: str) -> None:
    """Every attribute of it and of its state, in the same order, and what hangs on them."""
    bare = LOADED[case](library)
    with watching():
        ours = LOADED[case](library)

    assert described(ours) == described(bare)
    assert list(getattr(ours, "__dict__", ())) == list(getattr(bare, "__dict__", ()))
    if case not in ("an evaluated queryset", "a fresh object"):  # equal to themselves alone
        assert ours == bare


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("case", LOADED)
def test_what_is_loaded_is_copied_whole(library: Any, case: str, way: str) -> None:
    """Within the watch, and what was copied in it is as good as any after it."""
    with watching() as unit:
        loaded = LOADED[case](library)
        before = unit.queries
        twin = COPIES[way](loaded)
        assert unit.queries == before
        after = COPIES[way](LOADED[case](library))
    bare = COPIES[way](LOADED[case](library))

    assert described(twin) == described(after) == described(bare)


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("case", LAZY)
def test_a_queryset_and_its_query_are_copied_as_without_us(
    library: Any, case: str, way: str
) -> None:
    """`Query` is pickled for caches of querysets; a pickled queryset is evaluated by Django."""
    bare = list(LAZY[case](library))
    with watching():
        queryset = LAZY[case](library)
        sql = str(queryset.query)
        query = COPIES[way](queryset.query)

        assert str(query) == sql
        assert queryset._result_cache is None
        assert list(COPIES[way](queryset)) == bare


@pytest.mark.parametrize("case", LAZY)
def test_nothing_is_evaluated(library: Any, case: str) -> None:
    """Building, cloning, combining and printing a queryset's SQL makes no query."""
    with watching() as unit:
        queryset = LAZY[case](library)
        before = unit.queries
        clones = [queryset.all(), queryset._chain(), queryset._clone()]
        assert all(str(each.query) == str(queryset.query) for each in clones)

        assert unit.queries == before
        assert [each._result_cache for each in (queryset, *clones)] == [None] * 4


@pytest.mark.parametrize("backend", ["locmem.LocMemCache", "filebased.FileBasedCache"])
@pytest.mark.parametrize("case", LOADED)
def test_what_is_cached_comes_back_equal(
    library: Any, tmp_path: Any, backend: str, case: str
) -> None:
    """Cached under watch and read after it, and the other way round."""
    from django.core.cache.backends import filebased, locmem

    name = backend.partition(".")[2]
    make = getattr(locmem, name, None) or getattr(filebased, name)
    cache = make(str(tmp_path), {})
    bare = LOADED[case](library)
    cache.set("bare", bare)
    with watching():
        cache.set("ours", LOADED[case](library))
        assert described(cache.get("bare")) == described(pickle.loads(pickle.dumps(bare)))

    assert described(cache.get("ours")) == described(cache.get("bare"))
    cache.clear()


def test_rows_equal_and_hash_as_ever(library: Any) -> None:
    """By model and primary key: tagged or not, of whatever queryset."""
    bare = set(library.Work.objects.all())
    with watching():
        ours = set(library.Work.objects.all())
        lazily = {library.Work.objects.get(pk=work.pk) for work in ours}

        assert bare == ours == lazily
        assert {hash(work) for work in bare} == {hash(work) for work in ours}
        assert len(bare | ours | lazily) == len(bare)


HELD: dict[str, Callable[[Any], list[Any]]] = {
    "rows": lambda m: list(m.Work.objects.all()),
    "joined rows": lambda m: [w.writer for w in m.Work.objects.select_related("writer")],
    "lazy rows": lambda m: [w.writer for w in m.Work.objects.all()],
    "generic": lambda m: [n.about for n in m.Note.objects.filter(text="x")],
    "prefetched rows": lambda m: [
        w for a in m.Member.objects.prefetch_related("works") for w in a.works.all()
    ],
    "deferred": lambda m: [touched(w, "blurb") for w in m.Work.objects.defer("blurb")],
    "querysets": lambda m: [evaluated(m.Work.objects.all()), m.Work.objects.get(pk=1).tags.all()],
    "one a time": lambda m: [next(m.Work.objects.iterator())],
    "raw": lambda m: list(m.Work.objects.raw("SELECT * FROM library_work")),
}


@pytest.mark.parametrize("case", HELD)
def test_nothing_is_kept_alive(library: Any, case: str) -> None:
    """While the unit goes on: once the host lets go, the last reference is gone."""
    with watching() as unit:
        held = HELD[case](library)
        gone = [weakref.ref(each) for each in held]
        del held
        gc.collect()

        assert unit.open
        assert [ref() for ref in gone] == [None] * len(gone)


@pytest.mark.parametrize("case", [name for name in HELD if name != "prefetched rows"])
def test_what_dies_at_once_without_us_does_with_us(library: Any, case: str) -> None:
    """By its reference count: no cycle of ours waits for the collector."""

    def survivors() -> int:
        held = HELD[case](library)
        gone = [weakref.ref(each) for each in held]
        del held
        return sum(ref() is not None for ref in gone)

    gc.collect()
    gc.disable()
    try:
        bare = survivors()
        with watching():
            survivors()
            assert survivors() == bare
    finally:
        gc.enable()


def ours(code: Callable[[], object]) -> list[str]:
    """The probe's functions that are called meanwhile."""
    called: list[str] = []

    def profile(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(PROBES):
            called.append(frame.f_code.co_name)

    sys.setprofile(profile)
    try:
        code()
    finally:
        sys.setprofile(None)
    return called


def test_what_is_there_already_costs_nothing(library: Any) -> None:
    """Cached, joined, prefetched or loaded: no function of the probe's is called."""
    with watching() as unit:
        work = touched(library.Work.objects.select_related("editor").all()[0], "writer")
        full = library.Work.objects.prefetch_related("tags", "notes", "writer__works")[0]
        member = touched(library.Member.objects.get(name="m1"), "card")
        late = touched(library.Work.objects.defer("blurb")[0], "blurb")
        note = touched(library.Note.objects.filter(text="x")[0], "about")
        rows = evaluated(library.Work.objects.all())
        before = unit.queries

        def access() -> None:
            assert work.writer.pk
            assert work.editor.pk
            assert member.card.pk
            assert late.blurb is not None
            assert note.about.pk
            assert list(full.tags.all())
            assert list(full.notes.all())
            assert list(full.writer.works.all())
            assert len(rows) == len(list(rows))
            assert rows[0].title
            assert pickle.dumps(work)
            assert copy.copy(work) == work
            assert library.Work.objects.filter(pk=1).exclude(title="")._result_cache is None

        found = ours(access)

    assert unit.queries == before
    assert found == []


def test_the_probes_functions_would_be_seen(library: Any) -> None:
    """The other way round: what is not there yet does call them."""
    with watching():
        work = library.Work.objects.all()[0]

        assert "get_object" in ours(lambda: work.writer)
