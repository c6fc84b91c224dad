"""What people decided, and whose word counts at this moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from console.accounts.models import Membership
from console.accounts.permissions import Action, can
from console.reviews.ground import Drift, Ground, drift, ground_of
from console.reviews.models import Decision, Review
from policies import current_name


@dataclass(frozen=True, slots=True)
class Voice:
    """One person's current word. ``member`` is None when the person is no longer in the workspace.

    ``refused`` says why it does not count whatever the ground; ``drift`` what changed since it was given.
    """

    decision: Decision
    member: Membership | None
    refused: str
    drift: tuple[Drift, ...]

    @property
    def approves(self) -> bool:
        """Whether it counts as an approval now."""
        return self.decision.word == Decision.Word.APPROVE and not self.refused and not self.drift

    @property
    def is_stale(self) -> bool:
        return bool(self.drift)

    @property
    def specialties(self) -> tuple[str, ...]:
        """Under their current names: a policy may call them otherwise than when they were given."""
        return tuple(current_name(name) for name in self.member.specialties) if self.member else ()


def voices_of(review: Review, ground: Ground, authors: frozenset[int]) -> tuple[Voice, ...]:
    """Everybody's current word, oldest first. Two statements."""
    decisions = list(review.decisions.filter(superseded=False).select_related("by"))
    members = {
        member.user_id: member
        for member in Membership.objects.select_related("user").filter(
            workspace=review.workspace_id, user__in=[decision.by_id for decision in decisions]
        )
    }
    return tuple(_voice(decision, review, ground, authors, members) for decision in decisions)


def _voice(
    decision: Decision,
    review: Review,
    ground: Ground,
    authors: frozenset[int],
    members: Mapping[int, Membership],
) -> Voice:
    member = members.get(decision.by_id)
    return Voice(decision, member, refusal(member, review, authors), drift(ground_of(decision), ground))


def refusal(member: Membership | None, review: Review, authors: Iterable[int]) -> str:
    """Why this person's word cannot count in this review, as a sentence; empty when it can."""
    if member is None:
        return "They are no longer a member of this workspace."
    name = member.user.shown_name
    if not member.user.is_active:
        return f"The account of {name} is closed."
    if member.user_id in set(authors):
        return f"{name} wrote part of it or asked for the review: nobody approves their own work, whatever the roles."
    if not can(member, Action.DECIDE, review.revision):
        domains = ", ".join(member.domains)
        bound = f" {name} reviews {domains} only." if domains else ""
        return f"{name} is not a reviewer for the domain {review.revision.domain}.{bound}"
    return ""
