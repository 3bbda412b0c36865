"""SARIF and JUnit, by what their readers require."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
import pytest

from djscope.checking.junit import junit
from djscope.checking.sarif import sarif
from djscope.checking.sources import Sources
from djscope.model.allowed import Allow
from djscope.model.baseline import baseline
from djscope.model.definitions import Definitions, Place
from djscope.model.ignores import Comments
from djscope.model.judging import Judged, Rules, judge
from djscope.model.kinds import KINDS
from djscope.model.snapshot import finding_out
from djscope.pathmap import PathMap
from tests.builders import failing, n_plus_one

MESSAGE = {"type": "object", "required": ["text"], "properties": {"text": {"minLength": 1}}}
ARTIFACT = {
    "type": "object",
    "required": ["uri"],
    "properties": {"uri": {"pattern": "^[^\\\\ ]+$"}, "uriBaseId": {"const": "%SRCROOT%"}},
    "additionalProperties": False,
}
LOCATION = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "message": MESSAGE,
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation"],
            "properties": {
                "artifactLocation": ARTIFACT,
                "region": {
                    "required": ["startLine"],
                    "properties": {"startLine": {"type": "integer", "minimum": 1}},
                },
            },
        },
        "logicalLocations": {"type": "array", "minItems": 1, "items": {"type": "object"}},
    },
    "additionalProperties": False,
}
# What section 3 of SARIF 2.1.0 requires of the objects that are used here.
REQUIRED: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "rules"],
                                "properties": {
                                    "rules": {
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id", "shortDescription", "help"],
                                            "properties": {
                                                "shortDescription": MESSAGE,
                                                "fullDescription": MESSAGE,
                                                "help": MESSAGE,
                                            },
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {
                        "items": {
                            "required": ["message", "ruleId", "partialFingerprints"],
                            "properties": {
                                "message": MESSAGE,
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "baselineState": {"enum": ["new", "unchanged", "updated"]},
                                "locations": {"items": LOCATION},
                                "relatedLocations": {"items": LOCATION},
                                "partialFingerprints": {
                                    "additionalProperties": {"type": "string", "minLength": 1}
                                },
                                "suppressions": {
                                    "items": {
                                        "required": ["kind"],
                                        "properties": {"kind": {"enum": ["inSource", "external"]}},
                                    }
                                },
                            },
                        }
                    },
                },
            },
        },
    },
}


def nothing(_file: str) -> Comments:
    return Comments([], [])


@pytest.fixture
def judged() -> Judged:
    """A new N+1, a known one, an allowed failure, and one without any line."""
    defs = Definitions()
    new = finding_out(n_plus_one(), defs)
    known = msgspec.structs.replace(new, id="known", unit="GET else/")
    allowed = finding_out(failing(), defs)
    nowhere = finding_out(replace(failing(), where=Place("", 0, "shop.views.card")), defs)
    nowhere.id, nowhere.title = "nowhere", 'a "title" <with> \x1b & such'
    allow = (Allow("known since May", kind="request_failing", route="POST *", site="views.py"),)
    rules = Rules(frozenset(KINDS), allow, baseline([known]))
    return judge([(each, ()) for each in (new, known, allowed, nowhere)], rules, nothing)


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """The process has the checkout at /app."""
    return Sources(tmp_path, PathMap([("/app", tmp_path)]))


def results(text: str) -> dict[str, dict[str, Any]]:
    run = json.loads(text)["runs"][0]
    return {each["partialFingerprints"]["djscope/v1"]: each for each in run["results"]}


def test_sarif_is_as_required(judged: Judged, sources: Sources) -> None:
    """With everything in it, and with nothing."""
    for each in (judged, Judged([])):
        jsonschema.validate(json.loads(sarif(each, sources)), REQUIRED)


def test_every_kind_has_a_rule_with_help(judged: Judged, sources: Sources) -> None:
    """At the number that results name."""
    run = json.loads(sarif(judged, sources))["runs"][0]
    rules = run["tool"]["driver"]["rules"]

    assert [rule["id"] for rule in rules] == list(KINDS)
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])


def test_a_result_has_place_origin_and_fix(judged: Judged, sources: Sources) -> None:
    """The line of the checkout, where the rows were loaded, and what to write."""
    id_ = finding_out(n_plus_one(), Definitions()).id
    found = results(sarif(judged, sources))[id_]
    place, related = found["locations"][0], found["relatedLocations"][0]

    assert (found["level"], found["baselineState"]) == ("warning", "new")
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "shop/views.py"
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "book_list"
    assert related["physicalLocation"]["region"] == {"startLine": 28}
    assert related["message"] == {"text": "the rows were loaded here"}
    assert found["message"]["text"].endswith('.select_related("author")')


def test_what_does_not_count_is_marked(judged: Judged, sources: Sources) -> None:
    """Known ones are unchanged, ignored ones suppressed, with the reason."""
    found = results(sarif(judged, sources))
    suppressed = [each for each in found.values() if "suppressions" in each]

    assert found["known"]["baselineState"] == "unchanged"
    assert [each["suppressions"] for each in suppressed] == [
        [{"kind": "external", "justification": "known since May"}]
    ]


def test_what_has_no_file_has_no_physical_place(judged: Judged, sources: Sources) -> None:
    """Its function is all there is; what lies outside of the checkout has its full path."""
    nowhere = results(sarif(judged, sources))["nowhere"]["locations"][0]
    outside = Sources(sources.root / "else", PathMap([("/app", sources.root)]))
    (line, *_) = results(sarif(judged, outside)).values()

    assert list(nowhere) == ["logicalLocations"]
    artifact = line["locations"][0]["physicalLocation"]["artifactLocation"]
    assert list(artifact) == ["uri"]
    assert artifact["uri"].startswith("file:///")


def test_junit_has_a_case_for_each(judged: Judged, sources: Sources) -> None:
    """Failed if it counts, skipped if it is ignored."""
    top = ET.fromstring(junit(judged, sources))
    suite = top[0]
    outcomes = {
        case.get("name", "").split()[0]: [child.tag for child in case]
        for case in suite.findall("testcase")
    }

    assert (top.tag, suite.tag) == ("testsuites", "testsuite")
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == [
        "4", "2", "0", "1",
    ]  # fmt: skip
    assert outcomes["n_plus_one"] in (["failure"], ["system-out"])
    assert len({case.get("name") for case in suite}) == 4
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert ".select_related" in (failure.text or "")


def test_a_junit_of_nothing_is_not_empty(sources: Sources) -> None:
    """Readers take an empty suite for a failure."""
    suite = ET.fromstring(junit(Judged([]), sources))[0]

    assert [case.get("name") for case in suite] == ["no findings"]
    assert suite.get("tests") == "1"
