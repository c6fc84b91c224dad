"""Which revision a reference to a snippet stands for, in one workspace."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.db.models import Max

from console.accounts.models import Workspace
from console.prompts.diff_rows import Row, side_by_side
from console.prompts.models import Prompt, Revision
from policies import Include, Snippet, SnippetResolver, parse_draft


def resolver(workspace: Workspace) -> SnippetResolver:
    """Looks references up, each once: by a revision's number, or by a label of a release."""

    @cache
    def resolve(include: Include) -> Snippet | None:
        of_snippet = Revision.objects.filter(
            prompt__workspace=workspace, prompt__slug=include.snippet, prompt__kind=Prompt.Kind.SNIPPET
        )
        found = (
            of_snippet.filter(number=include.at)
            if isinstance(include.at, int)
            else of_snippet.filter(releases__labels__name=include.at)
        ).first()
        if found is None:
            return None
        sections = parse_draft(found.content).sections
        return Snippet(include.snippet, include.at, found.digest, sections)

    return resolve


@dataclass(frozen=True, slots=True)
class SnippetChange:
    """An included snippet that is not what a revision was frozen with: None where it is not there."""

    reference: str
    before: Revision | None
    now: Revision | None
    rows: tuple[Row, ...]


def changed_snippets(revision: Revision, workspace: Workspace) -> list[SnippetChange]:
    """The snippets that a revision pinned and that its references lead elsewhere by now, with the difference.

    No statement where nothing is included, else two a reference.
    """
    resolve = resolver(workspace)
    found = []
    for reference, digest in sorted(revision.snippets.items()):
        slug, _, at = reference.partition("@")
        now = resolve(Include(slug, int(at) if at.isdecimal() else at))
        if now is not None and now.digest == digest:
            continue
        of_slug = Revision.objects.filter(prompt__workspace=workspace, prompt__slug=slug)
        before, after = (of_slug.filter(digest=each).first() for each in (digest, now.digest if now else ""))
        old, new = (each.compiled if each else "" for each in (before, after))
        found.append(SnippetChange(reference, before, after, side_by_side(old, new)))
    return found


def newest_references(workspace: Workspace) -> list[str]:
    """``slug@number`` of every snippet's newest revision, to choose from."""
    snippets = Prompt.objects.filter(workspace=workspace, kind=Prompt.Kind.SNIPPET, archived=False)
    newest = snippets.annotate(newest=Max("revisions__number")).filter(newest__isnull=False)
    return [f"{slug}@{number}" for slug, number in newest.values_list("slug", "newest")]
