"""Many prompts at once, for programs: looked at, named, and kept all or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.db import transaction

from console.accounts.models import Membership
from console.governance.services import governance_of
from console.problems import Invalid
from console.prompts.drafts import check_slug, usual_model
from console.prompts.import_report import Entry
from console.prompts.importers import Read, Skipped
from console.prompts.imports import Preview, free_slugs, keep, preview


def look_at(
    member: Membership,
    read: Iterable[tuple[str, Read]],
    *,
    domain: str = "",
    audience: list[str] | None = None,
    slug: str = "",
    title: str = "",
) -> list[Entry]:
    """What would come of each entry of the files, with the slug that it would get. Nothing is kept.

    ``slug`` and ``title`` are for a single prompt. Raises Invalid, Taken.
    """
    governance, model = governance_of(member.workspace), usual_model(member)
    shown = [
        (file, entry)
        if isinstance(entry, Skipped)
        else (
            file,
            preview(
                member.workspace, entry, domain=domain, audience=audience, model=model, governance=governance
            ),
        )
        for file, entry in read
    ]
    slugs = _slugs(member, [entry for _, entry in shown if isinstance(entry, Preview)], slug, title)
    return [
        Entry(file, entry)
        if isinstance(entry, Skipped)
        else Entry(file, entry, next(slugs), title or entry.title)
        for file, entry in shown
    ]


def _slugs(member: Membership, prompts: Sequence[Preview], slug: str, title: str) -> Iterator[str]:
    if len(prompts) > 1 and (slug or title):
        raise Invalid(
            f"A slug or a title is for a single prompt, and these are {len(prompts):,}.", "Leave it out."
        )
    return iter([check_slug(slug)]) if slug else free_slugs(member, [p.wanted_slug for p in prompts])


@transaction.atomic
def keep_all(member: Membership, entries: Iterable[Entry]) -> None:
    """Make the prompts. Raises NotAllowed, Taken; then none is kept."""
    for entry in entries:
        if isinstance(entry.read, Preview):
            keep(member, entry.read, slug=entry.slug, title=entry.title)
