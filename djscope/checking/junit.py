"""JUnit's XML, as GitLab and Jenkins read it: one test case per finding, failed if it counts."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from djscope.checking.sources import Sources
from djscope.model.judging import Judged, Verdict

# What XML 1.0 cannot carry.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(judged: Judged, sources: Sources) -> str:
    """A suite is never empty: readers take that for a failure."""
    suite = ET.Element("testsuite", name="djscope")
    for each in judged.verdicts:
        suite.append(case(each, sources))
    if not judged.verdicts:
        ET.SubElement(suite, "testcase", classname="djscope", name="no findings", time="0")
    counts: dict[str, str] = {
        "tests": str(len(suite)),
        "failures": str(len(judged.failing)),
        "errors": "0",
        "skipped": str(sum(each.ignored for each in judged.verdicts)),
        "time": "0",
    }
    suite.attrib.update(counts)
    top = ET.Element("testsuites", {"name": "djscope", **counts})
    top.append(suite)
    ET.indent(top)
    return ET.tostring(top, encoding="unicode", xml_declaration=True)


def case(verdict: Verdict, sources: Sources) -> ET.Element:
    finding, where = verdict.finding, verdict.finding.where
    file = sources.relative(where.file) if where.file else ""
    what = finding.relation or where.function
    found = ET.Element(
        "testcase",
        classname=clean(file.removesuffix(".py").strip("/").replace("/", ".") or finding.unit),
        name=clean(f"{finding.kind} {what} ({finding.unit}, {finding.id})"),
        time="0",
    )
    if file:
        found.attrib.update(file=clean(file), line=str(where.line))
    text = clean(details(verdict, file))
    if verdict.counts:
        failure = ET.SubElement(found, "failure", type=finding.kind, message=clean(finding.title))
        failure.text = text
    elif verdict.ignored:
        ET.SubElement(found, "skipped", message=clean(f"{verdict.state}: {verdict.reason}"))
    else:
        ET.SubElement(found, "system-out").text = text
    return found


def details(verdict: Verdict, file: str) -> str:
    """Where, from where, what to do, who saw it."""
    finding, lines = verdict.finding, [verdict.finding.title]
    if file:
        lines.append(f"at {file}:{finding.where.line} in {finding.where.function}")
    if finding.origin is not None:
        lines.append(f"rows loaded at {finding.origin.short} in {finding.origin.function}")
    lines += [f"{each.text} {each.code}".rstrip() for each in finding.advice]
    lines += [f"seen in {test}" for test in verdict.tests[:20]]
    return "\n".join(lines)


def clean(text: str) -> str:
    return _FORBIDDEN.sub("?", text)
