"""Moves of labels that happen later: a row each, carried out by a sweep, refused where they would not hold any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import Membership
from console.audit.acts import Act
from console.audit.services import SYSTEM, Actor, Subject, record
from console.notifications.models import Kind
from console.notifications.services import notify
from console.problems import DomainError, Invalid, NotAllowed
from console.prompts.models import Prompt
from console.releases.labels import check_name, move_label, require_move
from console.releases.models import Label, PlannedMove, Release
from console.releases.validity import why_not

FURTHEST = timedelta(days=365)


@transaction.atomic
def plan_move(
    *, release: Release, name: str, at: datetime, member: Membership, reason: str = ""
) -> PlannedMove:
    """Plan to point ``name`` at ``release``. What it points to now is remembered as what is to be replaced.

    Raises NotAllowed, Invalid (the name; a time that has passed or is too far away), DomainError (a move of the label is
    planned already, or the release would not hold even now).
    """
    check_name(name)
    prompt = Prompt.objects.select_for_update(no_key=True).get(pk=release.prompt_id)
    label = Label.objects.filter(prompt=prompt, name=name).select_related("release").first()
    require_move(member, label, name, release)
    now = timezone.now()
    if not now < at <= now + FURTHEST:
        raise Invalid("The time has passed, or is more than a year away.", "Choose one between now and then.")
    if label and label.release_id == release.pk:
        raise DomainError(f"{name} points to release {release.number} already.", "There is nothing to move.")
    if why := why_not(release):
        raise DomainError(f"Release {release.number} would not hold: {why}", "Release a newer revision.")
    try:
        with transaction.atomic():
            planned = PlannedMove.objects.create(
                prompt=prompt,
                name=name,
                before=label.release if label else None,
                release=release,
                at=at,
                reason=reason.strip()[:500],
                by=member.user,
            )
    except IntegrityError:
        raise DomainError(f"A move of {name} is planned already.", "Cancel that one first.") from None
    _record(planned, Act.LABEL_PLANNED, member.actor, at=at.isoformat())
    return planned


@transaction.atomic
def cancel_move(*, planned: PlannedMove, member: Membership) -> None:
    """Raises NotAllowed, DomainError (it is over)."""
    locked = (
        PlannedMove.objects.select_for_update(no_key=True, of=("self",))
        .select_related("release", "prompt")
        .get(pk=planned.pk)
    )
    label = Label.objects.filter(prompt=locked.prompt, name=locked.name).first()
    require_move(member, label, locked.name, locked.release)
    if locked.status != PlannedMove.Status.PLANNED:
        raise DomainError(
            f"The move is {locked.get_status_display().lower()} already.", "Look at the labels again."
        )
    call_off(locked, member)


def call_off(planned: PlannedMove, member: Membership) -> None:
    """A locked plan does not happen. Whether the member may say so is the caller's to ask."""
    _settle(planned, PlannedMove.Status.CANCELLED)
    _record(planned, Act.LABEL_PLAN_CANCELLED, member.actor)


def sweep() -> int:
    """Carry out what is due; returns how many moves were settled."""
    due = PlannedMove.objects.filter(status=PlannedMove.Status.PLANNED, at__lte=timezone.now())
    return sum(carry_out(pk) for pk in due.order_by("at").values_list("pk", flat=True)[:50])


@transaction.atomic
def carry_out(pk: int) -> bool:
    """Move the label as planned, or say why not. False where somebody else is at it, or was."""
    planned = (
        PlannedMove.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related(
            "release__revision", "release__workspace", "release__prompt", "prompt", "by", "before"
        )
        .filter(pk=pk, status=PlannedMove.Status.PLANNED, at__lte=timezone.now())
        .first()
    )
    if planned is None:
        return False
    try:
        with transaction.atomic():
            _move(planned)
    except DomainError as error:
        _settle(planned, PlannedMove.Status.REFUSED, f"{error.message} {error.what_to_do}".strip())
        _record(planned, Act.LABEL_PLAN_REFUSED, SYSTEM, why=error.message[:300])
        _tell(planned, f"{planned.name} was not moved to release {planned.release.number}")
    else:
        _settle(planned, PlannedMove.Status.DONE)
        _tell(planned, f"{planned.name} points to release {planned.release.number} now, as planned")
    return True


def _move(planned: PlannedMove) -> None:
    """Everything is counted anew: who planned it, the release, and what it replaces."""
    member = (
        Membership.objects.select_for_update(no_key=True, of=("self",))
        .select_related("user", "workspace")
        .filter(workspace=planned.release.workspace_id, user=planned.by)
        .first()
    )
    if member is None or not member.user.is_active:
        raise NotAllowed(f"{planned.by.shown_name} is no longer a member of this workspace.")
    if why := why_not(planned.release):
        raise DomainError(f"Release {planned.release.number} does not hold any more: {why}")
    move_label(
        release=planned.release,
        name=planned.name,
        member=member,
        reason=planned.reason or f"planned on {planned.created_at:%-d %B %Y}",
        seen=planned.before.number if planned.before else 0,
    )


def _settle(planned: PlannedMove, status: PlannedMove.Status, outcome: str = "") -> None:
    planned.status, planned.outcome, planned.settled_at = status, outcome[:500], timezone.now()
    planned.save(update_fields=["status", "outcome", "settled_at"])


def _record(planned: PlannedMove, act: Act, actor: Actor, **more: str) -> None:
    record(
        chain=planned.release.workspace.chain,
        actor=actor,
        act=act,
        subject=Subject("release", str(planned.release_id), f"{planned.prompt.slug}@{planned.name}"),
        detail={
            "label": planned.name,
            "to": planned.release.number,
            "digest": planned.release.digest,
            **more,
        },
    )


def _tell(planned: PlannedMove, title: str) -> None:
    members = Membership.objects.filter(workspace=planned.release.workspace_id, user=planned.by)
    slug, workspace = planned.prompt.slug, planned.release.workspace.slug
    notify(
        members.select_related("user", "workspace"),
        kind=Kind.RELEASED,
        key=f"plan:{planned.pk}",
        title=f"{slug}: {title}",
        text=planned.outcome,
        address=reverse("releases:release", args=[workspace, slug, planned.release.number]),
    )
