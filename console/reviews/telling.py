"""Who is told of what happens in a review. Called in the transaction of what happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.urls import reverse

from console.accounts.models import Membership
from console.accounts.permissions import Action, can
from console.notifications.models import Kind
from console.notifications.services import notify
from console.reviews.authors import authors_of
from console.reviews.mentions import members_of
from console.reviews.models import Comment, Decision, Review, Thread
from console.reviews.voices import refusal


def tell_asked(review: Review, members: Sequence[Membership] | None, by: Membership) -> None:
    """``members``: those who are named; None: nobody is, so that everybody who may decide is asked."""
    if members is None:
        authors = authors_of(review)
        members = [row for row in members_of(review) if not refusal(row, review, authors)]
    until = f" It is due on {review.due:%-d %B %Y}." if review.due else ""
    notify(
        _others(members, by),
        kind=Kind.ASKED,
        key=f"{review.pk}:{review.due or ''}",
        title=f"{by.user.shown_name} asks you to review {review.prompt.slug} r{review.revision.number}",
        text=f"Review {review.number}, for {review.label}: {review.title}.{until}",
        address=_address(review),
    )


def tell_decided(decision: Decision, by: Membership) -> None:
    """Whoever asked, and whoever wrote the revision."""
    review = decision.review
    concerned = {review.requested_by_id, *review.revision.editors}
    verb = "approves" if decision.word == Decision.Word.APPROVE else "asks for changes to"
    notify(
        _others(members_of(review).filter(user__in=concerned), by),
        kind=Kind.DECIDED,
        key=f"{decision.pk}",
        title=f"{by.user.shown_name} {verb} {review.prompt.slug} r{review.revision.number}",
        text=f"Review {review.number}: {review.title}.",
        address=_address(review),
    )


def tell_said(comment: Comment, mentioned: Sequence[Membership], by: Membership) -> None:
    """Those who are mentioned; of the others, whoever asked for the review and whoever spoke in the thread."""
    thread, review = comment.thread, comment.thread.review
    title = f"{by.user.shown_name} mentions you in review {review.number} of {review.prompt.slug}"
    address = _address(review, thread)
    notify(_others(mentioned, by), kind=Kind.MENTIONED, key=f"{comment.pk}", title=title, address=address)
    speakers = set(thread.comments.values_list("by", flat=True)) | {review.requested_by_id}
    left_out = {member.user_id for member in mentioned}
    members = members_of(review).filter(user__in=speakers - left_out)
    title = f"{by.user.shown_name} comments in review {review.number} of {review.prompt.slug}"
    notify(_others(members, by), kind=Kind.REPLIED, key=f"{comment.pk}", title=title, address=address)


def tell_applied(comment: Comment, by: Membership) -> None:
    review = comment.thread.review
    notify(
        _others(members_of(review).filter(user=comment.by_id), by),
        kind=Kind.REPLIED,
        key=f"applied:{comment.pk}",
        title=f"{by.user.shown_name} applied the words that you suggested for {review.prompt.slug}",
        address=_address(review, comment.thread),
    )


def tell_stale(decision: Decision, why: str) -> None:
    """Whoever approved, and whoever asked: what was approved is not what is there now."""
    review = decision.review
    members = members_of(review).filter(user__in={decision.by_id, review.requested_by_id})
    notify(
        members,
        kind=Kind.STALE,
        key=f"{decision.pk}",
        title=f"The approval of {review.prompt.slug} r{review.revision.number} by {decision.by.shown_name} is stale",
        text=f"{why} It does not count until it is given again.",
        address=_address(review),
    )


def tell_ready(review: Review, last: Decision) -> None:
    """Those who may release it. ``last`` is the approval that made it so: each time it begins to wait they are told anew."""
    notify(
        [row for row in members_of(review) if can(row, Action.RELEASE, review)],
        kind=Kind.READY,
        key=f"{review.pk}:{last.pk}",
        title=f"{review.prompt.slug} r{review.revision.number} is approved and waits to be released as {review.label}",
        text=f"Review {review.number}: {review.title}.",
        address=_address(review),
    )


def _others(members: Iterable[Membership], by: Membership) -> list[Membership]:
    return [member for member in members if member.user_id != by.user_id]


def _address(review: Review, thread: Thread | None = None) -> str:
    page = reverse("reviews:review", args=[review.workspace.slug, review.number])
    return f"{page}#thread-{thread.pk}" if thread else page
