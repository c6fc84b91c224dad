"""Discussions of a review: of a line, a setting, a run, or the whole. An open one keeps a release back."""

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
from console.problems import DomainError, Invalid
from console.queue import wake
from console.reviews.mentions import mentioned
from console.reviews.models import Comment, Review, Thread
from console.reviews.readiness import note_ready
from console.reviews.services import LOOK, lock, topic
from console.reviews.standing import current_target
from console.reviews.suggestions import takes_suggestion
from console.reviews.telling import tell_said
from console.reviews.texts import LONGEST, checked_text

_LINE = re.compile(r"(line|was)-([a-z][a-z0-9_-]{0,63})-([0-9]{1,6})")
_RUN = re.compile(r"run-([0-9]{1,9})")
_CELL = re.compile(r"cell-([0-9]{1,9})-(.{1,100})")
_QUOTED = LONGEST  # characters of a line that a thread keeps


@transaction.atomic
def open_thread(
    *, review: Review, anchor: str = "", text: str, member: Membership, suggestion: str | None = None
) -> Thread:
    """Begin a discussion at ``anchor`` (see Thread), with or as other words for the line that stands there.

    Raises NotAllowed, Closed, Invalid (no such place, no text, words for what is no line).
    """
    require(member, Action.COMMENT, review)
    locked = lock(review)
    thread = Thread.objects.create(review=locked, anchor=anchor, quote=_quote(locked, anchor))
    _say(thread, text, member, suggestion)
    _record(thread, Act.THREAD_OPENED, member)
    return thread


@transaction.atomic
def reply(*, thread: Thread, text: str, member: Membership, suggestion: str | None = None) -> Comment:
    """Add to a discussion; one that was resolved is open again. Raises NotAllowed, Closed, Invalid."""
    locked = _locked(thread, member)
    comment = _say(locked, text, member, suggestion)
    if locked.resolved:
        _reopen(locked, member)
    publish(topic(locked.review))
    return comment


@transaction.atomic
def resolve(*, thread: Thread, member: Membership) -> Thread:
    """Say that nothing is left to discuss. Raises NotAllowed, Closed, DomainError (it is resolved)."""
    locked = _locked(thread, member)
    if locked.resolved:
        raise DomainError("The thread is resolved already.")
    locked.resolved_at, locked.resolved_by = timezone.now(), member.user
    locked.save(update_fields=["resolved_at", "resolved_by"])
    _record(locked, Act.THREAD_RESOLVED, member)
    return locked


@transaction.atomic
def reopen(*, thread: Thread, member: Membership) -> Thread:
    """Raises NotAllowed, Closed, DomainError (it is open)."""
    locked = _locked(thread, member)
    if not locked.resolved:
        raise DomainError("The thread is open already.")
    _reopen(locked, member)
    return locked


def _reopen(thread: Thread, member: Membership) -> None:
    thread.resolved_at = thread.resolved_by = None
    thread.save(update_fields=["resolved_at", "resolved_by"])
    _record(thread, Act.THREAD_REOPENED, member)


def _locked(thread: Thread, member: Membership) -> Thread:
    """The thread as it is now, under the lock of its review, which release and decision take too."""
    require(member, Action.COMMENT, thread.review)
    locked = lock(thread.review)
    fresh = Thread.objects.get(pk=thread.pk)
    fresh.review = locked
    return fresh


def _say(thread: Thread, text: str, member: Membership, suggestion: str | None) -> Comment:
    words = _checked_words(thread, suggestion)
    text = checked_text(text, missing="Write the comment first." if words is None else "")
    named = mentioned(text, thread.review)
    comment = Comment.objects.create(
        thread=thread,
        by=member.user,
        text=text,
        mentions=[each.user.username for each in named],
        suggestion=words,
    )
    tell_said(comment, named, member)
    return comment


def _checked_words(thread: Thread, words: str | None) -> str | None:
    """The suggested words, when they are other words for a line."""
    if words is None:
        return None
    words = words.replace("\r\n", "\n").replace("\x00", "")
    if len(words) > LONGEST:
        raise Invalid(f"The words have {len(words):,} characters; {LONGEST:,} are the most.", "Shorten them.")
    if not takes_suggestion(thread.anchor):
        raise Invalid("Other words can be suggested for a line of the revision only.", "Comment instead.")
    return None if words == thread.quote else words


def _quote(review: Review, anchor: str) -> str:
    """What stands at the place, so that the thread can be read without it. Raises Invalid where there is no such place."""
    found = _place(review, anchor)
    if found is None:
        raise Invalid(
            "The place that the comment is about is not part of this review.", "Open the page again."
        )
    return found[:_QUOTED]


def _place(review: Review, anchor: str) -> str | None:
    if not anchor:
        return ""
    if match := _LINE.fullmatch(anchor):
        side, section, number = match.groups()
        revision = review.revision if side == "line" else current_target(review.prompt, review.label)
        return _line(revision.content, section, int(number)) if revision else None
    if match := _RUN.fullmatch(anchor):
        run = review.workspace.runs.filter(number=int(match[1]), prompt=review.prompt).first()
        return f"run {run.number}" if run else None
    if match := _CELL.fullmatch(anchor):
        run = review.workspace.runs.filter(number=int(match[1]), prompt=review.prompt).first()
        titles = (
            {form["id"]: form.get("title", form["id"]) for form in run.suite_version.played} if run else {}
        )
        return str(titles[match[2]]) if match[2] in titles else None
    setting = anchor.removeprefix("setting-")
    return setting if setting != anchor and len(anchor) <= 100 and setting.isprintable() else None


def _line(content: Mapping[str, Any], section: str, number: int) -> str | None:
    text = next((s.get("text", "") for s in content.get("sections", ()) if s.get("id") == section), None)
    lines = text.split("\n") if text is not None else []
    return lines[number - 1] if 1 <= number <= len(lines) else None


def _record(thread: Thread, act: Act, member: Membership) -> None:
    review = thread.review
    note_ready(review)
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=act,
        subject=Subject("review", str(review.pk), f"review {review.number}"),
        detail={"thread": thread.pk, "anchor": thread.anchor},
    )
    publish(topic(review))
    wake(LOOK, review.pk)
