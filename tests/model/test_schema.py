"""The JSON Schema of a snapshot: shipped, up to date, and true of what is written.

`REWRITE_SCHEMA=1 python3 tests tests/model/test_schema.py` writes it anew.
"""

from __future__ import annotations

import inspect
import json
import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

import djscope
from djscope.feed.status import FeedStatus, Link
from djscope.model.schema import SCHEMA, Snapshot
from djscope.model.snapshot import snapshot, to_json
from tests.builders import NOON, empty, request, shop, unit
from tests.real.tools import SNAPSHOT_KEYS

FILE = Path(djscope.__file__).parent / "model" / "snapshot.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def generated() -> str:
    """From the shapes that the snapshot is written with."""
    schema = msgspec.json.schema(Snapshot)
    schema["$defs"]["Snapshot"]["properties"]["schema"] = {"const": SCHEMA}
    for each in schema["$defs"].values():
        if "description" in each:  # before 3.13 docstrings keep their indentation
            each["description"] = inspect.cleandoc(each["description"])
    return json.dumps({"$schema": DIALECT, "title": SCHEMA, **schema}, indent=2) + "\n"


def shipped() -> dict[str, Any]:
    """As a user of the package reads it."""
    text = files("djscope.model").joinpath("snapshot.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def written(session: Any) -> dict[str, Any]:
    """What `djscope snapshot` would write."""
    text = to_json(snapshot(session, NOON + 60, FeedStatus(Link.LIVE, "127.0.0.1", "shop")))
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def test_it_is_up_to_date() -> None:
    """A field that comes, goes or changes is seen in review."""
    if os.environ.get("REWRITE_SCHEMA"):
        FILE.write_text(generated(), encoding="utf-8")

    assert FILE.read_text(encoding="utf-8") == generated()


def test_it_names_every_part_of_a_snapshot() -> None:
    """In the order in which they are written."""
    assert list(shipped()["$defs"]["Snapshot"]["properties"]) == SNAPSHOT_KEYS


@pytest.mark.parametrize("feed", [empty, shop])
def test_a_snapshot_fits(feed: Any) -> None:
    """One with everything in it, and one with nothing."""
    jsonschema.Draft202012Validator.check_schema(shipped())
    jsonschema.validate(written(feed().session), shipped(), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("findings", "kind", 7),
        ("findings", "where", {"file": "x.py"}),
        ("queries", "n", "many"),
        ("coverage", "gaps", None),
    ],
)
def test_what_does_not_fit_is_refused(part: str, field: str, value: object) -> None:
    """Another type, or a field that is missing inside."""
    broken = written(shop().session)
    place = broken[part][0] if isinstance(broken[part], list) else broken[part]
    place[field] = value

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, shipped(), jsonschema.Draft202012Validator)


def test_a_route_without_a_name_is_not_exported() -> None:
    """A request that is under way may not know its route yet."""
    feed = shop()
    feed.deliver(request(unit("o9", "", state="running")))
    taken = snapshot(feed.session, NOON, FeedStatus(Link.LIVE, "127.0.0.1", "shop"))

    assert len(taken.routes) == 2
    assert all(route.name for route in taken.routes)
