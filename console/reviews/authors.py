"""Whose own work a review is about: these people never approve it, whatever their roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from console.prompts.models import Revision
from console.reviews.models import Review


def authors_of(review: Review) -> frozenset[int]:
    """Ids of everybody who edited or froze anything since the last release that led to this revision, or who asks."""
    return Lineage.of([review.prompt_id]).authors(review)


@dataclass(frozen=True, slots=True)
class Lineage:
    """The revisions of some prompts, how they descend from each other, and which were released."""

    revisions: Mapping[int, Revision]
    released: frozenset[int]

    @classmethod
    def of(cls, prompts: Iterable[int]) -> Lineage:
        """Read it in two statements, whatever the number of prompts."""
        rows = Revision.objects.filter(prompt__in=list(prompts)).order_by()
        columns = rows.only("number", "parent", "prompt", "editors", "created_by")
        released = rows.filter(releases__isnull=False).values_list("pk", flat=True)
        return cls({row.pk: row for row in columns}, frozenset(released))

    def authors(self, review: Review) -> frozenset[int]:
        """The writers of the revision, of all that it was made from back to a released one, and of all that was frozen
        between the last release before it and itself, since their words may have been carried over by hand.
        """
        writers: set[int | None] = {review.requested_by_id}
        for pk in self._since_release(self.revisions[review.revision_id]):
            writers |= {*self.revisions[pk].editors, self.revisions[pk].created_by_id}
        return frozenset(pk for pk in writers if pk is not None)

    def _since_release(self, revision: Revision) -> set[int]:
        """The revision itself counts even if it was released before."""
        before = {
            pk: row.number
            for pk, row in self.revisions.items()
            if row.prompt_id == revision.prompt_id and row.number < revision.number
        }
        last = max((number for pk, number in before.items() if pk in self.released), default=0)
        counted = {revision.pk, *(pk for pk, number in before.items() if number > last)}
        return self._with_ancestors(counted)

    def _with_ancestors(self, counted: set[int]) -> set[int]:
        reached, ahead = set(counted), list(counted)
        while ahead:
            parent = self.revisions[ahead.pop()].parent_id
            if parent is None or parent in reached or parent in self.released:
                continue
            if parent in self.revisions:
                reached.add(parent)
                ahead.append(parent)
        return reached
