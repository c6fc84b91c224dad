"""A verdict as text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from policies.draft import Draft
from policies.findings import Finding, Severity, Verdict
from policies.pack import Pack

_WORDS = {Severity.BLOCK: "block", Severity.WARN: "warning", Severity.INFO: "note"}


def as_text(name: str, draft: Draft, verdict: Verdict, pack: Pack) -> str:
    """Findings worst first, each with its place, its words and what to do; a summary at the end."""
    texts = {section.id: section.text for section in draft.sections}
    lines = [line for finding in verdict.findings for line in _lines(name, finding, texts, draft.bare)]
    counts = Counter(finding.severity for finding in verdict.findings)
    listed = ", ".join(
        f"{counts[severity]} {_plural(_WORDS[severity], counts[severity])}"
        for severity in Severity
        if counts[severity]
    )
    word = "blocked" if verdict.blocked else "passes"
    lines.append(f"{name} {word} by {pack.ref}{f': {listed}' if listed else ', nothing found'}.")
    return "\n".join(lines)


def _plural(word: str, count: int) -> str:
    return word if count == 1 or word == "block" else f"{word}s"


def _lines(name: str, finding: Finding, texts: dict[str, str], bare: bool) -> Iterator[str]:
    where = _place(finding, texts, bare)
    yield f"{name}{where}: {_WORDS[finding.severity]} {finding.code} {visible(finding.message)} [{finding.rule}]"
    if finding.quote:
        yield f"    “{visible(finding.quote)}”"
    if finding.fix:
        yield f"    Fix: {finding.fix}"


def _place(finding: Finding, texts: dict[str, str], bare: bool) -> str:
    span = finding.span
    if span is None:
        return f" {finding.path}" if finding.path else ""
    text = texts.get("text" if bare else span.section or "", "")
    line = text.count("\n", 0, span.start) + 1
    column = span.start - text.rfind("\n", 0, span.start)
    return f":{line}:{column}" if bare else f" {span.section}:{line}:{column}"


def visible(text: str) -> str:
    """One line without anything that could steer a terminal."""
    kept = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text.replace("\n", " ⏎ "))
    return kept if len(kept) <= 200 else f"{kept[:199]}…"
