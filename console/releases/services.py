"""Letting an approved revision out. Everything that an approval rests on is counted here, in the one transaction."""

from __future__ import annotations

import hashlib

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from console.accounts.models import Membership, Workspace
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.problems import DomainError, NotAllowed
from console.prompts.models import Prompt
from console.releases.keys import sign
from console.releases.labels import move_label
from console.releases.models import Release
from console.releases.statement import statement_bytes
from console.reviews.models import Review
from console.reviews.standing import Standing, standing


class NotApproved(DomainError):
    """The review does not stand: something is missing, or what was approved is not what is there now."""


@transaction.atomic
def create_release(*, review: Review, member: Membership, reason: str = "") -> Release:
    """Release the review's revision and point the review's label at it.

    INVARIANT: nothing is released that does not hold at this moment: the review is locked, the revision is validated
    anew under the policy in force, and approvals are counted as they stand, whatever a page said a second ago.
    Raises NotAllowed, NotApproved.
    """
    # Bounds and policy change under the workspace's lock, so that neither moves while they are looked at.
    Workspace.objects.select_for_update().get(pk=member.workspace_id)
    locked = (
        Review.objects.select_for_update(of=("self",))
        .select_related("workspace", "prompt", "revision__prompt", "requested_by")
        .get(pk=review.pk)
    )
    member = _hold_members(locked, member)
    require(member, Action.RELEASE, locked)
    Prompt.objects.select_for_update().get(pk=locked.prompt_id)
    if not locked.is_open:
        raise NotApproved(
            f"Review {locked.number} is {locked.get_status_display().lower()}.",
            "Only an open review can be released.",
        )
    now = standing(locked)
    _must_stand(locked, now)
    release = _create(locked, now, member)
    Review.objects.filter(pk=locked.pk).update(
        status=Review.Status.RELEASED, against=now.change.against, closed_at=timezone.now()
    )
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=Act.RELEASE_CREATED,
        subject=Subject("release", str(release.pk), str(release)),
        detail={"revision": locked.revision.digest, "statement": release.digest, "review": locked.number},
    )
    move_label(release=release, name=locked.label, member=member, reason=reason or locked.title)
    return release


def _hold_members(review: Review, member: Membership) -> Membership:
    """Lock the memberships whose roles decide, and read the releaser's anew: the request may hold an old one.

    A role lost meanwhile is lost before or after the release, never in between.
    """
    people = {member.user_id, *review.decisions.filter(superseded=False).values_list("by", flat=True)}
    held = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user", "workspace")
        .filter(workspace=review.workspace_id, user__in=people)
        .order_by("pk")
    )
    mine = next((row for row in held if row.pk == member.pk), None)
    if mine is None:
        raise NotAllowed("You are no longer a member of this workspace.")
    return mine


def _must_stand(review: Review, now: Standing) -> None:
    if now.unmet:
        what = "; ".join(
            f"{line.sentence} ({line.because})" if line.because else line.sentence for line in now.unmet
        )
        raise NotApproved(
            f"{review.revision} can't be released yet. Not met: {what}.",
            "Settle it on the page of the review, then release.",
        )


def _create(review: Review, now: Standing, member: Membership) -> Release:
    last = Release.objects.filter(prompt=review.prompt).aggregate(last=Max("number"))["last"] or 0
    statement = statement_bytes(
        standing=now,
        number=last + 1,
        created_at=timezone.now().isoformat(),
        created_by=member.user.shown_name,
    )
    return Release.objects.create(
        workspace=review.workspace,
        prompt=review.prompt,
        number=last + 1,
        revision=review.revision,
        review=review,
        statement=statement,
        digest=hashlib.sha256(statement).hexdigest(),
        signatures=sign(statement),
        playground=review.workspace.playground,
        created_by=member.user,
    )
