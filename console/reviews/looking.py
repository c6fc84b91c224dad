"""Looking at reviews while nobody reads them: approvals that went stale, and reviews that wait for nothing but a release.

Both are computed whenever a review is read, decided and released; here only somebody is told, and lists are given something
that they can ask for in bulk. That a review waits is noted where the last thing it needed was done (``readiness``); what is
done elsewhere, to a prompt, a run or a member, only wakes a look here, and a sweep looks in turn at whatever nobody was woken
for.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from console.live import publish
from console.prompts.models import Prompt
from console.queue import wake
from console.reviews.models import Decision, Review
from console.reviews.readiness import note_standing
from console.reviews.services import LOOK, topic
from console.reviews.standing import standing
from console.reviews.telling import tell_stale

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


def look_at_prompt(prompt_id: int) -> None:
    """Something that reviews of the prompt rest on changed below them: a warning was acknowledged, a run ended, a judge read."""
    for pk in Review.objects.filter(prompt=prompt_id, status__in=Review.UNDECIDED).values_list(
        "pk", flat=True
    ):
        look(pk)


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
    note_standing(review, now)
    stale = [
        voice
        for voice in now.stale
        if voice.decision.word == Decision.Word.APPROVE and not voice.decision.stale_told
    ]
    for voice in stale:
        voice.decision.review = review
        why = " ".join(part.sentence for part in voice.drift)
        said = Decision.objects.filter(pk=voice.decision.pk)
        said.update(stale_told=True, stale_at=timezone.now(), stale_because=why[:500])
        tell_stale(voice.decision, why)
    if stale:
        publish(topic(review))
    return len(stale)
