"""Findings as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from policies.checks import check_for
from policies.draft_lines import line_at
from policies.findings import Finding, Severity, Verdict

_LEVELS = {Severity.BLOCK: "error", Severity.WARN: "warning", Severity.INFO: "note"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def to_sarif(
    results: Iterable[tuple[str, Verdict]], *, version: str, texts: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """One run over any number of files: (address, verdict) each. ``version`` is the pack's, as ``name@version``.

    Regions count in code points of the file. ``texts`` are the files as they were read, by address: with them regions
    have lines, by which code scanning shows a result. Of a draft's section the file's region is given where its words
    stand there once, else the line where the section begins; the offsets into the section are in the location's
    properties. What is found in a draft's form has the line of its entry.
    """
    texts = texts or {}
    pairs = [(uri, finding) for uri, verdict in results for finding in verdict.findings]
    codes = sorted({finding.code for _, finding in pairs})
    rules = [_rule(code) for code in codes]
    driver = {"name": "remit", "semanticVersion": "0.1.0", "rules": rules, "properties": {"policy": version}}
    found = [_result(uri, finding, codes.index(finding.code), texts.get(uri, "")) for uri, finding in pairs]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": found}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    check = check_for(code)
    if check is None:
        return {"id": code}
    return {
        "id": code,
        "name": check.__name__,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.why},
        "help": {"text": check.fix},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": {"rule": check.rule, "tier": check.tier.value},
    }


def _result(uri: str, finding: Finding, index: int, text: str) -> dict[str, Any]:
    place: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": quote(uri)}}}
    if finding.span:
        region = _region(finding.span.start, finding.quote)
        if finding.span.section is None:
            place["physicalLocation"]["region"] = region | _lines(finding.span.start, finding.quote, text)
        else:
            if finding.quote and text.count(finding.quote) == 1:
                at = text.index(finding.quote)
                place["physicalLocation"]["region"] = _region(at, finding.quote) | _lines(
                    at, finding.quote, text
                )
            place["logicalLocations"] = [{"name": finding.span.section, "kind": "section"}]
            place["properties"] = {"region": region}
    elif finding.path:
        place["logicalLocations"] = [{"fullyQualifiedName": finding.path}]
    if text and "region" not in place["physicalLocation"]:  # code scanning drops what stands on no line
        section = f"sections.{finding.span.section}" if finding.span and finding.span.section else ""
        place["physicalLocation"]["region"] = {"startLine": line_at(text, finding.path or section)}
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [place],
        "properties": {"rule": finding.rule, "tier": finding.tier.value, "fix": finding.fix},
    }


def _region(start: int, words: str) -> dict[str, Any]:
    return {"charOffset": start, "charLength": len(words), "snippet": {"text": words}}


def _lines(start: int, words: str, text: str) -> dict[str, int]:
    """The same as lines and columns from 1; the end is the first column after it."""
    if text[start : start + len(words)] != words or not words:
        return {}
    ends = {"start": start, "end": start + len(words)}
    lines = {f"{end}Line": text.count("\n", 0, at) + 1 for end, at in ends.items()}
    return lines | {f"{end}Column": at - text.rfind("\n", 0, at) for end, at in ends.items()}
