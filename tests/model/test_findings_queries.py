"""Each rule on queries: what must fire beside what must not."""

from __future__ import annotations

import pytest

from djscope.model.finding import Certainty
from tests.model.scene import Scene, group, lazy


def test_lazy_loads_of_many_rows_are_n_plus_one() -> None:
    """With the relation, both lines, and the code that mends it."""
    scene = Scene()
    scene.request(lazy())
    (found,) = scene.findings()

    assert found.kind == "n_plus_one"
    assert found.certainty is Certainty.CERTAIN
    assert (found.where.line, found.origin and found.origin.line) == (31, 28)
    assert (found.model, found.relation, found.path) == ("Book", "Book.author", "author")
    assert found.advice[0].code == '.select_related("author")'
    assert "Book.author: 10 queries in one request, rows" in found.title


@pytest.mark.parametrize(
    ("relation", "code"),
    [
        ("rfk", '.select_related("author")'),
        ("rmany", '.prefetch_related("books")'),
        ("rchain", '.prefetch_related("books__publisher")'),
    ],
)
def test_the_advice_fits_the_path(relation: str, code: str) -> None:
    """A join where every step leads to one row, else a prefetch."""
    scene = Scene()
    scene.request(lazy(relation_id=relation, access=""))

    assert scene.findings("n_plus_one")[0].advice[0].code == code


def test_two_lazy_loads_are_not_n_plus_one() -> None:
    """Below the threshold of three."""
    scene = Scene()
    scene.request(lazy(n=2, peak=2, params=2))

    assert scene.kinds() == []


def test_rows_loaded_singly_are_not_n_plus_one() -> None:
    """Each origin had one row: there is no queryset to mend; the loop is what it is."""
    scene = Scene()
    scene.request(lazy(n=4, peak=1, parents=1, params=4))

    assert scene.kinds() == []


def test_rows_from_before_attach_are_never_a_confident_verdict() -> None:
    """Without an origin nobody knows which queryset it was."""
    scene = Scene()
    scene.request(lazy(origin_id="", peak=0, parents=0))

    assert scene.kinds() == ["query_loop"]
    assert scene.findings()[0].certainty is not Certainty.CERTAIN


def test_one_unusual_request_does_not_make_an_n_plus_one() -> None:
    """The median of the units that have the query decides."""
    scene = Scene()
    for _ in range(5):
        scene.request(lazy(n=1, peak=1, parents=1, params=1))
    scene.request(lazy())

    assert scene.kinds() == []


def test_queries_at_one_line_with_changing_parameters_are_a_loop() -> None:
    """Five or more."""
    scene = Scene()
    scene.request(group(n=5, params=5))
    (found,) = scene.findings()

    assert found.kind == "query_loop"
    assert found.title.startswith(".get() in a loop: 5 queries in one request")
    assert "in_bulk" in found.advice[0].code


@pytest.mark.parametrize(
    ("access", "code"),
    [
        ("count", "Count"),
        ("exists", "values_list"),
        ("save", "bulk_update"),
        ("create", "bulk_create"),
    ],
)
def test_the_advice_on_a_loop_fits_how_the_application_asked(access: str, code: str) -> None:
    """Counting, testing, writing: each has its own remedy."""
    scene = Scene()
    scene.request(group(access=access))

    assert code in scene.findings("query_loop")[0].advice[0].code


@pytest.mark.parametrize(
    "harmless",
    [
        group(n=4, params=4),
        group(access="prefetch"),
        group(access="bulk_create"),
        group(sql_id="qsave"),
        group(n=8, rows=8 * 50),
        group(site_id="llib", n=9, params=9),
    ],
    ids=["four", "prefetch", "bulk", "savepoints", "batches of rows", "library"],
)
def test_what_is_no_loop(harmless: object) -> None:
    """Few, batches, transactions, and repetition inside a library below a higher bar."""
    scene = Scene()
    scene.request(harmless)  # type: ignore[arg-type]

    assert scene.kinds() == []


def test_the_same_parameters_again_and_again_are_duplicates() -> None:
    """Three or more of each."""
    scene = Scene()
    scene.request(group(n=3, params=1))
    (found,) = scene.findings()

    assert found.kind == "duplicate_query"
    assert "3 times in one request" in found.title


@pytest.mark.parametrize("harmless", [group(n=2, params=1), group(n=4, params=2)])
def test_what_are_no_duplicates(harmless: object) -> None:
    """Twice the same is a validator or a re-read."""
    scene = Scene()
    scene.request(harmless)  # type: ignore[arg-type]

    assert scene.kinds() == []


