"""A share of a label's fetches gets a candidate: the same callers every time, as long as the share lasts."""

from __future__ import annotations

import hashlib
import secrets

from django.db import transaction

from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.accounts.tokens import SERVED
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.problems import DomainError, Invalid
from console.prompts.models import Prompt
from console.releases.labels import LabelMoved, end_shares, require_move
from console.releases.models import Label, Release, Share
from console.releases.validity import why_not

LONGEST_KEY = 200  # characters


@transaction.atomic
def set_share(
    *,
    release: Release,
    name: str,
    percent: int,
    member: Membership,
    reason: str = "",
    seen: int | None = None,
) -> Share:
    """Give ``percent`` of the fetches of label ``name`` to ``release``; of the same candidate, change how many.

    Who is in a share stays in it when it grows. It takes what moving the label takes. Raises NotAllowed, Invalid,
    LabelMoved (the label does not point to release ``seen`` any more), DomainError (no such label; the candidate is
    what it points to, or would not be approved today).
    """
    prompt = Prompt.objects.select_for_update(no_key=True).get(pk=release.prompt_id)
    label = Label.objects.filter(prompt=prompt, name=name).select_related("release", "prompt").first()
    if label is None:
        raise DomainError(f"There is no label {name[:40]}.", "Point it at a release first.")
    require_move(member, label, name, release)
    _check(label, release, percent, seen)
    before = Share.objects.filter(prompt=prompt, name=name, ended_at=None).first()
    same = before is not None and before.release_id == release.pk
    salt = before.salt if before and same else secrets.token_hex(16)
    end_shares(label, member, "changed" if same else "another candidate took its place")
    share = Share.objects.create(
        prompt=prompt,
        name=name,
        release=release,
        percent=percent,
        salt=salt,
        reason=reason.strip()[:500],
        by=member.user,
    )
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=Act.SHARE_SET,
        subject=Subject("release", str(release.pk), f"{prompt.slug}@{name}"),
        detail={
            "label": name,
            "percent": percent,
            "candidate": release.number,
            "rest": label.release.number,
            "digest": release.digest,
        },
    )
    SERVED.changed()
    return share


def _check(label: Label, release: Release, percent: int, seen: int | None) -> None:
    if not 1 <= percent <= 99:
        raise Invalid(
            f"{percent} per cent can't be a share.", "Choose 1 to 99; for all of them, move the label."
        )
    if seen is not None and seen != label.release.number:
        raise LabelMoved(
            f"{label.name} points to release {label.release.number} by now.", "Look again, then decide."
        )
    if label.release_id == release.pk:
        raise DomainError(f"{label.name} points to release {release.number} already.", "Choose another one.")
    if why := why_not(release):
        raise DomainError(
            f"Release {release.number} can't be given to anybody: {why}", "Release a newer revision."
        )


@transaction.atomic
def end_share(*, prompt: Prompt, name: str, member: Membership) -> None:
    """All fetches get what the label points to again. Raises NotAllowed, DomainError (there is no share)."""
    Prompt.objects.select_for_update(no_key=True).get(pk=prompt.pk)
    label = Label.objects.filter(prompt=prompt, name=name).select_related("release", "prompt").first()
    if label is None:
        require(member, Action.MOVE_LABEL, prompt)
    else:
        require_move(member, label, name, label.release)
    if label is None or not end_shares(label, member, "ended by hand"):
        raise DomainError(f"Nothing is shared of {name[:40]}.", "Look at the labels again.")


def in_share(salt: str, key: str, percent: int) -> bool:
    """Whether a key is in the share: by a hash, so that nobody chooses and everybody stays."""
    digest = hashlib.sha256(f"{salt}:{key[:LONGEST_KEY]}".encode()).digest()
    return int.from_bytes(digest[:8]) % 10_000 < percent * 100
