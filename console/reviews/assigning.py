"""Of whom a review is asked, until when, and handing it over to somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils import timezone

from console.accounts.models import Membership
from console.accounts.permissions import Action, can, require
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.live import publish
from console.problems import DomainError, Invalid
from console.prompts.models import Revision
from console.reviews.authors import authors_of
from console.reviews.mentions import members_of
from console.reviews.models import Assignment, Review
from console.reviews.services import lock, topic
from console.reviews.telling import tell_asked
from console.reviews.voices import refusal

MOST = 20  # people of whom one review is asked


def assignable(review: Review) -> list[Membership]:
    """The members whose word could count: reviewers for its domain who did not write it."""
    authors = authors_of(review)
    return [
        member
        for member in members_of(review).order_by("user__username")
        if not refusal(member, review, authors)
    ]


def reviewers_for(revision: Revision, member: Membership) -> list[Membership]:
    """Whom the member could ask to review a revision that is not under review yet."""
    return assignable(
        Review(
            workspace=member.workspace,
            prompt=revision.prompt,
            revision=revision,
            requested_by=member.user,
        )
    )


@transaction.atomic
def assign(*, review: Review, logins: Sequence[str], due: date | None, member: Membership) -> Review:
    """Ask exactly these people, until ``due``; nobody named means everybody who may decide. Tells who is new.

    Raises NotAllowed, Closed, Invalid (nobody's word could count by that login; a day that has passed).
    """
    require(member, Action.COMMENT, review)
    locked = lock(review)
    chosen = _chosen(locked, logins)
    locked.due = _coming(due, locked.due)
    locked.save(update_fields=["due"])
    before = set(locked.assignments.values_list("user", flat=True))
    wanted = {each.user_id: each for each in chosen}
    locked.assignments.exclude(user__in=wanted).delete()
    Assignment.objects.bulk_create(
        Assignment(review=locked, user=each.user, by=member.user)
        for pk, each in wanted.items()
        if pk not in before
    )
    tell_asked(locked, [each for pk, each in wanted.items() if pk not in before], member)
    _record(locked, chosen, member)
    return locked


@transaction.atomic
def hand_over(*, review: Review, login: str, member: Membership) -> Review:
    """Put somebody else in the member's own place. Raises NotAllowed, Closed, DomainError (it was not asked of
    them), Invalid.
    """
    require(member, Action.COMMENT, review)
    locked = lock(review)
    if not locked.assignments.filter(user=member.user_id).exists():
        raise DomainError("The review is not asked of you, so that there is nothing to hand over.")
    (to,) = _chosen(locked, [login])
    locked.assignments.filter(user=member.user_id).delete()
    Assignment.objects.get_or_create(review=locked, user=to.user, defaults={"by": member.user})
    tell_asked(locked, [to], member)
    _record(locked, [to], member, handed_over_by=member.user.username)
    return locked


def may_assign(member: Membership, review: Review) -> bool:
    return review.is_open and can(member, Action.COMMENT, review)


def _chosen(review: Review, logins: Sequence[str]) -> list[Membership]:
    able = {member.user.username: member for member in assignable(review)}
    wanted = list(dict.fromkeys(logins))
    if unable := next((login for login in wanted if login not in able), None):
        raise Invalid(
            f"The word of “{unable[:150]}” could not count in review {review.number}.",
            "Choose reviewers for its domain who did not write any of it.",
        )
    if len(wanted) > MOST:
        raise Invalid(f"A review is asked of at most {MOST} people.", "Choose fewer.")
    return [able[login] for login in wanted]


def _coming(due: date | None, before: date | None) -> date | None:
    """A day that has passed may stay, but not be chosen."""
    if due and due != before and due < timezone.localdate():
        raise Invalid(f"{due:%-d %B %Y} has passed.", "Choose a day from today on.")
    return due


def _record(review: Review, asked: Sequence[Membership], member: Membership, **more: str) -> None:
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=Act.REVIEW_ASSIGNED,
        subject=Subject("review", str(review.pk), f"review {review.number}"),
        detail={
            "asked": sorted(each.user.username for each in asked),
            "due": review.due.isoformat() if review.due else None,
            **more,
        },
    )
    publish(topic(review))
