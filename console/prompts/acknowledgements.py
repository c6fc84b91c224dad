"""Warnings that somebody accepted, with the reason that a reviewer reads. What blocks can't be accepted by anyone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from django.db import transaction

from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.problems import DomainError, Invalid
from console.prompts.models import Acknowledgement, Prompt
from console.queue import wake
from console.repeated import Repeated
from policies import Finding, Severity

Key = tuple[str, str]
REVIEWED = "reviews.look_at_prompt"  # what reviews of the prompt need may be met by it


def key_of(finding: Finding) -> Key:
    """What an acknowledgement binds to: the code, and the words or the place that it was found in."""
    said = finding.quote or finding.path or finding.message
    return finding.code, hashlib.sha256(said.encode()).hexdigest()


_ACKNOWLEDGED = Repeated(lambda prompt: Acknowledgement.objects.select_related("by").filter(prompt=prompt))


def acknowledged(prompt: Prompt) -> Mapping[Key, Acknowledgement]:
    """All acknowledgements of a prompt by what they bind to."""
    rows = _ACKNOWLEDGED.all(prompt.pk)
    return {(row.code, row.quote_digest): row for row in rows}


@transaction.atomic
def acknowledge(*, prompt: Prompt, finding: Finding, reason: str, member: Membership) -> Acknowledgement:
    """Accept a warning for this prompt until its wording changes; once, so that nobody changes the reason that reviewers read.

    Raises NotAllowed, Invalid, DomainError (it was acknowledged).
    """
    require(member, Action.EDIT, prompt)
    if finding.severity is not Severity.WARN:
        raise Invalid(
            "Only a warning can be acknowledged.",
            "What blocks has to be changed; nobody can waive it."
            if finding.severity is Severity.BLOCK
            else "",
        )
    if not reason.strip():
        raise Invalid(
            "An acknowledgement needs a reason.", "Say why it is right here: the reviewer reads it."
        )
    reason = reason.strip()[:500]
    code, digest = key_of(finding)
    row, made = Acknowledgement.objects.get_or_create(
        prompt=prompt,
        code=code,
        quote_digest=digest,
        defaults={"reason": reason, "by": member.user},
    )
    if not made and row.reason == reason:  # pressed twice
        return row
    if not made:  # reviewers read the reason that is there, and approved with it
        raise DomainError(
            f"{row.by.shown_name} acknowledged it already: “{row.reason}”",
            "The reason stays; say more in the review.",
        )
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=Act.FINDING_ACKNOWLEDGED,
        subject=Subject("prompt", str(prompt.pk), prompt.title),
        detail={"code": code, "quote": digest},
    )
    wake(REVIEWED, prompt.pk)
    return row
