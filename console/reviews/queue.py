"""Which reviews wait for whom. Rows are looked at in bulk, so that the list costs the same however long it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils import timezone

from console.accounts.models import Membership, User
from console.accounts.permissions import Action, can
from console.governance.services import governance_of
from console.prompts.models import Revision
from console.prompts.snippets import led_elsewhere
from console.reviews.authors import Lineage
from console.reviews.models import Assignment, Decision, Review
from console.reviews.voices import refusal

MOST_OPEN = 500  # of a workspace: beyond it the oldest are only under "all open"


@dataclass(frozen=True, slots=True)
class Entry:
    """A review as a list shows it. ``mine``: the member wrote part of it or asked; ``waits``: for the member's word;
    ``to_release``: it is approved, and the member may release it; ``reopened``: a snippet that it includes changed.

    A review that is asked of named people waits for them; one that names nobody waits for everybody who may decide.
    """

    review: Review
    mine: bool
    waits: bool
    approvals: tuple[Decision, ...]
    stale: bool
    asked: tuple[User, ...]
    overdue: bool
    reopened: bool = False
    ready: bool = False
    to_release: bool = False

    @property
    def needs(self) -> bool:
        """Whether it waits for this member at all: what a snippet reopened waits for those whose work it is."""
        return self.waits or self.to_release or (self.mine and self.reopened)

    @property
    def word(self) -> str:
        if self.reopened:
            return "Snippet changed"
        if self.stale:
            return "Approval stale"
        if self.ready:
            return "Approved"
        return str(self.review.get_status_display())

    @property
    def state(self) -> str:
        """What the mark beside it looks like."""
        if self.review.status == Review.Status.RELEASED or self.ready:
            return "ok"
        return (
            "stale" if self.stale or self.reopened or self.review.status == Review.Status.CHANGES else "draft"
        )


def reviews_of(member: Membership) -> QuerySet[Review]:
    """All reviews that the member may see, with what a row shows."""
    target = (
        Revision.objects.filter(
            releases__labels__prompt=OuterRef("prompt"), releases__labels__name=OuterRef("label")
        )
        .order_by()
        .values("digest")[:1]
    )
    current = Decision.objects.filter(superseded=False).select_related("by")
    return (
        Review.objects.filter(workspace=member.workspace_id)
        .select_related("prompt", "revision", "against", "requested_by")
        .defer("revision__compiled", "revision__content", "revision__source_map", "revision__findings")
        .defer("against__compiled", "against__content", "against__source_map", "against__findings")
        .prefetch_related(
            Prefetch("decisions", current, to_attr="words"),
            Prefetch("assignments", Assignment.objects.select_related("user"), to_attr="asked"),
        )
        .annotate(
            target_digest=Subquery(target),
            open_threads=Count("threads", filter=Q(threads__resolved_at=None), distinct=True),
            revision_number=F("revision__number"),
        )
    )


def entries(reviews: Iterable[Review], member: Membership) -> list[Entry]:
    """The rows of a list, for this member. Seven statements, whatever the number."""
    rows = list(reviews)
    moved = led_elsewhere(member.workspace, [review.revision for review in rows if review.is_open])
    lineage = Lineage.of(rows)
    governance = governance_of(member.workspace)
    under = (governance.pack.digest, governance.bounds.version)
    return [_entry(review, member, lineage, under, review.revision_id in moved) for review in rows]


def open_entries(member: Membership) -> list[Entry]:
    """All open reviews of the workspace, but of prompts that were put away: what is due first, then who has waited
    longest.
    """
    order = (F("due").asc(nulls_last=True), "requested_at")
    waiting = reviews_of(member).filter(status__in=Review.UNDECIDED, prompt__archived=False)
    return entries(waiting.order_by(*order)[:MOST_OPEN], member)


def needing(member: Membership) -> list[Entry]:
    """The reviews that wait for this member: for a word, or for a release."""
    return [entry for entry in open_entries(member) if entry.needs]


def _entry(
    review: Review, member: Membership, lineage: Lineage, under: tuple[str, int], moved: bool
) -> Entry:
    review.revision.prompt = review.prompt
    authors = lineage.authors(review)
    words: list[Decision] = review.words  # type: ignore[attr-defined]
    reopened = moved and review.is_open
    fresh = [
        word for word in words if not review.is_open or (not reopened and _is_fresh(word, review, under))
    ]
    said = any(word.by_id == member.user_id for word in fresh)
    may = not refusal(member, review, authors)
    stale = len(fresh) < len(words)
    # As far as a list can tell; the page of the review and the release count anew.
    ready = bool(review.ready_since and review.status == Review.Status.OPEN and fresh and not stale)
    ready = ready and not review.open_threads  # type: ignore[attr-defined]
    asked = tuple(row.user for row in review.asked)  # type: ignore[attr-defined]
    for_me = not asked or any(user.pk == member.user_id for user in asked)
    return Entry(
        review=review,
        mine=member.user_id in authors,
        waits=review.status == Review.Status.OPEN and may and for_me and not said and not reopened,
        approvals=tuple(word for word in fresh if word.word == Decision.Word.APPROVE),
        stale=stale,
        asked=asked,
        overdue=is_overdue(review),
        reopened=reopened,
        ready=ready,
        to_release=ready and can(member, Action.RELEASE, review),
    )


def is_overdue(review: Review) -> bool:
    return review.is_open and review.due is not None and review.due < timezone.localdate()


def _is_fresh(word: Decision, review: Review, under: tuple[str, int]) -> bool:
    """Whether the word stands on the ground of now, as far as a list can tell: evidence is looked at on the review's own
    page.
    """
    ground = (word.pack_digest, word.bounds_version, word.against_digest)
    return ground == (*under, review.target_digest or "")  # type: ignore[attr-defined]
