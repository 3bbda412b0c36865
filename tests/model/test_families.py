"""Query statistics put together: the sums of their members, and honest counts per unit."""

from __future__ import annotations

from djscope.model.families import By, Family
from tests.model.scene import Scene, group, lazy


def families(scene: Scene, by: By) -> dict[tuple[str, ...], Family]:
    return scene.session.queries.families.all[by]


def test_the_same_sql_of_two_lines_is_one_family() -> None:
    """Queries are added up, a unit that had both counts once, with both."""
    scene = Scene()
    scene.request(group(n=10), group(n=4, site_id="lorigin", hist=[(9, 4)]))
    scene.request(group(n=10))
    (family,) = families(scene, By.SQL).values()

    assert len(family.members) == len(scene.session.queries.stats) == 2
    assert (family.n, family.units, family.hist.n) == (24, 2, 24)
    assert sorted(family.per_unit()) == [10, 14]
    assert family.median_per_unit() == 12


def test_a_route_is_all_its_queries() -> None:
    """Another route, or a task of the same name, is another family."""
    scene = Scene()
    scene.request(group(), group(sql_id="qother", n=3))
    scene.task(group(n=7), name_id="nroute")
    found = families(scene, By.ROUTE)

    assert {key: family.n for key, family in found.items()} == {
        ("request", "nroute"): 13,
        ("task", "nroute"): 7,
    }


def test_an_origin_is_what_was_loaded_from_its_rows() -> None:
    """Not the rows themselves, and nothing that no queryset's rows caused."""
    scene = Scene()
    scene.request(
        group(site_id="lorigin", sql_id="qroot", n=1), lazy(), lazy(relation_id="rmany", n=2)
    )
    (family,) = families(scene, By.ORIGIN).values()

    assert family.key == ("lorigin",)
    assert (family.n, family.units, len(family.members)) == (12, 1, 2)


def test_quantiles_are_those_of_all_members() -> None:
    """Histograms are added, quantiles never averaged."""
    scene = Scene()
    scene.request(group(n=90, hist=[(9, 90)], max_us=500))
    scene.request(group(n=10, site_id="lorigin", hist=[(20, 10)], max_us=900_000))
    (family,) = families(scene, By.SQL).values()

    assert family.quantile_us(0.5) < 512
    assert family.quantile_us(0.95) > 500_000
    assert family.max_us == 900_000


def test_a_unit_under_way_counts_once() -> None:
    """However many revisions it sends; its end replaces what was known so far."""
    scene = Scene()
    scene.task(group(n=4, hist=[(9, 4)]), id="t", state="running", outcome="")
    (family,) = families(scene, By.SQL).values()
    assert family.per_unit() == [4]

    scene.task(group(n=9, hist=[(9, 9)]), group(site_id="lorigin", n=2), id="t", revision=2)

    assert (family.n, family.units, family.per_unit()) == (11, 1, [11])
    assert family.under_way == {}


def test_a_unit_that_went_silent_is_not_under_way() -> None:
    """Its process has gone."""
    scene = Scene()
    scene.task(group(), id="t", state="running", outcome="")
    scene.session.lose(("web-1/1@1", "t"), scene.at)

    assert all(not family.under_way for by in By for family in families(scene, by).values())


def test_counting_anew_empties_them() -> None:
    """As all statistics."""
    scene = Scene()
    scene.request(lazy())
    scene.session.reset(scene.at)

    assert [len(families(scene, by)) for by in By] == [0, 0, 0]