def test_writing_the_same_again_and_again_is_a_loop() -> None:
    """There is no result to keep."""
    scene = Scene()
    scene.session.define("qinsert", 'INSERT INTO "t" ("a") VALUES (%s)')
    scene.request(group(n=6, params=1, sql_id="qinsert", access="save"))
    (found,) = scene.findings()

    assert found.kind == "query_loop"
    assert found.advice[0].code == "Model.objects.bulk_create(objects)"


def test_parameters_that_cannot_be_compared_are_not_called_equal() -> None:
    """-1 is "unknown", not "one"."""
    scene = Scene()
    scene.request(group(n=4, params=-1))

    assert scene.kinds() == []


def test_a_query_that_is_slow_as_a_rule() -> None:
    """The median over 200 ms."""
    scene = Scene()
    scene.request(group(n=1, params=1, total_us=700_000, max_us=700_000, hist=[(20, 1)]))
    (found,) = scene.findings()

    assert found.kind == "slow_query"
    assert found.certainty is Certainty.LIKELY


def test_fetching_counts_as_well() -> None:
    """`execute` returns before the rows do."""
    scene = Scene()
    scene.request(group(n=1, params=1, fetch_us=900_000))

    assert scene.kinds() == ["slow_query"]


def test_one_slow_run_among_quick_ones_is_not_a_slow_query() -> None:
    """A cold cache, a lock: not the query's nature."""
    scene = Scene()
    for _ in range(18):
        scene.request(group(n=1, params=1, total_us=900, hist=[(10, 1)]))
    scene.request(group(n=1, params=1, total_us=900_000, max_us=900_000, hist=[(20, 1)]))

    assert scene.kinds() == []


def test_a_finding_keeps_its_id_when_lines_move() -> None:
    """Baselines and mutes survive edits."""
    one, other = Scene(), Scene()
    from djscope.feed.shapes import StackFrame

    other.session.define("lsite", StackFrame("/srv/shop/views.py", 99, "books", True))
    one.request(lazy())
    other.request(lazy())

    assert one.findings()[0].id == other.findings()[0].id


def test_time_ranks_but_never_gates() -> None:
    """A quick N+1 is one, too; the dear one comes first."""
    scene = Scene()
    scene.request(lazy(total_us=100), group(total_us=90_000, site_id="lorigin"))

    assert scene.kinds() == ["query_loop", "n_plus_one"]


def test_a_task_still_running_is_counted_once() -> None:
    """Revisions are cumulative: what was counted is not counted again."""
    scene = Scene()
    scene.task(lazy(n=4, hist=[(9, 4)], peak=4), id="t", state="running", outcome="")
    scene.task(lazy(), id="t", revision=2)
    (stat,) = scene.session.queries.stats.values()

    assert (stat.n, stat.units) == (10, 1)
    assert sum(stat.hist.counts) == 10


def test_a_task_that_never_ends_is_judged_while_it_runs() -> None:
    """An import that has been at it for hours must not hide its N+1."""
    scene = Scene()
    scene.task(lazy(n=900, peak=900, parents=1_000), state="running", outcome="")

    assert scene.kinds() == ["n_plus_one"]


def test_one_helper_asked_from_many_places_is_no_loop_where_stacks_are_told_apart() -> None:
    """Deep: once from each of six callers; in a loop there would be one stack with six."""
    scene = Scene()
    once = [group(n=1, params=1, hist=[(9, 1)], stack_id=f"s{number}") for number in range(6)]
    scene.request(*once)
    (stat,) = scene.session.queries.stats.values()

    assert scene.kinds() == []
    assert (stat.n, stat.units, stat.per_unit()) == (6, 1, [6])

    scene.request(*once[:1], group(n=9, params=9, stack_id="sloop"), status=200)
    scene.request(group(n=9, params=9, stack_id="sloop"))

    assert scene.kinds() == ["query_loop"]


def test_stacks_of_a_unit_under_way_are_counted_once() -> None:
    """Deep: its revisions are cumulative, for each stack."""
    scene = Scene()

    def groups(n: int) -> list[object]:
        return [group(n=n, params=n, hist=[(9, n)], stack_id=f"s{at}") for at in range(3)]

    scene.task(*groups(2), id="t", state="running", outcome="")  # type: ignore[arg-type]
    scene.task(*groups(5), id="t", revision=2)  # type: ignore[arg-type]
    (stat,) = scene.session.queries.stats.values()

    assert (stat.n, stat.units, stat.hist.n, stat.per_unit()) == (15, 1, 15, [15])


def test_from_two_units_on_there_is_a_median() -> None:
    """Of a single one it would be jargon."""
    scene = Scene()
    scene.request(lazy())
    (one,) = scene.findings()
    scene.request(lazy())
    (two,) = scene.findings()

    assert "10 queries in one request," in one.title
    assert "10 queries per request (p50 of 2)," in two.title
