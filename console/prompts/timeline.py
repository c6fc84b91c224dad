"""Revisions with who wrote them and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from console.accounts.models import User
from console.prompts.models import PRODUCTION, Prompt, Revision
from console.prompts.pages import related


@dataclass(frozen=True, slots=True)
class RevisionEntry:
    """A revision without its texts; ``labels`` point to a release of it."""

    revision: Revision
    writers: tuple[str, ...]
    labels: tuple[str, ...]
    releases: tuple[int, ...]


def entry_of(revision: Revision) -> RevisionEntry:
    """One revision as the history has it."""
    return entries_of(Revision.objects.filter(pk=revision.pk))[0]


def entries_of(rows: QuerySet[Revision]) -> Sequence[RevisionEntry]:
    """Newest first, in a constant number of statements."""
    texts = ("content", "compiled", "params", "source_map", "findings", "snippets")
    light = rows.select_related("created_by", "parent").defer(*texts, *(f"parent__{name}" for name in texts))
    out = Prefetch("releases", related(Revision, "releases").defer("statement").prefetch_related("labels"))
    revisions = list(light.prefetch_related(out))
    people = User.objects.in_bulk({id for revision in revisions for id in revision.editors})
    return [_entry(revision, people) for revision in revisions]


def _entry(revision: Revision, people: dict[int, User]) -> RevisionEntry:
    releases = list(revision.releases.all())
    return RevisionEntry(
        revision=revision,
        writers=tuple(people[id].shown_name for id in revision.editors if id in people),
        labels=tuple(sorted(label.name for release in releases for label in release.labels.all())),
        releases=tuple(release.number for release in releases),
    )


def live_number(prompt: Prompt) -> int | None:
    """The number of the revision that is in production, when one is."""
    live = Revision.objects.filter(
        prompt=prompt, releases__labels__name=PRODUCTION, releases__labels__prompt=prompt
    )
    return live.order_by().values_list("number", flat=True).first()
