"""How the pages of reviews say things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.utils.safestring import SafeString

from console.markdown import markdown
from console.prompts.diff_rows import Row, side_by_side
from console.reviews.ground import ground_of
from console.reviews.models import Comment, Decision, Review
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
    if kind == "cell":
        run, _, scenario = rest.partition("-")
        return f"{scenario} in run {run}"
    return f"run {rest}" if kind == "run" else rest


@register.filter
def suggested_rows(comment: Comment) -> tuple[Row, ...]:
    """The line as it is and the words that are suggested for it, side by side."""
    return side_by_side(comment.thread.quote, comment.suggestion or "", context=None)


@register.filter
def written(text: str, mentions: Sequence[str] = ()) -> SafeString:
    """What somebody wrote, as safe HTML."""
    return markdown(text, mentions)


@register.filter
def finding_anchor(row: FindingRow, number: int) -> str:
    return f"finding-{number}-{row.finding.code}"


@register.filter
def finding_place(row: FindingRow) -> str:
    span = row.finding.span
    place = span.section if span and span.section else row.finding.path
    return f"{place} · judge".lstrip(" ·") if row.by_judge else place


@register.filter
def seal_items(standing: Standing) -> list[dict[str, Any]]:
    """What an approval binds now, and beside it what was approved where that differs; of a review that is over, what
    was approved.
    """
    review, change, ground = standing.review, standing.change, standing.ground
    pack, was = change.governance.pack.ref, {}
    if not review.is_open:
        said = [voice.decision for voice in standing.voices if voice.decision.word == Decision.Word.APPROVE]
        if said:
            ground, pack = ground_of(said[-1]), said[-1].pack
    else:
        was = {part.name: part.was for voice in standing.stale for part in voice.drift}
    runs = len(standing.used)
    items = [
        _item("Revision", f"r{review.revision.number}", ground.revision, was.get("revision")),
        _item("Policy", pack, ground.pack, was.get("pack")),
        _item("Evidence", f"{runs} run{'s' * (runs != 1)}", ground.evidence, was.get("evidence")),
    ]
    if "against" in was:
        now = f"r{change.against.number}" if change.against else "nothing"
        items.append(_item("Instead of", now, ground.against, was["against"]))
    return items


def _item(name: str, value: str, digest: str, was: str | None) -> dict[str, Any]:
    # An empty former digest still counts as another one: there was nothing when it was approved.
    return {"name": name, "value": value, "digest": digest, "was": "nothing" if was == "" else was}


@register.filter
def seal_broken(standing: Standing) -> bool:
    """Whether somebody's word was given on another ground; what is over stays as it was sealed."""
    return standing.review.is_open and bool(standing.stale)


@register.filter
def seal_text(standing: Standing) -> str:
    """The sentence below the seal."""
    if seal_broken(standing):
        return " ".join(sorted({part.sentence for voice in standing.stale for part in voice.drift}))
    version = standing.change.governance.bounds.version
    bounds = f"Under version {version} of the organisation’s bounds." if version else ""
    names = ", ".join(voice.decision.by.shown_name for voice in standing.approvals)
    if not standing.review.is_open or not names:
        return bounds if standing.review.is_open else ""
    return f"Approved by {names}. {bounds}".strip()
