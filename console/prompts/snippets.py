"""Which revision a reference to a snippet stands for, in one workspace."""

from __future__ import annotations

from functools import cache

from django.db.models import Max

from console.accounts.models import Workspace
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


def newest_references(workspace: Workspace) -> list[str]:
    """``slug@number`` of every snippet's newest revision, to choose from."""
    snippets = Prompt.objects.filter(workspace=workspace, kind=Prompt.Kind.SNIPPET, archived=False)
    newest = snippets.annotate(newest=Max("revisions__number")).filter(newest__isnull=False)
    return [f"{slug}@{number}" for slug, number in newest.values_list("slug", "newest")]
