"""Whose own work a review is about: these people never approve it, whatever their roles."""

from __future__ import annotations

from collections.abc import Iterator

from console.prompts.models import Revision
from console.reviews.models import Review


def authors_of(review: Review) -> frozenset[int]:
    """Ids of everybody who edited or froze anything since the last release that led to this revision, or who asks.

    That is: the revision, all that it was made from back to a released one, and all that were frozen between the last
    release before it and itself, since their words may have been carried over by hand.
    """
    writers: set[int | None] = {review.requested_by_id}
    for revision in _since_release(review.revision):
        writers |= {*revision.editors, revision.created_by_id}
    return frozenset(pk for pk in writers if pk is not None)


def _since_release(revision: Revision) -> Iterator[Revision]:
    """The revisions whose writers count. The revision itself is one of them even if it was released before."""
    found = {
        row.pk: row
        for row in Revision.objects.filter(prompt=revision.prompt_id, number__lte=revision.number)
        .only("number", "parent", "editors", "created_by", "prompt")
        .order_by()
    }
    released = set(
        Revision.objects.filter(prompt=revision.prompt_id, releases__isnull=False).values_list(
            "pk", flat=True
        )
    )
    last = max((found[pk].number for pk in released & found.keys() if pk != revision.pk), default=0)
    counted = {pk for pk, row in found.items() if row.number > last} | {revision.pk}
    yield from (found[pk] for pk in _with_ancestors(counted, found, released))


def _with_ancestors(counted: set[int], found: dict[int, Revision], released: set[int]) -> set[int]:
    reached, ahead = set(counted), list(counted)
    while ahead:
        parent = found[ahead.pop()].parent_id
        if parent in found and parent not in reached and parent not in released:
            reached.add(parent)
            ahead.append(parent)
    return reached
