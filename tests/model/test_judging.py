"""What counts: new, in the baseline, ignored in the source, allowed."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from djscope.model.allowed import Allow
from djscope.model.baseline import baseline
from djscope.model.definitions import Definitions
from djscope.model.ignores import Comments, comments
from djscope.model.judging import ALLOWED, IN_SOURCE, KNOWN, NEW, Rules, judge
from djscope.model.kinds import KINDS, REPEATED, kinds_of
from djscope.model.schema import FindingOut, Line
from djscope.model.sightings import Sightings
from djscope.model.snapshot import finding_out, line
from tests.builders import VIEW, failing, n_plus_one


def out(line: int = VIEW.line, **changes: object) -> FindingOut:
    finding = replace(n_plus_one(), where=replace(VIEW, line=line))
    made = finding_out(finding, Definitions())
    return msgspec.structs.replace(made, **changes)


def nothing(_file: str) -> Comments:
    return Comments([], [])


def only(finding: FindingOut, rules: Rules, text: str = "") -> tuple[str, bool]:
    """State and whether it counts."""
    judged = judge([(finding, ())], rules, lambda file: comments(file, text))
    (verdict,) = judged.verdicts
    return verdict.state, verdict.counts


ANY = Rules(kinds_of(["any"]))


@pytest.mark.parametrize(
    ("names", "counts"),
    [("n_plus_one", True), ("any", True), ("query_loop", False), ("none", False), ("", False)],
)
def test_only_what_is_named_counts(names: str, counts: bool) -> None:
    """A finding is new either way."""
    assert only(out(), Rules(kinds_of(names.split(",")))) == (NEW, counts)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["any", "none"], "'any' stands alone, and here are others beside it: choose from"),
        (["slow_query"], "'slow_query' is not judged in tests: choose from n_plus_one"),
    ],
)
def test_a_choice_that_cannot_be(names: list[str], sentence: str) -> None:
    """The sentence offers only what can be chosen."""
    with pytest.raises(ValueError, match=sentence) as refused:
        kinds_of(names, REPEATED)

    assert "request_failing" not in str(refused.value)


def test_a_kind_that_there_is_not() -> None:
    """One sentence, with those there are."""
    with pytest.raises(
        ValueError, match=r"no finding 'n1': choose from n_plus_one, .* any or none"
    ):
        kinds_of(["n_plus_one", "n1"])


@pytest.mark.parametrize(
    ("allow", "fits"),
    [
        (Allow("r", kind="n_plus_one"), True),
        (Allow("r", kind="n_*"), True),
        (Allow("r", kind="query_loop"), False),
        (Allow("r", relation="author"), True),
        (Allow("r", relation="auth*"), True),
        (Allow("r", relation="editor"), False),
        (Allow("r", site="shop/views.py"), True),
        (Allow("r", site="views.py"), True),
        (Allow("r", site="hop/views.py"), False),
        (Allow("r", site="shop/*.py"), True),
        (Allow("r", site="/app/shop/views.py:book_list"), True),
        (Allow("r", site="shop/views.py:card"), False),
        (Allow("r", route="books/"), True),
        (Allow("r", route="bo*"), True),
        (Allow("r", route="ca*"), False),
        (Allow("r", kind="n_plus_one", relation="editor"), False),
        (Allow("r", kind="n_plus_one", relation="author", route="*books/"), True),
    ],
)
def test_the_allow_list_fits_in_all_that_it_says(allow: Allow, fits: bool) -> None:
    """By kind, relation, site and route, with patterns."""
    rules = replace(ANY, allow=(allow,))

    assert only(out(), rules) == ((ALLOWED, False) if fits else (NEW, True))


def test_a_route_that_reads_as_a_pattern_is_itself() -> None:
    """Regular expressions have brackets."""
    rules = replace(ANY, allow=(Allow("r", route="^books/[0-9]+/$"),))

    assert only(out(unit="^books/[0-9]+/$"), rules) == (ALLOWED, False)


def test_a_baseline_knows_it_at_another_line() -> None:
    """By its id, which has none in it."""
    rules = replace(ANY, baseline=baseline([out(31)]))

    assert only(out(57), rules) == (KNOWN, False)
    assert only(out(unit="GET else/", id="other"), rules) == (NEW, True)


def test_a_baseline_is_in_a_stable_order() -> None:
    """Whatever the order of the findings, and each once."""
    first, second = out(), out(unit="GET else/", id="other")

    assert baseline([first, second, first]) == baseline([second, first])


def test_what_is_gone_is_said() -> None:
    """In the number that it is."""
    rules = replace(ANY, baseline=baseline([out(id="one"), out(id="two"), out(id="three")]))
    judged = judge([(out(id="two"), ())], rules, nothing)

    assert [entry.id for entry in judged.gone] == ["one", "three"]
    first, *named = judged.gone_lines("rewrite it")
    assert first == "2 findings of the baseline are gone: rewrite it"
    assert len(named) == 2
    assert named[0].startswith("    gone  n_plus_one  author at ")


@pytest.mark.parametrize("line", [28, 31])
def test_a_source_ignores_at_the_line_or_the_origin(line: int) -> None:
    """The finding is at 31, its rows come from 28."""
    text = "\n" * (line - 1) + "x = 1  # djscope: ignore[n_plus_one] few"

    assert only(out(), ANY, text) == (IN_SOURCE, False)
    assert only(out(kind="query_loop"), ANY, text) == (NEW, True)
    assert only(out(), ANY, f"\n{text}") == (NEW, True)


def test_an_ignore_at_a_line_that_only_leads_there_is_said() -> None:
    """It does not count, and the sentence names the line where it would."""
    text = "f()  # djscope: ignore[n_plus_one] few"
    finding = out(stack=[Line("/app/shop/views.py", 31, "f"), Line("/app/shop/api.py", 1, "g")])
    libraries = out(stack=[Line("/x/lib/python3.13/site-packages/api.py", 1, "g")])

    def read(file: str) -> Comments:
        return comments(file, text if file.endswith("api.py") else "")

    judged = judge([(finding, ())], ANY, read)

    assert [each.state for each in judged.verdicts] == [NEW]
    (said,) = judged.wrong
    assert said.startswith("shop/api.py:1: this ignore[n_plus_one] is at a line that only leads to")
    assert said.endswith("write it at shop/views.py:31")
    assert judge([(libraries, ())], ANY, read).wrong == []


def test_an_allow_entry_that_fits_nothing_is_said() -> None:
    """As a needless comment is."""
    fits, not_ = Allow("few", relation="author"), Allow("old", kind="query_loop", route="old/")
    judged = judge([(out(), ())], Rules(allow=(fits, not_)), nothing)

    assert judged.idle == [not_]
    assert not_.named == "kind query_loop, route old/"


def test_what_was_just_written_is_known() -> None:
    """New or not, it counts no more."""
    judged = judge([(out(), ())], ANY, nothing)
    assert judged.failing
    judged.written()

    assert ([each.state for each in judged.verdicts], judged.failing) == ([KNOWN], [])


def test_a_line_of_json_reads_as_the_place_it_was() -> None:
    """A class by its name, in `now`, `check` and pytest."""
    place = replace(VIEW, function="class OrderSerializer")

    assert place.short == line(place).short == "OrderSerializer (shop/views.py:31)"


def test_an_ignore_is_unused_only_where_its_line_ran() -> None:
    """Who runs one test is not told of all the others."""
    text = "x = 1  # djscope: ignore[n_plus_one] few"
    ran = Line("/app/shop/views.py", 1, "f")

    def read(file: str) -> Comments:
        return comments(file, text)

    assert judge([], ANY, read).unused == []
    assert [each.line for each in judge([], ANY, read, [ran]).unused] == [1]


def test_new_ones_come_first_and_ignored_ones_are_counted() -> None:
    """Nothing is dropped."""
    other = finding_out(failing(), Definitions())
    rules = Rules(frozenset(KINDS), (Allow("ours", kind="request_failing"),), baseline([out()]))
    new = out(id="new")
    judged = judge([(other, ()), (out(), ()), (new, ())], rules, nothing)

    assert [each.state for each in judged.verdicts] == [NEW, KNOWN, ALLOWED]
    assert judged.ignored_line() == "1 ignored: 1 by the allow-list"


def test_sightings_of_many_tests_are_one() -> None:
    """The worst one, with all who saw it."""
    sightings = Sightings()
    for number in range(40):
        seen = out(evidence={"queries": number}, count=1)
        sightings.add([seen], f"test_{number:02}")
    ((finding, tests),) = list(sightings)

    assert (finding.evidence["queries"], finding.count, len(tests)) == (39, 40, 40)
