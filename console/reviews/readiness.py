"""Whether a review waits for nothing but its release: noted in the transaction that met the last requirement."""

from __future__ import annotations

from django.utils import timezone

from console.reviews.models import Decision, Review
from console.reviews.standing import Standing, standing
from console.reviews.telling import tell_ready


def note_ready(review: Review) -> None:
    """Of a locked review, after something was said in it: nothing is looked at where nobody approves and nobody waited."""
    approves = review.decisions.filter(superseded=False, word=Decision.Word.APPROVE)
    if review.ready_since or approves.exists():
        note_standing(review, standing(review))


def note_standing(review: Review, now: Standing) -> None:
    """Write it down; whoever may release it is told when the waiting begins."""
    ready = review.status == Review.Status.OPEN and not now.unmet and bool(now.approvals)
    since = (review.ready_since or timezone.now()) if ready else None
    if ready and review.ready_since is None:
        tell_ready(review, now.approvals[-1].decision)
    review.ready_since, review.looked_at = since, timezone.now()
    review.save(update_fields=["ready_since", "looked_at"])
