"""The revisions of a prompt with what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from console.accounts.models import User
from console.prompts.models import Prompt, Revision

MOST = 500


@dataclass(frozen=True, slots=True)
class RevisionEntry:
    """A revision without its texts; ``labels`` point to a release of it, ``review`` is its latest."""

    revision: Revision
    writers: tuple[str, ...]
    labels: tuple[str, ...]
    releases: tuple[int, ...]
    review: Any


def timeline(prompt: Prompt) -> Sequence[RevisionEntry]:
    """The newest ``MOST`` revisions, newest first, in a constant number of statements."""
    return _entries(prompt.revisions.all()[:MOST])


def entry_of(revision: Revision) -> RevisionEntry:
    """One revision as the timeline has it."""
    return _entries(Revision.objects.filter(pk=revision.pk))[0]


def _entries(rows: QuerySet[Revision]) -> Sequence[RevisionEntry]:
    texts = ("content", "compiled", "params", "source_map", "findings", "snippets")
    light = rows.select_related("created_by", "parent").defer(*texts, *(f"parent__{name}" for name in texts))
    revisions = list(light.prefetch_related("releases__labels", "reviews"))
    people = User.objects.in_bulk({id for revision in revisions for id in revision.editors})
    return [_entry(revision, people) for revision in revisions]


def _entry(revision: Revision, people: dict[int, User]) -> RevisionEntry:
    releases = list(revision.releases.all())
    return RevisionEntry(
        revision=revision,
        writers=tuple(people[id].shown_name for id in revision.editors if id in people),
        labels=tuple(sorted(label.name for release in releases for label in release.labels.all())),
        releases=tuple(release.number for release in releases),
        review=next(iter(revision.reviews.all()), None),
    )


def live_number(prompt: Prompt) -> int | None:
    """The number of the revision that is in production, when one is."""
    live = Revision.objects.filter(
        prompt=prompt, releases__labels__name="production", releases__labels__prompt=prompt
    )
    return live.order_by().values_list("number", flat=True).first()
