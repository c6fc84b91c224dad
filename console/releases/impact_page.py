"""A count as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

import policies
from console.governance import packs
from console.governance.services import Governance, governance_of
from console.releases.impact_models import Impact, ImpactItem
from console.reviews.models import Decision, Review
from policies import PackChange

MOST = 200  # lines of a group; a page is read, not scrolled for an hour
WAYS = ("stricter", "looser", "new", "removed", "renamed", "reworded")


@dataclass(frozen=True, slots=True)
class Line:
    """One draft or live release that would fare otherwise."""

    item: ImpactItem
    labels: tuple[str, ...]  # of a release


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of one outcome; ``more`` of them are not shown."""

    outcome: str
    title: str
    severity: str
    lines: tuple[Line, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the page needs. ``approvals`` of ``reviews`` open reviews bind to what would be replaced."""

    impact: Impact
    counted: int
    groups: tuple[Group, ...]
    stale: Group  # live releases whose revision would compile to other bytes than were approved
    approved: tuple[Review, ...]  # open reviews whose approvals bind to what would be replaced
    same: int
    changes: tuple[tuple[str, tuple[PackChange, ...]], ...]
    reviews: int
    approvals: int
    in_force: bool
    overtaken: bool  # what it was compared with is no longer in force


def page_of(impact: Impact) -> Page:
    items = list(
        impact.items.select_related("prompt", "release__revision").prefetch_related("release__labels")
    )
    now = governance_of(impact.workspace)
    in_force = _is(now, impact.after_digest, impact.after_bounds)
    undecided = Review.objects.filter(workspace=impact.workspace, status__in=Review.UNDECIDED)
    return Page(
        impact=impact,
        counted=len(items),
        groups=tuple(_groups(items)),
        same=sum(item.outcome == ImpactItem.Outcome.SAME for item in items),
        stale=_group("stale", "Stale", "warn", [item for item in items if item.release and item.other_bytes]),
        approved=tuple(_approved(undecided)[:MOST]),
        changes=_changes(impact),
        reviews=undecided.count(),
        approvals=Decision.objects.filter(
            review__in=undecided, word=Decision.Word.APPROVE, superseded=False
        ).count(),
        in_force=in_force,
        overtaken=not in_force and not _is(now, impact.before_digest, impact.before_bounds),
    )


def _is(now: Governance, digest: str, statement: dict[str, dict[str, object]]) -> bool:
    bounds = {rule: entry["bound"] for rule, entry in now.bounds.statement.items()}
    return now.pack.digest == digest and bounds == {rule: entry["bound"] for rule, entry in statement.items()}


def _groups(items: list[ImpactItem]) -> list[Group]:
    groups = []
    for outcome, title, severity in (
        (ImpactItem.Outcome.BLOCKED, "Newly blocked", "block"),
        (ImpactItem.Outcome.ALLOWED, "Newly allowed", "ok"),
        (ImpactItem.Outcome.FINDINGS, "Other findings", "warn"),
    ):
        found = [item for item in items if item.outcome == outcome]
        groups.append(_group(str(outcome), title, severity, found))
    return groups


def _group(name: str, title: str, severity: str, items: list[ImpactItem]) -> Group:
    lines = tuple(Line(item, _labels(item)) for item in items[:MOST])
    return Group(name, title, severity, lines, len(items) - len(lines))


def _approved(undecided: QuerySet[Review]) -> QuerySet[Review]:
    """Those that somebody has approved as the policy and the bounds are now, with how many did."""
    holds = Q(decisions__word=Decision.Word.APPROVE, decisions__superseded=False)
    return (
        undecided.select_related("prompt", "revision")
        .annotate(approvals=Count("decisions", filter=holds))
        .filter(approvals__gt=0)
        .order_by("number")
    )


def _labels(item: ImpactItem) -> tuple[str, ...]:
    return tuple(label.name for label in item.release.labels.all()) if item.release else ()


def _changes(impact: Impact) -> tuple[tuple[str, tuple[PackChange, ...]], ...]:
    """What the policy itself says otherwise, by way; nothing where a pack is not installed any more."""
    if impact.before_digest == impact.after_digest:
        return ()
    try:
        found = policies.diff_packs(
            packs.load(impact.workspace, impact.before_pack, impact.before_digest),
            packs.load(impact.workspace, impact.after_pack, impact.after_digest),
        )
    except policies.PackError:
        return ()
    return tuple((way, these) for way in WAYS if (these := tuple(c for c in found if c.way == way)))
