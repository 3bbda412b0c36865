"""Findings at a template's line and at a class: as they are read, as JSON, by their identity."""

from __future__ import annotations

from typing import Any

import pytest

from djscope.feed.status import FeedStatus, Link
from djscope.model.finding import Finding
from djscope.model.snapshot import snapshot
from djscope.testing import Capture, capture
from djscope.ui.details.finding import place_line
from djscope_probes import sources
from djscope_probes.settings import PERMISSIONS
from tests.probes.lines.conftest import DJANGO, HERE, line, project

LIST = HERE / "templates" / "lines" / "list.html"


def found_at(module: str, path: str) -> Capture:
    """What a request to a project of `tests/probes/lines` is found to do."""
    from django.test import Client

    with project(module, [DJANGO], []):
        client = Client()
        assert client.get(path).status_code == 200
        with capture() as found:
            client.get(path)
    return found


def by_relation(found: Capture) -> dict[str, Finding]:
    return {each.relation: each for each in found.findings}


def test_a_templates_n_plus_one_is_read_at_its_line(library: Any) -> None:
    """Where it loads lazily, where the rows were loaded, and what to write there."""
    found = found_at("pages", "/pages/list/")
    rows, lazy = line(str(LIST), "{% for work"), line(str(LIST), "work.editor")
    (said,) = (text for text in found.report().splitlines() if "Work.editor" in text)

    assert said.startswith("n_plus_one  Work.editor: 4 queries in one request")
    assert f"rows loaded at lines/{rows}" in said
    assert f" at lines/{lazy} → .select_related(" in said
    finding = by_relation(found)["Work.editor"]
    assert place_line(finding.where) == f"lines/{lazy} in template"
    assert finding.where.file == str(LIST)


def test_two_lines_of_a_template_are_two_findings(library: Any) -> None:
    """Identical SQL, one line apart; a joined relation has none."""
    found = found_at("pages", "/pages/list/")

    assert set(by_relation(found)) == {"Work.writer", "Work.editor"}
    assert len({each.id for each in found.findings}) == 2
    assert found_at("pages", "/joined/list/").findings == []


def test_a_serializers_n_plus_one_names_the_class(library: Any) -> None:
    """In JSON: its file, the line of its statement, its name."""
    pytest.importorskip("rest_framework", reason="pip install djangorestframework")
    found = found_at("api", "/edited/")
    (finding,) = found.findings
    said = found.report()
    whole = snapshot(found.session, finding.last_seen, FeedStatus(Link.LIVE, "", ""))
    where, origin = whole.findings[0].where, whole.findings[0].origin

    assert (where.file, where.function) == (str(HERE / "api.py"), "class EditedSerializer")
    assert f"api.py:{where.line}" == line("api.py", "class EditedSerializer")
    assert f"rows loaded at EditedList (lines/{line('api.py', 'class EditedList')})" in said
    assert f" at EditedSerializer (lines/api.py:{where.line}) → .select_related(" in said
    assert origin is not None
    assert (origin.function, f"api.py:{origin.line}") == (
        "class EditedList", line("api.py", "class EditedList")
    )  # fmt: skip


def test_a_class_site_survives_an_edit_above_it(library: Any) -> None:
    """The line is no part of the identity."""
    pytest.importorskip("rest_framework", reason="pip install djangorestframework")
    from dataclasses import replace

    (finding,) = found_at("api", "/edited/").findings
    before = finding.id
    finding.where = replace(finding.where, line=0)

    assert finding.id == before
    assert finding.where.short == "EditedSerializer (lines/api.py)"


def test_a_templates_source_may_be_seen_where_the_host_allows(library: Any) -> None:
    """It is a file that a frame named, as any other."""
    found = found_at("pages", "/pages/list/")
    finding = by_relation(found)["Work.editor"]
    stack = found.session.definitions.stack(finding.stack_id)
    named = {place.file for place in stack if place.app}
    digests = {place.file: place.digest for place in stack}
    asked = f"source p word {finding.where.line} {finding.where.file}"
    answer = sources.answer(asked, named, allowed="source" in PERMISSIONS)

    assert digests[str(LIST)]
    assert answer is not None
    assert answer.text == LIST.read_text(encoding="utf-8").rstrip("\n")
