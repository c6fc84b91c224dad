"""The revisions of a prompt with what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
    texts = ("content", "compiled", "params", "source_map", "findings", "snippets")
    rows = prompt.revisions.select_related("created_by", "parent").defer(
        *texts, *(f"parent__{name}" for name in texts)
    )
    revisions = list(rows.prefetch_related("releases__labels", "reviews")[:MOST])
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
