"""What an application fetches: the configuration that a label names, found in one statement."""

from __future__ import annotations

import json
from dataclasses import dataclass

from console.accounts.models import Token
from console.problems import DomainError
from console.releases.exporting import exported
from console.releases.models import Label


class NotServed(DomainError):
    """The token does not reach it, or there is nothing: from outside the two look alike."""

    status = 404


@dataclass(frozen=True, slots=True)
class Served:
    """``etag`` changes when the label moves or the prompt is renamed, and only then."""

    body: bytes
    etag: str


def serve(token: Token, slug: str, label: str) -> Served:
    """The released configuration as the exports' JSON form. Raises NotServed."""
    missing = NotServed(
        f"There is no release {slug}@{label} that this token reaches.",
        "Check the slug and the label; an admin sees what the token reaches.",
    )
    if not token.covers(slug, label):
        raise missing
    row = (
        Label.objects.filter(prompt__workspace=token.workspace_id, prompt__slug=slug, name=label)
        .select_related("release__revision", "release__prompt")
        .first()
    )
    if row is None:
        raise missing
    form = exported(row.release, label).as_dict()
    return Served(
        json.dumps(form, ensure_ascii=False).encode(), f'"{row.release.digest[:32]}-{row.release.number}"'
    )
