"""Findings as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from policies.checks import check_for
from policies.findings import Finding, Severity, Verdict

_LEVELS = {Severity.BLOCK: "error", Severity.WARN: "warning", Severity.INFO: "note"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def to_sarif(results: Iterable[tuple[str, Verdict]], *, version: str) -> dict[str, Any]:
    """One run over any number of files: (address, verdict) each. ``version`` is the pack's, as ``name@version``.

    A region counts in code points of the section that ``logicalLocations`` names, of the whole text where none is.
    """
    pairs = [(uri, finding) for uri, verdict in results for finding in verdict.findings]
    codes = sorted({finding.code for _, finding in pairs})
    rules = [_rule(code) for code in codes]
    driver = {"name": "remit", "semanticVersion": "0.1.0", "rules": rules, "properties": {"policy": version}}
    found = [_result(uri, finding, codes.index(finding.code)) for uri, finding in pairs]
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


def _result(uri: str, finding: Finding, index: int) -> dict[str, Any]:
    place: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": uri}}}
    if finding.span:
        region = {
            "charOffset": finding.span.start,
            "charLength": finding.span.end - finding.span.start,
            "snippet": {"text": finding.quote},
        }
        if finding.span.section is None:
            place["physicalLocation"]["region"] = region
        else:
            place["logicalLocations"] = [{"name": finding.span.section, "kind": "section"}]
            place["properties"] = {"region": region}
    elif finding.path:
        place["logicalLocations"] = [{"fullyQualifiedName": finding.path}]
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [place],
        "properties": {"rule": finding.rule, "tier": finding.tier.value, "fix": finding.fix},
    }
