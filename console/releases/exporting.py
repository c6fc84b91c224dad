"""Finding what is exported, and recording that it was."""

from __future__ import annotations

import re
from functools import partial

from django.db import transaction

from console.accounts.models import Workspace
from console.audit.acts import Act
from console.audit.services import Actor, Subject, record
from console.governance import packs
from console.problems import DomainError, Invalid
from console.prompts.models import PRODUCTION, Prompt
from console.releases.exports import FORMATS, Exported, Format
from console.releases.models import Label, Release
from console.releases.statement import variables_of

_NAME = re.compile(r"(?P<slug>[a-z0-9-]{1,64})(?:@(?P<label>[a-z][a-z0-9-]{0,39}|[0-9]{1,9}))?")


class NothingReleased(DomainError):
    """There is no approved release under that name."""

    status = 404


def find_release(workspace: Workspace, name: str) -> tuple[Release, str]:
    """The release that ``slug`` or ``slug@label`` names, and the label. Raises Invalid, NothingReleased.

    A revision number is refused even if that revision was released: what is exported as approved is named by a label,
    so that a roll-back reaches everybody who exports.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise Invalid(
            f"“{name[:80]}” names no prompt.", "Write the slug, or slug@label, such as aria@production."
        )
    slug, label = match["slug"], match["label"] or PRODUCTION
    prompt = Prompt.objects.filter(workspace=workspace, slug=slug).first()
    if prompt is None:
        raise NothingReleased(
            f"There is no prompt “{slug}” in {workspace.name}.", "Check the slug and the workspace."
        )
    if label.isdecimal():
        raise NothingReleased(
            f"{slug}@{label} is a revision, and only what a label points to is exported as approved.",
            f"Release it, then export {slug}@{PRODUCTION}.",
        )
    row = Label.objects.filter(prompt=prompt, name=label).select_related("release__revision__prompt").first()
    if row is None:
        raise NothingReleased(_why_nothing(prompt, label), "Ask for a review of a revision, and release it.")
    row.release.prompt = prompt
    return row.release, label


def _why_nothing(prompt: Prompt, label: str) -> str:
    labels = list(prompt.labels.values_list("name", flat=True))
    if prompt.label_moves.filter(name=label).exists():
        return f"{prompt.slug}@{label} was retired."
    if labels:
        return f"{prompt.slug} has no label “{label}”; it has {', '.join(labels)}."
    newest = prompt.revisions.order_by("-number").first()
    if newest is None:
        return f"{prompt.slug} has no revision yet, so nothing of it was approved."
    state = "is blocked" if newest.blocked else "is not approved"
    return f"Nothing of {prompt.slug} was released: its newest revision, r{newest.number}, {state}."


def exported(release: Release, label: str) -> Exported:
    """A release as the formats take it."""
    revision = release.revision
    return Exported(
        slug=release.prompt.slug,
        title=release.prompt.title,
        label=label,
        release=release.number,
        revision=revision.number,
        digest=revision.digest,
        pack=revision.pack,
        config=revision.params,
        variables=variables_of(revision),
        playground=release.playground,
        content=revision.content,
        policy=partial(packs.load, release.workspace, revision.pack, revision.pack_digest),
        statement=bytes(release.statement),
        signatures=tuple(release.signatures),
        findings=tuple(revision.findings),
        broken_glass=release.broken_glass,
    )


def format_named(name: str) -> Format:
    try:
        return FORMATS[name]
    except KeyError:
        raise Invalid(f"There is no format “{name[:40]}”.", f"Choose from {', '.join(FORMATS)}.") from None


@transaction.atomic
def export(*, release: Release, label: str, format: Format, actor: Actor) -> str:
    """The release in ``format``; that it left, and by whom, is recorded."""
    text = format.render(exported(release, label))
    record(
        chain=release.workspace.chain,
        actor=actor,
        act=Act.EXPORTED,
        subject=Subject("release", str(release.pk), f"{release.prompt.slug}@{label}"),
        detail={"format": format.name, "release": release.number, "digest": release.revision.digest},
    )
    return text


def labels_list(workspace: Workspace) -> list[dict[str, object]]:
    """Every label of the workspace, as ``export --list --format json`` prints it."""
    by_release: dict[int, dict[str, object]] = {}
    rows = Label.objects.filter(prompt__workspace=workspace).select_related("prompt", "release__revision")
    for label in rows.order_by("prompt__slug", "release__number", "name"):
        entry = by_release.setdefault(
            label.release_id,
            {
                "slug": label.prompt.slug,
                "labels": [],
                "release": label.release.number,
                "digest": label.release.revision.digest,
            },
        )
        names = entry["labels"]
        assert isinstance(names, list)
        names.append(label.name)
    return list(by_release.values())
