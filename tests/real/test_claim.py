"""One slot of eight: kept while its value changes, never taken from anybody."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import redis

from djscope.feed.embedded import start_embedded
from djscope.feed.leases import Claim
from djscope.feed.shapes import Target
from djscope_probes.wire import Keys
from tests.real.tools import client_of

pytestmark = pytest.mark.real
KEYS = Keys("claimed")
BOOKS = Target("request", "books/", 1_795_348_800.0)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with start_embedded() as running:
        yield running.url


@pytest.fixture
def client(server: str) -> Iterator[redis.Redis]:
    with client_of(server) as client:
        client.flushall()
        yield client


def held(client: redis.Redis) -> dict[int, list[object]]:
    """Slot → the lease in it."""
    values = client.mget(KEYS.leases)
    return {slot: json.loads(value) for slot, value in enumerate(values) if value}


def test_what_it_aims_at_may_change_while_it_is_held(client: redis.Redis) -> None:
    """Same slot, same viewer, another value, as often as one likes."""
    claim = Claim(KEYS)
    claim.renew(client)
    before = held(client)

    claim.aim([BOOKS])
    assert claim.renew(client)
    claim.aim([])
    claim.aim([BOOKS, BOOKS])
    assert claim.renew(client)
    assert claim.renew(client)

    ((slot, lease),) = held(client).items()
    assert slot == next(iter(before)) == 0
    assert lease[0] == before[0][0]
    assert lease[5] == [["request", "books/", 1_795_348_800.0]] * 2
    assert client.pttl(KEYS.leases[0]) > 0


def test_a_change_whose_reply_was_lost_costs_nothing(client: redis.Redis) -> None:
    """The slot holds the new value already; the next renewal knows it."""
    claim = Claim(KEYS)
    claim.renew(client)
    claim.aim([BOOKS])
    client.set(KEYS.leases[0], claim._value)

    assert claim.renew(client)
    assert list(held(client)) == [0]


def test_somebody_elses_lease_is_put_back(client: redis.Redis) -> None:
    """Also with another aim; ours moves on to a free slot."""
    first, second = Claim(KEYS), Claim(KEYS)
    first.renew(client)
    client.delete(KEYS.leases[0])
    second.renew(client)
    first.aim([BOOKS])

    assert not first.renew(client)
    assert [lease[0] for lease in held(client).values()] == [second._viewer, first._viewer]
    assert second.renew(client)
    assert len(first.others) == len(second.others) == 1


def test_one_quitting_leaves_the_others_alone(client: redis.Redis) -> None:
    """Whatever it aimed at last, written or not."""
    claims = [Claim(KEYS) for _ in range(3)]
    for claim in claims:
        claim.renew(client)
    claims[1].aim([BOOKS])
    claims[1].release(client)

    assert list(held(client)) == [0, 2]
    assert len(claims[1].others) == 2


def test_what_others_look_at_deeply_is_seen(client: redis.Redis) -> None:
    """With who does; one's own is not among it."""
    first, second = Claim(KEYS), Claim(KEYS)
    first.aim([BOOKS])
    first.renew(client)
    second.renew(client)
    first.renew(client)

    assert second.others_deep == ((second.others[0], BOOKS),)
    assert first.others_deep == ()


@pytest.mark.parametrize("value", ["[" * 50_000, "nonsense", '["x",5,"watch",0,1,[]]', '{"a":1}'])
def test_what_is_no_lease_is_nobodys(client: redis.Redis, value: str) -> None:
    """Others may write there; the viewer goes on."""
    client.set(KEYS.leases[3], value, px=60_000)
    claim = Claim(KEYS)
    claim.renew(client)

    assert claim.others == ()


def test_a_lease_that_ran_out_is_taken_anew(client: redis.Redis) -> None:
    """As after a night's suspension."""
    claim = Claim(KEYS)
    claim.aim([BOOKS])
    claim.renew(client)
    client.flushall()

    assert not claim.renew(client)
    assert held(client)[0][5]
