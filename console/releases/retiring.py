"""Taking a label away: from then on its fetches are answered with 410, so that nobody goes on with what it pointed to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from console.accounts.models import Membership, Right, Token
from console.accounts.permissions import Action, require
from console.accounts.tokens import SERVED
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.problems import DomainError, Invalid
from console.prompts.models import Prompt
from console.releases.drift_checks import record_of
from console.releases.labels import LabelMoved, end_shares, require_move
from console.releases.models import Label, LabelMove, PlannedMove, Release, Watch
from console.releases.planning import call_off
from console.releases.telling import tell_retired
from console.releases.webhooks.outbox import tell
from console.reviews.looking import look_at_touched


class NoLabel(DomainError):
    """The prompt has no such label, or not any more."""

    status = 404


@dataclass(frozen=True, slots=True)
class Reach:
    """The tokens in force that fetch by a label, and when one of them was last used for anything."""

    tokens: tuple[Token, ...]
    last_used: datetime | None


@transaction.atomic
def retire_label(
    *, prompt: Prompt, name: str, member: Membership, reason: str, seen: int | None = None
) -> Release:
    """Take the label away; returns the release that it pointed to, which stays as it is.

    What hung on the label ends with it: a share of its fetches, a planned move, a watch for drift. Pointing the name at
    a release again makes it anew. ``seen``: see ``move_label``. It takes what moving the label takes.
    Raises NotAllowed, Invalid (no reason), NoLabel, LabelMoved.
    """
    Prompt.objects.select_for_update(no_key=True).get(pk=prompt.pk)
    label = _label(prompt, name, member)
    require_move(member, label, name, label.release)
    if not reason.strip():
        raise Invalid(f"{name} is retired with a reason.", "Say why nobody should fetch it any more.")
    before = label.release
    if seen is not None and seen != before.number:
        raise LabelMoved(
            f"{name} points to release {before.number} by now.", "Look at the labels again, then decide."
        )
    end_shares(label, member, "the label was retired")
    _end_what_hangs_on(label, member)
    _remember(label, member, reason)
    label.delete()
    return before


def _label(prompt: Prompt, name: str, member: Membership) -> Label:
    rows = Label.objects.filter(prompt=prompt, name=name)
    label = rows.select_related("prompt", "release__revision", "release__review", "release__prompt").first()
    if label is None:
        require(member, Action.MOVE_LABEL, prompt)
        raise NoLabel(f"{prompt.slug} has no label {name[:40]} any more.", "Look at the labels again.")
    return label


def _end_what_hangs_on(label: Label, member: Membership) -> None:
    planned = PlannedMove.objects.filter(
        prompt=label.prompt, name=label.name, status=PlannedMove.Status.PLANNED
    )
    for row in planned.select_for_update(no_key=True, of=("self",)).select_related(
        "release__workspace", "prompt"
    ):
        call_off(row, member)
    watches = Watch.objects.filter(prompt=label.prompt, label=label.name, ended_at=None)
    for watch in watches.select_related("workspace", "prompt"):
        Watch.objects.filter(pk=watch.pk).update(ended_at=Now())
        record_of(watch, Act.DRIFT_UNWATCHED, member.actor, {"why": "the label was retired"})


def _remember(label: Label, member: Membership, reason: str) -> None:
    before, name = label.release, label.name
    LabelMove.objects.create(
        prompt=before.prompt,
        name=name,
        before=before,
        after=None,
        reason=reason.strip()[:500],
        by=member.user,
        protected=label.protected,
    )
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=Act.LABEL_RETIRED,
        subject=Subject("release", str(before.pk), f"{before.prompt.slug}@{name}"),
        detail={"label": name, "from": before.number, "to": None, "digest": before.digest},
    )
    SERVED.changed()
    look_at_touched(before.prompt, name)
    tell(before.workspace_id)
    tell_retired(name, before, member, reason)


def tokens_in_force(member: Membership) -> list[Token]:
    """The tokens of the workspace that fetch."""
    good = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    tokens = member.workspace.tokens.filter(good, revoked_at=None, rights__contains=[Right.FETCH])
    return list(tokens.only("name", "scopes", "last_used_at").order_by("name"))


def reach_of(tokens: Iterable[Token], slug: str, label: str) -> Reach:
    """Who would notice that a label is gone."""
    reaching = tuple(token for token in tokens if token.covers(slug, label))
    used = [token.last_used_at for token in reaching if token.last_used_at]
    return Reach(reaching, max(used, default=None))
