"""Approvals that went stale while nobody looked: found by a sweep, and told once.

Staleness itself is computed whenever a review is read; here only somebody is told. A review that was looked at goes to
the end of the line, so that each is looked at in turn however many there are.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from console.live import publish
from console.reviews.models import Decision, Review
from console.reviews.services import topic
from console.reviews.standing import standing
from console.reviews.telling import tell_stale

AT_ONCE = 20


def sweep() -> int:
    """Look at the reviews that were not looked at for longest; returns how many approvals turned out to be stale."""
    waiting = Review.objects.filter(
        status__in=Review.UNDECIDED,
        decisions__in=Decision.objects.filter(superseded=False, stale_told=False, word=Decision.Word.APPROVE),
    ).distinct()
    order = waiting.order_by(F("looked_at").asc(nulls_first=True), "pk")
    return sum(_look(pk) for pk in order.values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic
def _look(pk: int) -> int:
    review = (
        Review.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("workspace", "prompt", "revision", "requested_by")
        .filter(pk=pk, status__in=Review.UNDECIDED)
        .first()
    )
    if review is None:
        return 0
    Review.objects.filter(pk=pk).update(looked_at=timezone.now())
    stale = [
        voice
        for voice in standing(review).stale
        if voice.decision.word == Decision.Word.APPROVE and not voice.decision.stale_told
    ]
    for voice in stale:
        voice.decision.review = review
        Decision.objects.filter(pk=voice.decision.pk).update(stale_told=True)
        tell_stale(voice.decision, " ".join(part.sentence for part in voice.drift))
    if stale:
        publish(topic(review))
    return len(stale)
