"""Letting an approved revision out. Everything that an approval rests on is counted here, in the one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import asdict

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import Membership, Role, Workspace
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.notifications.models import Kind
from console.notifications.services import notify
from console.problems import DomainError, Invalid, NotAllowed
from console.prompts.models import Prompt
from console.releases.checkpoints import point_of
from console.releases.keys import sign
from console.releases.labels import move_label
from console.releases.models import Release
from console.releases.statement import statement_bytes
from console.reviews.models import Review
from console.reviews.standing import Standing, standing


class NotApproved(DomainError):
    """The review does not stand: something is missing, or what was approved is not what is there now."""


# What breaking the glass may leave out; never that the text holds the limits, nor that it is what was read.
BREAKABLE = frozenset(
    {"approvals", "role", "evidence", "explanation", "threads", "changes", "acknowledge", "judge"}
)
SHORTEST_REASON = 20  # characters, for breaking the glass


@transaction.atomic
def create_release(
    *, review: Review, member: Membership, reason: str = "", break_glass: bool = False
) -> Release:
    """Release the review's revision and point the review's label at it.

    ``break_glass`` releases it although something is not met, in an emergency: with a reason, on the record, and marked
    in the bundle so that verifiers refuse it unless they are told to accept that.

    INVARIANT: nothing is released that does not hold at this moment: the review is locked, the revision is validated
    anew under the policy in force, and approvals are counted as they stand, whatever a page said a second ago.
    Raises NotAllowed, NotApproved.
    """
    # Bounds and policy change under the workspace's lock, so that neither moves while they are looked at.
    Workspace.objects.select_for_update(no_key=True).get(pk=member.workspace_id)
    locked = (
        Review.objects.select_for_update(no_key=True, of=("self",))
        .select_related("workspace", "prompt", "revision__prompt", "requested_by")
        .get(pk=review.pk)
    )
    member = _hold_members(locked, member)
    require(member, Action.RELEASE, locked)
    Prompt.objects.select_for_update(no_key=True).get(pk=locked.prompt_id)
    if not locked.is_open:
        raise NotApproved(
            f"Review {locked.number} is {locked.get_status_display().lower()}.",
            "Only an open review can be released.",
        )
    now = standing(locked)
    why = _broken_glass(now, reason) if break_glass and now.unmet else ""
    if not why:
        _must_stand(locked, now)
    release = _create(locked, now, member, why)
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
    if why:
        _say_broken(release, now, member, why)
    move_label(release=release, name=locked.label, member=member, reason=reason or locked.title)
    _tell_out(release, locked, member)
    return release


def _tell_out(release: Release, review: Review, member: Membership) -> None:
    """To whoever asked for it or wrote it."""
    concerned = Membership.objects.filter(
        workspace=member.workspace, user__in={review.requested_by_id, *review.revision.editors}
    ).exclude(pk=member.pk)
    notify(
        concerned.select_related("user", "workspace"),
        kind=Kind.RELEASED,
        key=f"out:{release.pk}",
        title=f"{release.prompt.slug} r{release.revision.number} is out as {review.label}: release {release.number}",
        address=reverse(
            "releases:release", args=[member.workspace.slug, release.prompt.slug, release.number]
        ),
    )


def _hold_members(review: Review, member: Membership) -> Membership:
    """Lock the memberships whose roles decide, and read the releaser's anew: the request may hold an old one.

    A role lost meanwhile is lost before or after the release, never in between.
    """
    people = {member.user_id, *review.decisions.filter(superseded=False).values_list("by", flat=True)}
    held = (
        Membership.objects.select_for_update(no_key=True, of=("self",))
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


def _broken_glass(now: Standing, reason: str) -> str:
    """The reason, where the glass may be broken. Raises NotApproved, Invalid."""
    if never := [line for line in now.unmet if line.kind not in BREAKABLE]:
        raise NotApproved(
            f"{never[0].sentence} ({never[0].because}): nobody can break the glass for that.",
            "Correct the draft and snapshot it again.",
        )
    if len(reason.strip()) < SHORTEST_REASON:
        raise Invalid(
            "Say in a sentence what the emergency is.",
            f"At least {SHORTEST_REASON} characters; it is signed.",
        )
    return reason.strip()[:500]


def _say_broken(release: Release, now: Standing, member: Membership, why: str) -> None:
    """On the record, and to everybody who approves, releases or administers here."""
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=Act.GLASS_BROKEN,
        subject=Subject("release", str(release.pk), str(release)),
        detail={"reason": why, "unmet": [line.sentence for line in now.unmet]},
    )
    concerned = Membership.objects.filter(
        workspace=member.workspace, roles__overlap=[Role.REVIEWER, Role.APPROVER, Role.ADMIN, Role.AUDITOR]
    ).exclude(pk=member.pk)
    notify(
        concerned.select_related("user", "workspace"),
        kind=Kind.RELEASED,
        key=f"glass:{release.pk}",
        title=f"{member.user.shown_name} broke the glass: {release} went out without its approvals",
        text=why,
        address=reverse(
            "releases:release", args=[member.workspace.slug, release.prompt.slug, release.number]
        ),
    )


def _create(review: Review, now: Standing, member: Membership, broken_glass: str) -> Release:
    last = Release.objects.filter(prompt=review.prompt).aggregate(last=Max("number"))["last"] or 0
    statement = statement_bytes(
        standing=now,
        number=last + 1,
        created_at=timezone.now().isoformat(),
        created_by=member.user.shown_name,
        audit=asdict(point_of(member.workspace.chain)),
        broken_glass=broken_glass,
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
        broken_glass=bool(broken_glass),
        created_by=member.user,
    )
