"""Who is told when something that was released no longer is."""

from __future__ import annotations

from django.urls import reverse

from console.accounts.models import Membership
from console.notifications.models import Kind
from console.notifications.services import notify
from console.releases.models import Label, Release


def tell_rolled_back(label: Label, before: Release, by: Membership, reason: str) -> None:
    title = f"{by.user.shown_name} rolled {_named(before, label.name)} back to release {label.release.number}"
    _tell(before, label.name, by, title, reason)


def tell_retired(name: str, before: Release, by: Membership, reason: str) -> None:
    title = f"{by.user.shown_name} retired {_named(before, name)}, which pointed to release {before.number}"
    _tell(before, name, by, title, reason)


def _named(release: Release, label: str) -> str:
    return f"{release.prompt.slug}@{label}"


def _tell(release: Release, label: str, by: Membership, title: str, reason: str) -> None:
    """Whoever asked for its review, wrote it or let it out."""
    concerned = {release.review.requested_by_id, release.created_by_id, *release.revision.editors}
    members = Membership.objects.filter(workspace=by.workspace_id, user__in=concerned).exclude(pk=by.pk)
    last = release.prompt.label_moves.filter(name=label).values_list("pk", flat=True).first()
    notify(
        members.select_related("user", "workspace"),
        kind=Kind.RELEASED,
        key=f"move:{last}",
        title=title,
        text=reason.strip(),
        address=reverse("releases:release", args=[by.workspace.slug, release.prompt.slug, release.number]),
    )
