"""Immutable snapshots of a draft, addressed by their content, and the way back from one to a draft."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db import transaction

import policies
from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.live import publish
from console.problems import DomainError, Invalid
from console.prompts.drafts import Checked, check, save, topic
from console.prompts.models import Draft, Prompt, Revision
from policies.canonical import plain


class NothingChanged(DomainError):
    """The draft says what the newest revision says, under the same policy."""


class Moved(DomainError):
    """The draft was saved by somebody else since the page was opened."""


def create_revision(*, draft: Draft, version: int, message: str, member: Membership) -> Revision:
    """Freeze the draft as its next revision.

    It is validated and compiled anew; a blocked one may be frozen too, and says so for ever. Raises NotAllowed, Moved
    (the draft is not at ``version`` any more), NothingChanged, Invalid (the draft can't be read or compiled).
    """
    require(member, Action.SNAPSHOT, draft.prompt)
    with transaction.atomic():
        row = (
            Draft.objects.select_for_update(no_key=True, of=("self",)).select_related("base").get(pk=draft.pk)
        )
        row.prompt = draft.prompt
        if row.version != version:
            raise Moved(
                f"The draft is at version {row.version} by now, and you saw version {version}.",
                "Look at what changed, then snapshot again.",
            )
        checked = _usable(check(draft.prompt.workspace, row.content))
        revision = _freeze(row, checked, message, member)
        row.base, row.editors = revision, []
        row.save(update_fields=["base", "editors"])
        record(
            chain=member.workspace.chain,
            actor=member.actor,
            act=Act.REVISION_CREATED,
            subject=Subject("revision", str(revision.pk), str(revision)),
            detail={"digest": revision.digest, "pack": revision.pack, "blocked": revision.blocked},
        )
        publish(topic(row), "revision")
    return revision


@transaction.atomic
def restore(*, revision: Revision, draft: Draft, version: int, member: Membership) -> Draft:
    """Make the draft say what ``revision`` says: a save like any other, so that nothing typed since is overwritten.

    Those who wrote the revision count as editors of what comes of it.
    """
    saved = save(draft=draft, version=version, content=revision.content, member=member)
    saved.editors = sorted({*saved.editors, *revision.editors})
    saved.save(update_fields=["editors"])
    return saved


def newest(prompt: Prompt) -> Revision | None:
    return prompt.revisions.order_by("-number").first()


def _usable(checked: Checked) -> Checked:
    if checked.problems:
        raise Invalid(
            f"The draft can't be frozen yet: {checked.problems[0]}",
            "Correct what the findings name, then snapshot again.",
        )
    if checked.compiled is None:
        raise Invalid(
            "A snippet that the draft includes can't be put in place.", "The findings say which, and why."
        )
    return checked


def _freeze(row: Draft, checked: Checked, message: str, member: Membership) -> Revision:
    compiled = checked.compiled
    assert compiled is not None  # _usable saw to it
    last = newest(row.prompt)
    digest = policies.digest({"draft": checked.draft.to_dict(), "compiled": compiled.digest})
    if last and last.digest == digest:
        raise NothingChanged(f"Nothing changed since r{last.number}.", "Edit the draft first.")
    return Revision.objects.create(
        prompt=row.prompt,
        number=last.number + 1 if last else 1,
        parent=row.base,
        digest=digest,
        content=row.content,
        snippets={f"{pin.slug}@{pin.at}": pin.digest for pin in compiled.snippets},
        compiled=compiled.text,
        params=plain(compiled.params),
        source_map=[asdict(piece) for piece in compiled.source_map],
        pack=compiled.pack_ref,
        pack_digest=compiled.pack_digest,
        bounds_version=checked.governance.bounds.version,
        domain=checked.draft.domain,
        findings=_findings(checked),
        blocked=checked.verdict.blocked,
        message=message.strip()[:500],
        # Whoever typed since the last revision, or froze this one, may not approve it.
        editors=sorted({*row.editors, member.user_id}),
        created_by=member.user,
    )


def _findings(checked: Checked) -> list[dict[str, Any]]:
    return [finding.as_dict() for finding in checked.verdict.findings]
