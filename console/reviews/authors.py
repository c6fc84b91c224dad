"""Whose own work a review is about: these people never approve it, whatever their roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, Q

from console.prompts.models import Revision
from console.reviews.models import Review


def authors_of(review: Review) -> frozenset[int]:
    """Ids of everybody who edited or froze anything since the last release that led to this revision, or who asks."""
    return Lineage.of([review]).authors(review)


@dataclass(frozen=True, slots=True)
class Lineage:
    """The revisions of some prompts of one workspace and of the snippets that they name by number, how they descend from
    each other, and which were released.
    """

    revisions: Mapping[int, Revision]
    released: frozenset[int]
    named: Mapping[str, int]  # slug@number -> revision

    @classmethod
    def of(cls, reviews: Sequence[Review]) -> Lineage:
        """Read it in two statements, whatever the number of reviews."""
        slugs = {slug for review in reviews for slug, _ in _numbered(review.revision)}
        wanted = Q(prompt__in={review.prompt_id for review in reviews})
        if slugs:
            wanted |= Q(prompt__workspace=reviews[0].workspace_id, prompt__slug__in=slugs)
        rows = Revision.objects.filter(wanted).order_by().annotate(slug=F("prompt__slug"))
        columns = list(rows.only("number", "parent", "prompt", "editors", "created_by", "snippets"))
        released = rows.filter(releases__isnull=False).values_list("pk", flat=True)
        named = {f"{row.slug}@{row.number}": row.pk for row in columns}
        return cls({row.pk: row for row in columns}, frozenset(released), named)

    def authors(self, review: Review) -> frozenset[int]:
        """The writers of the revision, of all that it was made from back to a released one, and of all that was frozen
        between the last release before it and itself, since their words may have been carried over by hand. So of every
        snippet that nobody approved yet.
        """
        writers: set[int | None] = {review.requested_by_id}
        begun = (review.revision_id, *self._unapproved(review))
        for pk in {each for start in begun for each in self._since_release(self.revisions[start])}:
            writers |= {*self.revisions[pk].editors, self.revisions[pk].created_by_id}
        return frozenset(pk for pk in writers if pk is not None)

    def _unapproved(self, review: Review) -> Iterator[int]:
        """What the revision includes by number, was not released itself, and was in no release of the prompt either. A
        label leads to a release.
        """
        known = {
            reference
            for pk in self.released
            if self.revisions[pk].prompt_id == review.prompt_id
            for reference in self.revisions[pk].snippets
        }
        for slug, number in _numbered(review.revision):
            pk = self.named.get(f"{slug}@{number}")
            if pk is not None and pk not in self.released and f"{slug}@{number}" not in known:
                yield pk

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


def _numbered(revision: Revision) -> Iterator[tuple[str, str]]:
    """Slug and number of the snippets that a revision names so."""
    for reference in revision.snippets:
        slug, _, at = reference.partition("@")
        if at.isdecimal():
            yield slug, at
