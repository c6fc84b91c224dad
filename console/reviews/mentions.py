"""Whom an @ means: members of the workspace by their login, nobody else."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from console.accounts.models import Membership
from console.markdown import logins
from console.reviews.models import Review

MOST = 50  # mentions that one comment may make; further ones are only words


def mentioned(text: str, review: Review) -> Sequence[Membership]:
    """The members whom the text mentions, of the longest login that fits."""
    asked = logins(text)[: 2 * MOST]
    return list(members_of(review).filter(user__username__in=asked)[:MOST]) if asked else []


def members_of(review: Review) -> QuerySet[Membership]:
    """All members of the review's workspace who can be told anything."""
    return Membership.objects.filter(workspace=review.workspace_id, user__is_active=True).select_related(
        "user", "workspace"
    )


def people(member: Membership, query: str) -> list[dict[str, str]]:
    """Members whose login or name holds ``query``, for completing a name."""
    found = Membership.objects.filter(workspace=member.workspace_id, user__is_active=True)
    if query:
        found = found.filter(Q(user__username__icontains=query) | Q(user__name__icontains=query))
    rows = found.select_related("user").order_by("user__username")[:8]
    return [{"login": row.user.username, "name": row.user.shown_name} for row in rows]
