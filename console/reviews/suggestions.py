"""Other words for a line, put into the draft with one click: where the line still reads as it did, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.live import publish
from console.problems import DomainError
from console.prompts.alignment import align
from console.prompts.drafts import draft_of, save
from console.prompts.models import Draft, Prompt, Revision
from console.prompts.proposals import proposals_of
from console.reviews.models import Comment
from console.reviews.services import lock, topic
from console.reviews.telling import tell_applied

_LINE = re.compile(r"line-([a-z][a-z0-9_-]{0,63})-([0-9]{1,6})")


class SuggestionConflict(DomainError):
    """The draft does not hold the line any more as the revision has it."""


def takes_suggestion(anchor: str) -> bool:
    """Whether a place is a line of the revision under review: other words can be suggested for nothing else."""
    return _LINE.fullmatch(anchor) is not None


def line_of(content: Mapping[str, Any], anchor: str) -> str | None:
    """The line of a content that an anchor names, where it has one."""
    match = _LINE.fullmatch(anchor)
    text = _text(content, match[1]) if match else None
    lines = text.split("\n") if text is not None else []
    return lines[int(match[2]) - 1] if match and 1 <= int(match[2]) <= len(lines) else None


@transaction.atomic
def apply_suggestion(*, comment: Comment, member: Membership) -> Draft:
    """Put the suggested words into the draft that the revision came from, as a new version of it by ``member``.

    Whoever suggested them counts as an editor from then on, so that nobody approves words of their own. Raises
    NotAllowed, Closed, DomainError (nothing is suggested, or it was applied), SuggestionConflict.
    """
    review = comment.thread.review
    require(member, Action.EDIT, review.prompt)
    locked = lock(review)
    fresh = Comment.objects.select_related("by").get(pk=comment.pk)
    fresh.thread = comment.thread
    _refuse_useless(fresh)
    draft = _draft_behind(locked.revision, locked.prompt)
    # Whoever saves at the same instant waits here, so that the version read below is the one that is replaced.
    row = Draft.objects.select_for_update(no_key=True, of=("self",)).get(pk=draft.pk)
    row.prompt = locked.prompt
    content = replaced(row.content, locked.revision.content, fresh.thread.anchor, fresh.suggestion or "")
    saved = save(draft=row, version=row.version, content=content, member=member)
    saved.editors = sorted({*saved.editors, fresh.by_id})
    saved.save(update_fields=["editors"])
    fresh.applied_at, fresh.applied_by, fresh.applied_version = timezone.now(), member.user, saved.version
    fresh.save(update_fields=["applied_at", "applied_by", "applied_version"])
    tell_applied(fresh, member)
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=Act.SUGGESTION_APPLIED,
        subject=Subject("review", str(locked.pk), f"review {locked.number}"),
        detail={"comment": fresh.pk, "anchor": fresh.thread.anchor, "version": saved.version},
    )
    publish(topic(locked))
    return saved


def _draft_behind(revision: Revision, prompt: Prompt) -> Draft:
    """The draft that the revision was frozen from: main, or the open proposal that goes on from it."""
    main = draft_of(prompt)
    parents = dict(prompt.revisions.order_by().values_list("pk", "parent"))
    for draft in (main, *proposals_of(prompt)):
        at = draft.base_id
        while at is not None and at != revision.pk:
            at = parents.get(at)
        if at is not None:
            return draft
    return main


def _refuse_useless(comment: Comment) -> None:
    if comment.suggestion is None:
        raise DomainError("The comment suggests no other words.")
    if comment.applied_at:
        raise DomainError(f"It is in the draft already, since version {comment.applied_version}.")


def replaced(
    draft: Mapping[str, Any], revision: Mapping[str, Any], anchor: str, words: str
) -> dict[str, Any]:
    """The draft's content with ``words`` instead of the line of the revision that ``anchor`` names.

    Lines may have been added or taken away elsewhere meanwhile. Raises SuggestionConflict.
    """
    match = _LINE.fullmatch(anchor)
    if match is None:
        raise DomainError("Other words can be suggested for a line of the revision only.")
    id, number = match[1], int(match[2])
    before, now = _text(revision, id), _text(draft, id)
    if before is None or now is None:
        raise SuggestionConflict(f"The draft has no section {id} any more.", "Write the words by hand.")
    old, new = before.split("\n"), now.split("\n")
    at = dict(align(old, new)).get(number - 1)
    if at is None:
        raise SuggestionConflict(
            f"Line {number} of {id} reads otherwise in the draft by now, so that nothing was changed.",
            "Compare the draft with the suggestion, and write the words by hand.",
        )
    new[at : at + 1] = words.split("\n") if words else []
    sections = [
        {**section, "text": "\n".join(new)} if section.get("id") == id else section
        for section in draft["sections"]
    ]
    return {**draft, "sections": sections}


def _text(content: Mapping[str, Any], id: str) -> str | None:
    found = next((section for section in content.get("sections", ()) if section.get("id") == id), None)
    return None if found is None or "include" in found else str(found.get("text", ""))
