"""How the pages of reviews say things."""

from __future__ import annotations

from typing import Any

from django import template

from console.reviews.models import Review
from console.reviews.reading import FindingRow
from console.reviews.standing import Standing

register = template.Library()

_STATES = {
    Review.Status.OPEN: "draft",
    Review.Status.CHANGES: "stale",
    Review.Status.RELEASED: "ok",
    Review.Status.WITHDRAWN: "draft",
    Review.Status.REPLACED: "draft",
}


@register.filter
def review_state(review: Review) -> str:
    """The look of the mark beside a review's status."""
    return _STATES[Review.Status(review.status)]


@register.filter
def place_name(anchor: str) -> str:
    """An anchor in words: ``line-task-9`` is line 9 of task."""
    kind, _, rest = anchor.partition("-")
    if kind in ("line", "was"):
        section, _, number = rest.rpartition("-")
        return f"line {number} of {section}{' as it was' if kind == 'was' else ''}"
    return f"run {rest}" if kind == "run" else rest


@register.filter
def finding_anchor(row: FindingRow, number: int) -> str:
    return f"finding-{number}-{row.finding.code}"


@register.filter
def finding_place(row: FindingRow) -> str:
    span = row.finding.span
    return span.section if span and span.section else row.finding.path


@register.filter
def seal_items(standing: Standing) -> list[dict[str, Any]]:
    """What an approval binds; beside each digest the one that was approved, where it differs."""
    ground, change, review = standing.ground, standing.change, standing.review
    was: dict[str, str] = {}
    if review.is_open:
        was = {part.name: part.was for voice in standing.stale for part in voice.drift}
    runs = len(standing.used)
    items = [
        _item("Revision", f"r{review.revision.number}", ground.revision, was.get("revision")),
        _item("Policy", change.governance.pack.ref, ground.pack, was.get("pack")),
        _item("Evidence", f"{runs} run{'s' * (runs != 1)}", ground.evidence, was.get("evidence")),
    ]
    if was.get("against") is not None:
        now = f"r{change.against.number}" if change.against else "nothing"
        items.append(_item("Instead of", now, ground.against, was["against"]))
    return items


def _item(name: str, value: str, digest: str, was: str | None) -> dict[str, Any]:
    # An empty former digest still counts as another one: there was nothing when it was approved.
    return {"name": name, "value": value, "digest": digest, "was": was if was is None or was else "nothing"}


@register.filter
def seal_text(standing: Standing) -> str:
    """The sentence below the seal."""
    if not standing.review.is_open:
        return ""
    if standing.stale:
        changed = {part.sentence for voice in standing.stale for part in voice.drift}
        return " ".join(sorted(changed))
    version = standing.change.governance.bounds.version
    bounds = f" Under version {version} of the organisation's bounds." if version else ""
    names = ", ".join(voice.decision.by.shown_name for voice in standing.approvals)
    return f"Approved by {names}.{bounds}" if names else bounds.strip()
