"""Which revision a reference to a snippet stands for, in one workspace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Max, OuterRef, Q, QuerySet, Subquery, Value

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


def led_elsewhere(workspace: Workspace, revisions: Iterable[Revision]) -> set[int]:
    """Of ``revisions`` those whose references lead to other words than when they were frozen. Two statements at most: what
    is named by a number stays what it is, so that only labels are looked up.
    """
    pins = [
        (row.pk, reference, digest)
        for row in revisions
        for reference, digest in row.snippets.items()
        if not _numbered(reference)
    ]
    now = _by_label(workspace, {reference for _, reference, _ in pins}) if pins else {}
    moved = [
        (pk, digest, now.get(reference)) for pk, reference, digest in pins if now.get(reference) != digest
    ]
    words = _words(workspace, {digest for _, *both in moved for digest in both if digest}) if moved else {}
    return {pk for pk, before, after in moved if after is None or words.get(before) != words[after]}


def _words(workspace: Workspace, digests: Iterable[str]) -> dict[str, str]:
    of_workspace = Revision.objects.filter(prompt__workspace=workspace, digest__in=digests).order_by()
    return dict(of_workspace.values_list("digest", "compiled"))


def _numbered(reference: str) -> bool:
    return reference.partition("@")[2].isdecimal()


def _by_label(workspace: Workspace, references: Iterable[str]) -> dict[str, str]:
    slugs, labels = zip(*(reference.split("@", 1) for reference in references), strict=True)
    rows = Revision.objects.filter(
        prompt__workspace=workspace,
        prompt__kind=Prompt.Kind.SNIPPET,
        prompt__slug__in=slugs,
        releases__labels__name__in=labels,
    ).order_by()
    found = rows.values_list("prompt__slug", "releases__labels__name", "digest")
    return {f"{slug}@{label}": digest for slug, label, digest in found}


def including(snippet: Prompt, label: str) -> QuerySet[Prompt]:
    """The prompts whose newest revision includes what ``label`` of a snippet points to, itself or by another snippet."""
    newest = Revision.objects.filter(prompt=OuterRef("pk")).order_by("-number")
    found = Prompt.objects.filter(workspace=snippet.workspace_id, archived=False)
    return found.alias(pins=Subquery(newest.values("snippets")[:1])).filter(
        pins__has_key=f"{snippet.slug}@{label}"
    )


def newest_references(workspace: Workspace) -> list[str]:
    """To choose from: ``slug@number`` of every snippet's newest revision, and ``slug@label`` of what is released of it."""
    snippets = Prompt.objects.filter(workspace=workspace, kind=Prompt.Kind.SNIPPET, archived=False)
    newest = snippets.annotate(
        newest=Max("revisions__number"),
        names=ArrayAgg("labels__name", filter=Q(labels__isnull=False), distinct=True, default=Value([])),
    ).filter(newest__isnull=False)
    return [
        f"{slug}@{at}"
        for slug, number, names in newest.values_list("slug", "newest", "names")
        for at in (number, *names)
    ]
