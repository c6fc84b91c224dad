"""Who else has a draft open, and in which section: a row that is refreshed while the page is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from console.accounts.models import Membership
from console.live import publish
from console.prompts.drafts import topic
from console.prompts.models import Draft, Presence

FRESH = timedelta(seconds=45)  # a page says every 15 seconds that it is still open


@transaction.atomic
def arrive(*, draft: Draft, member: Membership, section: str) -> None:
    """Note that the member is in ``section`` ("" for none in particular), and tell the others if that is new."""
    now = timezone.now()
    before = Presence.objects.filter(draft=draft, user=member.user).first()
    Presence.objects.update_or_create(
        draft=draft, user=member.user, defaults={"section": section[:64], "seen_at": now}
    )
    if before is None or before.section != section or before.seen_at < now - FRESH:
        publish(topic(draft), "presence")


@transaction.atomic
def leave(*, draft: Draft, member: Membership) -> None:
    """The member closed the page."""
    if Presence.objects.filter(draft=draft, user=member.user).delete()[0]:
        publish(topic(draft), "presence")


def others(draft: Draft, member: Membership) -> Sequence[Presence]:
    """The other people who have the draft open, the latest first."""
    fresh = draft.presences.filter(seen_at__gte=timezone.now() - FRESH).exclude(user=member.user_id)
    return list(fresh.select_related("user").order_by("-seen_at")[:8])
