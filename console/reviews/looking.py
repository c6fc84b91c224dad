"""Looking at reviews while nobody reads them: approvals that went stale, and reviews that wait for nothing but a release.

Both are computed whenever a review is read, decided and released; here only somebody is told, and lists are given something
that they can ask for in bulk. A review is looked at when somebody said something of it, and by a sweep, in turn, for
whatever else changed.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from console.live import publish
from console.prompts.models import Prompt
from console.queue import wake
from console.reviews.models import Decision, Review
from console.reviews.services import LOOK, topic
from console.reviews.standing import Standing, standing
from console.reviews.telling import tell_ready, tell_stale

AT_ONCE = 20


def sweep() -> int:
    """Look at the reviews that were not looked at for longest; returns how many approvals turned out to be stale."""
    counted = Decision.objects.filter(superseded=False, stale_told=False, word=Decision.Word.APPROVE)
    waiting = Review.objects.filter(
        Exists(counted.filter(review=OuterRef("pk"))) | Q(ready_since__isnull=False),
        status__in=Review.UNDECIDED,
    )
    order = waiting.order_by(F("looked_at").asc(nulls_first=True), "pk")
    return sum(look(pk) for pk in order.values_list("pk", flat=True)[:AT_ONCE])


def look_at_touched(prompt: Prompt, label: str) -> None:
    """A label moved: what would replace what it points to, and what includes it, may stand on another ground now."""
    including = Q(revision__snippets__has_key=f"{prompt.slug}@{label}", workspace=prompt.workspace_id)
    touched = Review.objects.filter(Q(prompt=prompt, label=label) | including, status__in=Review.UNDECIDED)
    for review in touched.only("pk"):
        publish(topic(review))
        wake(LOOK, review.pk)


@transaction.atomic
def look(pk: int) -> int:
    """Note how the review stands; returns how many approvals turned out to be stale. Two at once: the second leaves it."""
    review = (
        Review.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("workspace", "prompt", "revision", "requested_by")
        .filter(pk=pk, status__in=Review.UNDECIDED)
        .first()
    )
    if review is None:
        return 0
    now = standing(review)
    Review.objects.filter(pk=pk).update(looked_at=timezone.now(), ready_since=_ready(review, now))
    stale = [
        voice
        for voice in now.stale
        if voice.decision.word == Decision.Word.APPROVE and not voice.decision.stale_told
    ]
    for voice in stale:
        voice.decision.review = review
        Decision.objects.filter(pk=voice.decision.pk).update(stale_told=True)
        tell_stale(voice.decision, " ".join(part.sentence for part in voice.drift))
    if stale:
        publish(topic(review))
    return len(stale)


def _ready(review: Review, now: Standing) -> datetime | None:
    """Since when it waits for a release; whoever may release it is told when that begins."""
    if review.status != Review.Status.OPEN or now.unmet or not now.approvals:
        return None
    if review.ready_since is None:
        tell_ready(review, now.approvals[-1].decision)
    return review.ready_since or timezone.now()
