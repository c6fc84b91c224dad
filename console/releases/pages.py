"""What the pages of releases read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404

from console.accounts.models import Membership
from console.prompts.models import Prompt
from console.prompts.snippets import including
from console.releases.labels import ready_reason
from console.releases.models import Label, LabelMove, PlannedMove, Release, Share, SigningKey
from console.releases.retiring import Reach, reach_of, tokens_in_force
from policies.canonical import read_json

MOST_NAMED = 10  # prompts that include a snippet


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label with its last move, the release that a roll-back would lead to, and who fetches by it where that is asked."""

    label: Label
    move: LabelMove | None
    back: Release | None
    reach: Reach | None = None
    included_by: tuple[Prompt, ...] = ()

    @property
    def back_is_older(self) -> bool:
        """After a roll-back the way back leads forward again."""
        return self.back is not None and self.back.number < self.label.release.number

    @property
    def back_reason(self) -> str:
        """What the record says of a roll-back of which nobody says more."""
        return ready_reason(self.label.release, self.back) if self.back else ""


def releases_of(prompt: Prompt) -> QuerySet[Release]:
    return (
        Release.objects.filter(prompt=prompt)
        .select_related("revision", "review", "created_by")
        .prefetch_related("labels")
        .order_by("-number")
    )


def release_for(member: Membership, prompt: Prompt, number: int) -> Release:
    """Release ``number`` of a prompt of the member's workspace, or Http404."""
    found = releases_of(prompt).filter(workspace=member.workspace_id, number=number).first()
    if found is None:
        raise Http404
    found.prompt, found.workspace = prompt, member.workspace
    return found


def label_rows(prompt: Prompt) -> list[LabelRow]:
    """All labels in two statements, whatever their number."""
    last = LabelMove.objects.filter(prompt=OuterRef("prompt"), name=OuterRef("name")).order_by("-at", "-pk")
    labels = list(
        Label.objects.filter(prompt=prompt)
        .select_related("release__revision", "prompt")
        .annotate(last_move=Subquery(last.filter(after=OuterRef("release")).values("pk")[:1]))
    )
    moves = LabelMove.objects.select_related("by", "before__revision").in_bulk(
        [label.last_move for label in labels if label.last_move]
    )
    rows = [(label, moves.get(label.last_move)) for label in labels]
    return [LabelRow(label, move, move.before if move else None) for label, move in rows]


def with_reach(rows: list[LabelRow], member: Membership) -> list[LabelRow]:
    """In one statement; of a snippet one more a label."""
    tokens = tokens_in_force(member)
    return [
        replace(
            row,
            reach=reach_of(tokens, row.label.prompt.slug, row.label.name),
            included_by=tuple(included_by(row.label.prompt, row.label.name)),
        )
        for row in rows
    ]


def included_by(prompt: Prompt, label: str) -> list[Prompt]:
    """The prompts that include what a label of a snippet points to."""
    if prompt.kind != Prompt.Kind.SNIPPET:
        return []
    return list(including(prompt, label).only("slug", "title").order_by("slug")[:MOST_NAMED])


def label_moves(prompt: Prompt) -> QuerySet[LabelMove]:
    return (
        LabelMove.objects.filter(prompt=prompt).select_related("by", "before", "after").order_by("-at", "-pk")
    )


def retired_labels(prompt: Prompt) -> QuerySet[LabelMove]:
    """The labels that were taken away and did not come back, each by its last move."""
    there = Label.objects.filter(prompt=prompt).values("name")
    moves = LabelMove.objects.filter(prompt=prompt).exclude(name__in=there).select_related("by", "before")
    return moves.order_by("name", "-at", "-pk").distinct("name")


def planned_moves(prompt: Prompt) -> QuerySet[PlannedMove]:
    """Moves that are to come, the next first."""
    planned = PlannedMove.objects.filter(prompt=prompt, status=PlannedMove.Status.PLANNED)
    return planned.select_related("release", "before", "by").order_by("at")


def shares(prompt: Prompt) -> QuerySet[Share]:
    """Shares of labels' fetches that go on."""
    return Share.objects.filter(prompt=prompt, ended_at=None).select_related("release", "by")


def past_shares(prompt: Prompt) -> QuerySet[Share]:
    over = Share.objects.filter(prompt=prompt, ended_at__isnull=False)
    return over.select_related("release", "by", "ended_by")


def past_plans(prompt: Prompt) -> QuerySet[PlannedMove]:
    """Planned moves that did not happen: cancelled, or refused with the reason."""
    left = PlannedMove.objects.filter(prompt=prompt, status__in=["cancelled", "refused"])
    return left.select_related("release", "by").order_by("-settled_at")


def keys_of(release: Release) -> list[SigningKey]:
    """The keys that signed it, with what became of them."""
    return list(SigningKey.objects.filter(keyid__in=[entry["keyid"] for entry in release.signatures]))


def predicate_of(release: Release) -> dict[str, object]:
    """What the release says of itself, read from its stored bytes."""
    predicate: dict[str, object] = read_json(bytes(release.statement))["predicate"]
    return predicate
