"""Labels: one row that points to one release, moved with a record."""

from __future__ import annotations

import re

from django.db import transaction
from django.utils import timezone

from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.accounts.tokens import SERVED
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.problems import DomainError, Invalid, NotAllowed
from console.prompts.models import PRODUCTION, Prompt
from console.releases.models import Label, LabelMove, Release, Share
from console.releases.telling import tell_rolled_back
from console.releases.webhooks.outbox import tell
from console.reviews.looking import look_at_touched

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


class LabelMoved(DomainError):
    """The label points elsewhere than the form said: somebody moved it meanwhile."""


class ThereAlready(DomainError):
    """The label points to that release; ``label`` is the row."""

    def __init__(self, label: Label) -> None:
        super().__init__(
            f"{label.name} points to release {label.release.number} already.", "There is nothing to move."
        )
        self.label = label


@transaction.atomic
def move_label(
    *, release: Release, name: str, member: Membership, reason: str = "", seen: int | None = None
) -> Label:
    """Point ``name`` at ``release``; the label is made when it is new. Production is always protected.

    ``seen`` is the number of the release that the form showed as current (0: none); None skips that check. Raises
    NotAllowed, Invalid (the name), LabelMoved, ThereAlready.
    """
    prompt = release.prompt
    check_name(name)
    Prompt.objects.select_for_update(no_key=True).get(pk=prompt.pk)  # one move of a prompt's labels at a time
    label = Label.objects.filter(prompt=prompt, name=name).select_related("release").first()
    require_move(member, label, name, release)
    before = label.release if label else None
    if seen is not None and seen != (before.number if before else 0):
        now = f"release {before.number}" if before else "nothing"
        raise LabelMoved(f"{name} points to {now} by now.", "Look at the labels again, then decide.")
    if label is not None and before == release:
        raise ThereAlready(label)
    if label is None:
        label = Label(prompt=prompt, name=name, protected=is_protected(prompt, None, name))
    label.release = release
    label.save()
    if before and release.number < before.number:
        reason = reason.strip() or ready_reason(before, release)
    _remember(label, before, member, reason)
    if before and release.number < before.number:
        tell_rolled_back(label, before, member, reason)
    # A share is of the fetches of what the label pointed to: it is over when that is.
    how = "became the label's release" if before and _candidate(label) == release.pk else "the label moved"
    end_shares(label, member, how)
    return label


def ready_reason(before: Release, release: Release) -> str:
    """Why a label goes from one release to another, where nobody says more."""
    verb = "Rolled back" if release.number < before.number else "Returned"
    return f"{verb} from release {before.number} to {release.number}"


def _candidate(label: Label) -> int | None:
    active = Share.objects.filter(prompt=label.prompt, name=label.name, ended_at=None)
    return active.values_list("release", flat=True).first()


def end_shares(label: Label, member: Membership, outcome: str) -> int:
    """End the share of a label's fetches, when there is one. Call it under the prompt's lock."""
    active = Share.objects.filter(prompt=label.prompt, name=label.name, ended_at=None).select_related(
        "release"
    )
    for share in active:
        share.ended_at, share.ended_by, share.outcome = timezone.now(), member.user, outcome
        share.save(update_fields=["ended_at", "ended_by", "outcome"])
        record(
            chain=member.workspace.chain,
            actor=member.actor,
            act=Act.SHARE_ENDED,
            subject=Subject("release", str(share.release_id), f"{label.prompt.slug}@{label.name}"),
            detail={"label": label.name, "release": share.release.number, "outcome": outcome},
        )
    if active:
        SERVED.changed()
    return len(active)


@transaction.atomic
def protect_label(*, prompt: Prompt, name: str, protected: bool, member: Membership) -> Label:
    """Say whether it takes an approver to move a label. Raises NotAllowed, DomainError (no such label; it is so already;
    production is always protected).
    """
    require(member, Action.MOVE_PROTECTED, prompt)
    Prompt.objects.select_for_update(no_key=True).get(pk=prompt.pk)
    label = Label.objects.filter(prompt=prompt, name=name).select_related("release").first()
    if label is None:
        raise DomainError(f"{prompt.slug} has no label {name[:40]}.", "Look at the labels again.")
    if name == PRODUCTION:
        raise DomainError(f"{name} is always protected.", "Use another label for what needs less.")
    if label.protected == protected:
        raise DomainError(f"{name} is {'protected' if protected else 'not protected'} already.")
    label.protected = protected
    label.save(update_fields=["protected"])
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=Act.LABEL_PROTECTED,
        subject=Subject("release", str(label.release_id), f"{prompt.slug}@{name}"),
        detail={"label": name, "protected": protected},
    )
    return label


def require_move(member: Membership, label: Label | None, name: str, release: Release) -> None:
    """Whoever moves a label, plans to, or shares its fetches needs the same. Raises NotAllowed."""
    if member.token and not member.token.covers(release.prompt.slug, name):
        raise NotAllowed(f"The token {member.token.name} does not reach {release.prompt.slug}@{name}.")
    require(member, move_action(release.prompt, label, name), release)


def move_action(prompt: Prompt, label: Label | None, name: str) -> Action:
    """What it takes to move a label: more where it is protected, as production always is."""
    return Action.MOVE_PROTECTED if is_protected(prompt, label, name) else Action.MOVE_LABEL


def is_protected(prompt: Prompt, label: Label | None, name: str) -> bool:
    """A label that is not there is what it was when it was retired."""
    if label is not None or name == PRODUCTION:
        return label.protected if label else True
    last = LabelMove.objects.filter(prompt=prompt, name=name).values_list("protected", flat=True).first()
    return bool(last)


def check_name(name: str) -> None:
    """Raises Invalid where a name has not the form of a label."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"“{name[:40]}” can't be a label.",
            "A label starts with a small letter; letters, digits and hyphens may follow.",
        )


def _remember(label: Label, before: Release | None, member: Membership, reason: str) -> None:
    LabelMove.objects.create(
        prompt=label.prompt,
        name=label.name,
        before=before,
        after=label.release,
        reason=reason.strip()[:500],
        by=member.user,
    )
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=Act.LABEL_MOVED,
        subject=Subject("release", str(label.release.pk), f"{label.prompt.slug}@{label.name}"),
        detail={
            "label": label.name,
            "from": before.number if before else None,
            "to": label.release.number,
            "digest": label.release.digest,
        },
    )
    SERVED.changed()
    look_at_touched(label.prompt, label.name)
    tell(label.prompt.workspace_id)
