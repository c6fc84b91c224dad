"""Looking a review up for somebody: the look-up is the access check."""

from __future__ import annotations

from django.http import Http404

from console.accounts.models import Membership
from console.reviews.models import Comment, Review, Thread


def review_for(member: Membership, number: int) -> Review:
    """The review with everything that is asked of it, or Http404: for a stranger's just as for none."""
    try:
        review = Review.objects.select_related(
            "prompt", "revision__created_by", "against", "requested_by", "release"
        ).get(workspace=member.workspace_id, number=number)
    except Review.DoesNotExist:
        raise Http404 from None
    review.workspace = review.prompt.workspace = member.workspace
    return review


def thread_for(member: Membership, number: int, pk: int) -> Thread:
    """A thread of the review, or Http404."""
    review = review_for(member, number)
    try:
        thread = review.threads.get(pk=pk)
    except Thread.DoesNotExist:
        raise Http404 from None
    thread.review = review
    return thread


def comment_for(member: Membership, number: int, pk: int) -> Comment:
    """A comment of the review, or Http404."""
    review = review_for(member, number)
    try:
        comment = Comment.objects.select_related("thread", "by").get(pk=pk, thread__review=review)
    except Comment.DoesNotExist:
        raise Http404 from None
    comment.thread.review = review
    return comment
