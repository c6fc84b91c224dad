"""What an import says of each prompt: for a terminal, and as the JSON that programs read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from console.prompts.importers import Skipped
from console.prompts.imports import Found, Preview
from policies.report import visible


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a file, with the slug that the prompt got or would get; "" where it was not taken."""

    file: str
    read: Preview | Skipped
    slug: str = ""
    title: str = ""

    @property
    def status(self) -> str:
        if isinstance(self.read, Skipped):
            return "not_taken"
        return "blocked" if self.read.checked.blocks else "pass"


def as_dict(entry: Entry) -> dict[str, Any]:
    """The exchanged form: findings with section, line and column, settings, variables, and what was left behind."""
    if isinstance(entry.read, Skipped):
        return {"file": entry.file, "status": entry.status, "name": entry.read.name, "why": entry.read.why}
    shown = entry.read
    return {
        "file": entry.file,
        "status": entry.status,
        "name": shown.imported.name,
        "slug": entry.slug,
        "wanted_slug": shown.wanted_slug,
        "title": entry.title,
        "form": shown.imported.form,
        "findings": [f.finding.as_dict() | {"line": f.line, "column": f.column} for f in shown.findings],
        "settings": [
            {"behavior": p.behavior.id, "value": p.value, "quote": p.quote, "open": p.open, "set": p.set}
            for p in shown.proposals
        ],
        "variables": list(shown.variables),
        "notes": list(shown.imported.notes),
        "left": [{"what": left.what, "why": left.why} for left in shown.imported.left],
    }


def totals(entries: Iterable[Entry]) -> dict[str, int]:
    counts = Counter(entry.status for entry in entries)
    return {status: counts[status] for status in ("pass", "blocked", "not_taken")}


def as_lines(entry: Entry) -> Iterator[str]:
    """For a terminal; nothing that the file says can steer it."""
    if isinstance(entry.read, Skipped):
        yield visible(f"{entry.read.name}: not taken. {entry.read.why}")
        return
    shown = entry.read
    yield visible(f"{entry.slug}: {entry.title}, read as {shown.imported.form}.")
    if entry.slug != shown.wanted_slug:
        yield f"  The slug {shown.wanted_slug} is taken, so it is {entry.slug}."
    blocks = shown.checked.blocks
    yield (
        f"  {blocks} finding{'s block' if blocks > 1 else ' blocks'} it."
        if blocks
        else "  Nothing blocks it."
    )
    for found in shown.findings:
        yield from _finding(found)
    for proposal in shown.proposals:
        what = f"{proposal.behavior.id} to {proposal.label}"
        word = f"Sets {what}" if proposal.set else f"Would set {what}, which is {proposal.why}"
        yield visible(f"  {word}: “{proposal.quote}”")
    if shown.variables:
        yield visible(f"  Variables: {', '.join(shown.variables)}")
    yield from (visible(f"  {note}") for note in shown.imported.notes)
    yield from (visible(f"  Left behind: {left.what}; {left.why}.") for left in shown.imported.left)


def _finding(found: Found) -> Iterator[str]:
    finding = found.finding
    said = visible(f"{found.where} {finding.message}".strip())
    yield f"  {finding.severity.value} {finding.code} {said} [{finding.rule}]"
    if finding.quote:
        yield f"      “{visible(finding.quote)}”"
