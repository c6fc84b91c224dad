"""Working copies: made, checked, saved with the version that was read. Nothing that was typed is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

import policies
from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.governance.services import Governance
from console.problems import DomainError, Invalid
from console.prompts.checking import Checked, check, under
from console.prompts.draft_rows import MAIN, Counted, draft_of, held, write_version
from console.prompts.importers import check_length
from console.prompts.models import Draft, DraftCopy, DraftVersion, Prompt

__all__ = [
    "MAIN",
    "Checked",
    "StaleDraft",
    "Taken",
    "archive",
    "check",
    "create_prompt",
    "discard_copy",
    "draft_of",
    "note_read",
    "restore_version",
    "save",
    "topic",
]

KEPT_VERSIONS = 100
THINNED_EVERY = 10  # saves
KEPT_READ = timedelta(days=30)  # versions that a page was made of
DEFAULT_MODEL = "claude-sonnet-5-5"
LARGEST = 1_200_000  # characters of a draft as JSON, tools and variables included
_SLUG = re.compile(r"[a-z0-9-]{1,64}")
RESERVED_SLUGS = frozenset({"new", "import", "slug"})  # pages of the list itself


class StaleDraft(DomainError):
    """Somebody else saved in between. What was to be saved is kept as ``copy`` until it is merged."""

    def __init__(self, draft: Draft, copy: DraftCopy) -> None:
        who, where = draft.updated_by.shown_name if draft.updated_by else "Somebody", "while you were typing"
        if draft.updated_by_id == copy.by_id:
            who, where = "You", "in another window or tab while you were typing in this one"
        super().__init__(
            f"{who} saved version {draft.version} {where}.",
            "Yours is kept as well: merge the two.",
        )
        self.draft, self.copy = draft, copy


class Taken(Invalid):
    """Another prompt of the workspace has this slug."""


def topic(draft: Draft) -> str:
    """The live topic that says ``saved`` and ``presence`` of a draft."""
    return f"draft:{draft.pk}"


@transaction.atomic
def create_prompt(
    *,
    member: Membership,
    slug: str,
    title: str,
    content: Mapping[str, Any],
    kind: str = Prompt.Kind.PROMPT,
    imported_from: str = "",
) -> Prompt:
    """A prompt with its draft. ``imported_from`` says what was read, when something was; a snippet is for others to include.

    Raises NotAllowed, Taken, Invalid (the slug's form, an empty title, a text that cannot be kept).
    """
    require(member, Action.EDIT)
    slug, title = check_slug(slug), title.strip()
    if not title:
        raise Invalid("The prompt has no title.", "Give it one: it is what people look for in the list.")
    content, _ = _own({"model": usual_model(member), **content, "slug": slug, "title": title[:200]})
    try:
        with transaction.atomic():
            prompt = Prompt.objects.create(
                workspace=member.workspace, kind=kind, slug=slug, created_by=member.user, **_listed(content)
            )
    except IntegrityError as error:
        raise taken(member, slug) from error
    draft = Draft(prompt=prompt, name=MAIN, content=content, editors=[member.user_id], updated_by=member.user)
    count_blocks(draft)
    draft.save()
    DraftVersion.objects.create(draft=draft, version=1, content=content, by=member.user)
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=Act.PROMPT_IMPORTED if imported_from else Act.PROMPT_CREATED,
        subject=Subject("prompt", str(prompt.pk), title),
        detail={"slug": slug, **({"form": imported_from} if imported_from else {})},
    )
    return prompt


def usual_model(member: Membership) -> str:
    """The model of the draft that was changed last here; a prompt without one says nothing until it is chosen."""
    drafts = Draft.objects.filter(prompt__workspace=member.workspace_id, content__has_key="model")
    return drafts.order_by("-updated_at").values_list("content__model", flat=True).first() or DEFAULT_MODEL


def check_slug(slug: str) -> str:
    """The slug, or Invalid with what it must look like."""
    if not _SLUG.fullmatch(slug) or slug in RESERVED_SLUGS:
        raise Invalid(
            f"“{slug[:64]}” can't be the slug of a prompt.",
            "It takes 1 to 64 lower-case letters, digits and hyphens, such as support-assistant.",
        )
    return slug


def taken(member: Membership, slug: str) -> Taken:
    """The refusal of a slug that is in use, with one that is free."""
    prompt = Prompt.objects.filter(workspace=member.workspace_id, slug=slug).first()
    return Taken(
        f"{slug} is taken by {prompt.title if prompt else 'another prompt'}.",
        f"Choose another, such as {free_slug(member, slug)}.",
    )


def free_slug(member: Membership, slug: str) -> str:
    """``slug`` itself, or with the lowest number that nobody has."""
    used = set(
        Prompt.objects.filter(workspace=member.workspace_id, slug__startswith=slug[:58]).values_list(
            "slug", flat=True
        )
    )
    numbered = (f"{slug[:58].rstrip('-')}-{number}" for number in range(2, len(used) + 3))
    return next(name for name in (slug, *numbered) if name not in used)


def save(
    *,
    draft: Draft,
    version: int,
    content: Mapping[str, Any],
    member: Membership,
    governance: Governance | None = None,
) -> Draft:
    """Replace the draft's content, if nobody saved since ``version`` was read; returns the draft as saved.

    ``governance`` is what holds in the workspace, where the caller has read it. Raises StaleDraft (the content is kept
    for a merge), NotAllowed, Invalid. The same content makes no new version.
    """
    require(member, Action.EDIT, draft.prompt)
    content, read = _own({**content, "slug": draft.prompt.slug})
    # The longest part of a save: before the row is held.
    checked = check(draft.prompt.workspace, content, governance=governance, draft=read)
    saved = _saved_at_once(draft, version, content, checked, member)
    if saved is not None:
        return saved
    with transaction.atomic():
        row = held(draft)
        if row.closed_at:
            raise DomainError(f"The proposal {row.name} is closed.", "Open it again to go on.")
        if row.content == content:
            return row
        if row.version == version:
            return _write(row, content, checked, member)
        copy, _ = DraftCopy.objects.update_or_create(
            draft=row, by=member.user, defaults={"version": version, "content": content}
        )
    raise StaleDraft(row, copy)


def _saved_at_once(
    draft: Draft, version: int, content: dict[str, Any], checked: Checked, member: Membership
) -> Draft | None:
    """What most saves are: a new text for the version that was just read, and nothing else to change with it.

    None where it is another save, or the row has moved on since: then it is held and looked at.
    """
    another = draft.version != version or draft.content == content or draft.closed_at
    if another or _thinned_at(version + 1) or _listed(content) != _listed(draft.content):
        return None
    return write_version(draft, content, _counted(checked), member.user)


def restore_version(*, draft: Draft, number: int, version: int, member: Membership) -> Draft:
    """Save what an earlier version said. Raises as ``save`` does, and Invalid where the version is not kept."""
    earlier = draft.versions.filter(version=number).first()
    if earlier is None:
        raise Invalid(f"Version {number} is no longer kept.", "Choose a newer one, or a revision.")
    return save(draft=draft, version=version, content=earlier.content, member=member)


@transaction.atomic
def archive(*, prompt: Prompt, away: bool, member: Membership) -> None:
    """Take a prompt out of the lists, or bring it back. Nothing of it is deleted, and what is released stays so."""
    require(member, Action.EDIT, prompt)
    if Prompt.objects.filter(pk=prompt.pk, archived=not away).update(archived=away):
        record(
            chain=member.workspace.chain,
            actor=member.actor,
            act=Act.PROMPT_ARCHIVED,
            subject=Subject("prompt", str(prompt.pk), prompt.title),
            detail={"archived": away},
        )


def discard_copy(*, draft: Draft, member: Membership) -> None:
    """Drop what the member typed into an older version: it is merged, or not wanted."""
    DraftCopy.objects.filter(draft=draft, by=member.user).delete()


def _write(row: Draft, content: dict[str, Any], checked: Checked, member: Membership) -> Draft:
    written = write_version(row, content, _counted(checked), member.user)
    assert written is not None, "a row that is held does not move on"
    if _thinned_at(written.version):
        _thin_out(written)
    if row.is_main and _listed(content) != _listed(row.content):
        Prompt.objects.filter(pk=row.prompt.pk).update(**_listed(content))
    return written


def note_read(draft: Draft) -> None:
    """A page shows this version: keep it for the merge that may come of it."""
    draft.versions.filter(version=draft.version, read=False).update(read=True)


def _thinned_at(version: int) -> bool:
    return version % THINNED_EVERY == 0


def _thin_out(row: Draft) -> None:
    old = row.versions.filter(version__lte=row.version - KEPT_VERSIONS)
    old.filter(Q(read=False) | Q(at__lt=timezone.now() - KEPT_READ)).delete()


def count_blocks(row: Draft) -> None:
    """Note how many findings block it, and under which policy and bounds; does not save it."""
    counted = _counted(check(row.prompt.workspace, row.content))
    row.blocks, row.rules, row.checked_under = counted.blocks, counted.rules, counted.under


def _counted(checked: Checked) -> Counted:
    return Counted(checked.blocks, checked.rules, under(checked.governance))


def _listed(content: Mapping[str, Any]) -> dict[str, Any]:
    """What lists and searches show of a content; its own columns, so that they need not read every draft."""
    listed = {
        "folder": str(content.get("folder", ""))[:120],
        "tags": [str(t)[:40] for t in content.get("tags", [])],
    }
    return listed | ({"title": content["title"][:200]} if str(content.get("title", "")).strip() else {})


def _own(content: dict[str, Any]) -> tuple[dict[str, Any], policies.Draft | None]:
    """The content as it is kept: within the length, of characters that a database takes.

    One that has the form is kept in its one canonical spelling, so that two people's contents compare; what was read of
    it comes with it.
    """
    sections = [s for s in content.get("sections", ()) if isinstance(s, Mapping)]
    check_length(sum(len(str(section.get("text", ""))) for section in sections))
    text = json.dumps(content, ensure_ascii=False)
    if "\\u0000" in text or not _encodable(text):
        raise Invalid("The text holds a character that can't be kept (NUL, or half of a pair).", "Remove it.")
    if len(text) > LARGEST:
        raise Invalid("The draft is too large to be kept.", "Shorten its tools and variables.")
    try:
        read = policies.parse_draft(content)
    except policies.FormError:
        return content, None
    return read.to_dict(), read


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
