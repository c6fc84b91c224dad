"""Proposals: further drafts of a prompt, each based on a revision, brought up to date and merged back unit by unit."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone

from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.problems import DomainError, Invalid
from console.prompts.drafts import MAIN, count_blocks, draft_of, save
from console.prompts.merging import Unit, changed_units, merge
from console.prompts.models import Draft, DraftVersion, Prompt, Revision

MOST = 50  # open at a time
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


class Overtaken(DomainError):
    """Main or the proposal was saved since the page was opened."""


@transaction.atomic
def propose(*, revision: Revision, name: str, purpose: str = "", member: Membership) -> Draft:
    """A further draft that says what ``revision`` says. Raises NotAllowed, Invalid (the name, too many)."""
    prompt = revision.prompt
    require(member, Action.EDIT, prompt)
    if not _NAME.fullmatch(name) or name == MAIN:
        raise Invalid(
            f"“{name[:40]}” can't be the name of a proposal.",
            "It takes a small letter, then letters, digits and hyphens, at most 40.",
        )
    if proposals_of(prompt).count() >= MOST:
        raise Invalid(f"{prompt.slug} has {MOST} open proposals.", "Merge or close one first.")
    try:
        with transaction.atomic():
            draft = Draft.objects.create(
                prompt=prompt,
                name=name,
                base=revision,
                content=revision.content,
                fork=revision.content,
                purpose=" ".join(purpose.split())[:200],
                # Whoever wrote what it starts from wrote part of what comes of it.
                editors=sorted({*revision.editors, member.user_id}),
                updated_by=member.user,
            )
    except IntegrityError:
        raise Invalid(f"There is a proposal {name} already.", "Choose another name.") from None
    count_blocks(draft)
    draft.save(update_fields=["blocks", "checked_under"])
    DraftVersion.objects.create(draft=draft, version=1, content=draft.content, by=member.user)
    _record(draft, Act.DRAFT_PROPOSED, member, base=revision.number)
    return draft


def proposals_of(prompt: Prompt):  # type: ignore[no-untyped-def]
    """Those that are open, the last changed first."""
    rows = prompt.drafts.exclude(name=MAIN).filter(closed_at=None)
    return rows.select_related("base", "updated_by").order_by("-updated_at")


def units_between(proposal: Draft, main: Draft) -> tuple[Unit, ...]:
    """What either changed since they last were the same: ``mine`` is the proposal's, ``theirs`` main's."""
    return changed_units(_fork(proposal), proposal.content, main.content)


def behind(proposal: Draft, main: Draft) -> int:
    """How many things main changed that the proposal does not have yet."""
    return sum(unit.state in ("theirs", "conflict") for unit in units_between(proposal, main))


@transaction.atomic
def bring_up_to_date(
    *, proposal: Draft, seen: tuple[int, int], choices: Mapping[str, str], member: Membership
) -> Draft:
    """Take into the proposal what main changed. ``seen``: the versions of the proposal and of main that the page showed.

    Raises NotAllowed, Overtaken, DomainError (it is closed).
    """
    mine, main = _locked(proposal, seen, member)
    merged = merge(_fork(mine), mine.content, main.content, choices)
    saved = save(draft=mine, version=mine.version, content=merged, member=member)
    saved.fork, saved.base = main.content, main.base
    saved.editors = sorted({*saved.editors, *main.editors})
    saved.save(update_fields=["fork", "base", "editors"])
    return saved


@transaction.atomic
def merge_back(
    *, proposal: Draft, seen: tuple[int, int], choices: Mapping[str, str], member: Membership
) -> Draft:
    """Take into main what the proposal changed, and close it; returns main. What main said before stays a version.

    Raises as ``bring_up_to_date`` does.
    """
    mine, main = _locked(proposal, seen, member)
    merged = merge(_fork(mine), mine.content, main.content, choices)
    saved = save(draft=main, version=main.version, content=merged, member=member)
    saved.editors = sorted({*saved.editors, *mine.editors, *_wrote_since(mine)})
    saved.save(update_fields=["editors"])
    mine.closed_at, mine.merged_as = timezone.now(), saved.version
    mine.save(update_fields=["closed_at", "merged_as"])
    _record(mine, Act.DRAFT_MERGED, member, version=saved.version)
    return saved


@transaction.atomic
def close(*, proposal: Draft, member: Membership) -> None:
    """Put it away unmerged; it keeps what it says. Raises NotAllowed, DomainError."""
    locked = _held(proposal, member)
    if locked.closed_at:
        raise DomainError(f"The proposal {locked.name} is closed already.")
    locked.closed_at = timezone.now()
    locked.save(update_fields=["closed_at"])
    _record(locked, Act.DRAFT_CLOSED, member)


@transaction.atomic
def open_again(*, proposal: Draft, member: Membership) -> None:
    """Go on with a closed proposal. Raises NotAllowed, DomainError."""
    locked = _held(proposal, member)
    if not locked.closed_at:
        raise DomainError(f"The proposal {locked.name} is open.")
    locked.closed_at = locked.merged_as = None
    locked.save(update_fields=["closed_at", "merged_as"])
    _record(locked, Act.DRAFT_PROPOSED, member)


def _fork(proposal: Draft) -> Mapping[str, object]:
    return proposal.fork or {"sections": []}


def _wrote_since(proposal: Draft) -> set[int]:
    """Whoever saved a version that is kept: a snapshot of the proposal empties its list of editors."""
    return {pk for pk in proposal.versions.values_list("by", flat=True) if pk is not None}


def _held(proposal: Draft, member: Membership) -> Draft:
    if proposal.is_main:
        raise DomainError("The main draft is no proposal.")
    require(member, Action.EDIT, proposal.prompt)
    row = Draft.objects.select_for_update(no_key=True, of=("self",)).get(pk=proposal.pk)
    row.prompt = proposal.prompt
    return row


def _locked(proposal: Draft, seen: tuple[int, int], member: Membership) -> tuple[Draft, Draft]:
    """Both drafts as they are, main locked first always. Raises Overtaken where they are not as they were seen."""
    main_pk = draft_of(proposal.prompt).pk
    main = Draft.objects.select_for_update(no_key=True, of=("self",)).get(pk=main_pk)
    main.prompt = proposal.prompt
    mine = _held(proposal, member)
    if (mine.version, main.version) != seen:
        raise Overtaken(
            "Somebody saved one of the two while you looked.", "Look at what changed, then choose again."
        )
    if mine.closed_at:
        raise DomainError(f"The proposal {mine.name} is closed.", "Open it again to go on.")
    return mine, main


def _record(draft: Draft, act: Act, member: Membership, **more: int) -> None:
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=act,
        subject=Subject("draft", str(draft.pk), f"{draft.prompt.slug}, {draft.name}"),
        detail={"name": draft.name, "version": draft.version, **more},
    )
