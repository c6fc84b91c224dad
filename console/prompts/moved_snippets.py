"""Snippets that moved on since a revision was frozen, and taking them up.

What is named by a label leads to other words by itself; what is named by a number stays, and is behind when what the
snippet has in production is newer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from console.accounts.models import Membership, Workspace
from console.problems import DomainError
from console.prompts.drafts import save
from console.prompts.models import PRODUCTION, Draft, Prompt, Revision

MOST = 200  # released revisions that are looked at for a list
_HEAVY = ("content", "params", "source_map", "findings")


@dataclass(frozen=True, slots=True)
class Moved:
    """An included snippet that is not what a revision was frozen with; ``now`` is None where its name leads nowhere."""

    slug: str
    at: str
    before: Revision | None
    now: Revision | None

    @property
    def by_number(self) -> bool:
        return self.at.isdecimal()

    @property
    def reference(self) -> str:
        return f"{self.slug}@{self.at}"


@dataclass(frozen=True, slots=True)
class Behind:
    """A released revision whose snippets moved on; ``label`` points to it."""

    prompt: Prompt
    label: str
    release: int
    since: datetime  # when it was frozen
    moved: tuple[Moved, ...]


def live_behind(workspace: Workspace) -> list[Behind]:
    """What is out with snippets that moved on, in three statements."""
    live = (
        Revision.objects.filter(
            prompt__workspace=workspace, prompt__archived=False, releases__labels__isnull=False
        )
        .exclude(snippets={})
        .select_related("prompt")
        .annotate(label=F("releases__labels__name"), release=F("releases__number"))
        .defer("compiled", *_HEAVY)
        .order_by("prompt__title", "label")[:MOST]
    )
    rows: list[Any] = list(live)
    moved = moved_on(workspace, rows)
    return [
        Behind(row.prompt, row.label, row.release, row.created_at, moved[row.pk])
        for row in rows
        if row.pk in moved
    ]


def moved_of(workspace: Workspace, revision: Revision | None) -> tuple[Moved, ...]:
    """The same of one revision; no statement where it includes nothing."""
    return moved_on(workspace, [revision]).get(revision.pk, ()) if revision else ()


def live_revision(prompt: Prompt) -> Revision | None:
    """What production points to, without its texts."""
    live = Revision.objects.filter(releases__labels__prompt=prompt, releases__labels__name=PRODUCTION)
    return live.defer("compiled", *_HEAVY).order_by().first()


def moved_on(workspace: Workspace, revisions: Iterable[Revision]) -> dict[int, tuple[Moved, ...]]:
    """By revision; those that are as they were are left out. Two statements at most."""
    pins = [
        (row.pk, *reference.split("@", 1), digest)
        for row in revisions
        for reference, digest in row.snippets.items()
    ]
    if not pins:
        return {}
    now = _by_label(workspace, {slug for _, slug, _, _ in pins}, {_label(at) for _, _, at, _ in pins})
    then = _by_digest(workspace, {digest for *_, digest in pins})
    found: dict[int, tuple[Moved, ...]] = {}
    for pk, slug, at, digest in sorted(pins):
        one = Moved(slug, at, then.get(digest), now.get((slug, _label(at))))
        if _is_behind(one):
            found[pk] = (*found.get(pk, ()), one)
    return found


def _label(at: str) -> str:
    return PRODUCTION if at.isdecimal() else at


def _is_behind(one: Moved) -> bool:
    if one.now is None:
        return not one.by_number
    if one.by_number and one.now.number <= int(one.at):
        return False
    return one.before is None or one.before.compiled != one.now.compiled


def _by_label(workspace: Workspace, slugs: set[str], labels: set[str]) -> dict[tuple[str, str], Revision]:
    rows = _snippets(workspace).filter(prompt__slug__in=slugs, releases__labels__name__in=labels)
    rows = rows.annotate(label=F("releases__labels__name"))
    return {(row.prompt.slug, row.label): row for row in rows}


def _by_digest(workspace: Workspace, digests: set[str]) -> dict[str, Revision]:
    return {row.digest: row for row in _snippets(workspace).filter(digest__in=digests)}


def _snippets(workspace: Workspace) -> Any:
    rows = Revision.objects.filter(prompt__workspace=workspace, prompt__kind=Prompt.Kind.SNIPPET)
    return rows.select_related("prompt").defer(*_HEAVY).order_by()


def take_up(*, draft: Draft, snippet: str, number: int, version: int, member: Membership) -> Draft:
    """Have the draft include revision ``number`` of a snippet that it names by another number: a save like any other.

    Raises as ``save`` does, and DomainError where the draft does not name it so.
    """
    sections = [_with(section, snippet, number) for section in draft.content.get("sections", ())]
    if sections == draft.content.get("sections"):
        raise DomainError(
            f"The draft does not include another numbered revision of {snippet[:64]}.",
            "Look at its sections: it may be included by a label, or by another snippet.",
        )
    return save(draft=draft, version=version, content={**draft.content, "sections": sections}, member=member)


def _with(section: dict[str, Any], snippet: str, number: int) -> dict[str, Any]:
    include = section.get("include")
    named = (
        isinstance(include, dict) and include.get("snippet") == snippet and isinstance(include.get("at"), int)
    )
    return {**section, "include": {**include, "at": number}} if named and include else section
