"""What would change if another policy, or other bounds, were put in force: for every draft and every live release.

The count is work for the background: ``count`` does a piece of it, commits, and wakes somebody for the next piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

import policies
from console import queue
from console.accounts.models import Membership, Workspace
from console.accounts.permissions import Action, require
from console.governance import packs
from console.governance.services import (
    Bounds,
    Governance,
    carried,
    governance_of,
    organisation_from,
    set_bounds,
    switch_pack,
)
from console.problems import DomainError, Invalid
from console.prompts.checking import Checked, check
from console.prompts.models import Draft
from console.releases.impact_models import Impact, ImpactItem
from console.releases.models import Label, Release
from policies import Finding, Severity
from policies.canonical import plain

PIECE = (
    20  # drafts or releases a piece of the count: a second or two of work, and at most so much is repeated
)
KEPT = 100  # impacts of a workspace


def start_policy(*, member: Membership, ref: str, reason: str = "") -> Impact:
    """Count what putting the pack ``name@version`` in force would change. Raises NotAllowed, Invalid."""
    require(member, Action.SWITCH_PACK)
    now = governance_of(member.workspace)
    pack = _pack(member.workspace, ref)
    if pack.digest == now.pack.digest:
        raise Invalid(f"{pack.ref} is in force already.", "Choose another version to compare with.")
    return _start(member, Impact.Kind.POLICY, now, pack, carried(now.bounds.statement, pack)[0], reason)


def start_bounds(*, member: Membership, bounds: Mapping[str, Mapping[str, Any]], reason: str = "") -> Impact:
    """Count what narrowing to ``bounds`` (as ``set_bounds`` takes them) would change. Raises NotAllowed, Invalid."""
    require(member, Action.SET_BOUNDS)
    now = governance_of(member.workspace)
    statement = {rule: {"bound": dict(bound)} for rule, bound in bounds.items()}
    organisation_from(member.workspace.name, statement, now.pack)
    return _start(member, Impact.Kind.BOUNDS, now, now.pack, statement, reason)


@transaction.atomic
def put_in_force(*, impact: Impact, member: Membership, reason: str) -> Impact:
    """Put what was counted in force, if what it was compared with still holds; returns the count of what it did.

    Raises NotAllowed, Invalid, StaleBounds, DomainError.
    """
    Workspace.objects.select_for_update(no_key=True).get(pk=member.workspace_id)
    now = governance_of(member.workspace)
    if (now.pack.digest, now.bounds.version) != (impact.before_digest, impact.bounds_version):
        raise DomainError(
            "The policy or the bounds were changed since this was counted.", "Count again, then decide."
        )
    if impact.kind == Impact.Kind.POLICY:
        pack = _pack(member.workspace, impact.after_pack)
        if pack.digest != impact.after_digest:
            raise DomainError(f"The installed policy {pack.ref} is not the one that was counted.")
        switch_pack(workspace=member.workspace, name=pack.name, version=pack.version, member=member)
    else:
        bounds = {rule: entry["bound"] for rule, entry in impact.after_bounds.items()}
        reason = reason.strip() or impact.reason
        set_bounds(member=member, bounds=bounds, reason=reason, version=impact.bounds_version)
    return _again(impact, member)


def _again(impact: Impact, member: Membership) -> Impact:
    """The same comparison with the drafts of now: what was put in force against what it replaced."""
    now = governance_of(member.workspace)
    before = _side(
        member.workspace,
        impact.before_pack,
        impact.before_digest,
        impact.before_bounds,
        impact.bounds_version,
    )
    return _start(member, Impact.Kind(impact.kind), before, now.pack, now.bounds.statement, impact.reason)


@transaction.atomic
def _start(
    member: Membership,
    kind: Impact.Kind,
    now: Governance,
    pack: policies.Pack,
    statement: Mapping[str, Any],
    reason: str,
) -> Impact:
    workspace = Workspace.objects.select_for_update(no_key=True).get(pk=member.workspace_id)
    numbers = workspace.impacts.aggregate(last=Max("number"))
    impact = Impact.objects.create(
        workspace=workspace,
        number=(numbers["last"] or 0) + 1,
        kind=kind,
        before_pack=now.pack.ref,
        before_digest=now.pack.digest,
        before_bounds=dict(now.bounds.statement),
        after_pack=pack.ref,
        after_digest=pack.digest,
        after_bounds=dict(statement),
        bounds_version=now.bounds.version,
        reason=reason.strip()[:500],
        total=_drafts(workspace).count() + _live(workspace).count(),
        by=member.user,
    )
    old = workspace.impacts.order_by("-number").values_list("pk", flat=True)[KEPT : KEPT + 50]
    Impact.objects.filter(pk__in=list(old)).delete()
    queue.wake("releases.count", impact.pk)
    return impact


def count(impact_id: int) -> None:
    """Do one piece of the count and wake somebody for the next. Two who do it at once take turns on the row's lock."""
    with transaction.atomic():
        impact = Impact.objects.select_for_update(no_key=True).filter(pk=impact_id, finished_at=None).first()
        if impact is None:
            return
        try:
            before, after = _sides(impact)
        except DomainError as error:
            impact.problem, impact.finished_at = str(error)[:1000], timezone.now()
            impact.save(update_fields=["problem", "finished_at"])
            return
        if not _piece(impact, before, after):
            impact.finished_at = timezone.now()
        impact.save(update_fields=["draft_at", "release_at", "finished_at"])
        if impact.is_open:
            queue.wake("releases.count", impact.pk)


def sweep() -> None:
    """Wake somebody for counts that nobody is at."""
    for pk in Impact.objects.filter(finished_at=None).values_list("pk", flat=True)[:20]:
        queue.wake("releases.count", pk)


def _piece(impact: Impact, before: Governance, after: Governance) -> bool:
    """Count the next few; whether there were any."""
    workspace = impact.workspace
    drafts = list(_drafts(workspace).filter(pk__gt=impact.draft_at).order_by("pk")[:PIECE])
    for draft in drafts:
        _item(impact, draft.content, before, after, prompt=draft.prompt)
        impact.draft_at = draft.pk
    if drafts:
        return True
    releases = list(_live(workspace).filter(pk__gt=impact.release_at).order_by("pk")[:PIECE])
    for release in releases:
        _item(impact, release.revision.content, before, after, prompt=release.prompt, release=release)
        impact.release_at = release.pk
    return bool(releases)


def _item(
    impact: Impact, content: Mapping[str, Any], before: Governance, after: Governance, **of: Any
) -> None:
    was = check(impact.workspace, content, governance=before)
    would = check(impact.workspace, content, governance=after)
    new, gone = _unlike(would, was), _unlike(was, would)
    ImpactItem.objects.create(
        impact=impact,
        outcome=_outcome(was.blocks, would.blocks, bool(new or gone)),
        other_bytes=_bytes(was) != _bytes(would),
        new=new,
        gone=gone,
        renamed=_renamed(content, after.pack),
        **of,
    )


def _outcome(before: int, after: int, differs: bool) -> ImpactItem.Outcome:
    if after and not before:
        return ImpactItem.Outcome.BLOCKED
    if before and not after:
        return ImpactItem.Outcome.ALLOWED
    return ImpactItem.Outcome.FINDINGS if differs else ImpactItem.Outcome.SAME


def _unlike(these: Checked, those: Checked) -> list[dict[str, str]]:
    """Findings of ``these`` that ``those`` has not, the gravest first."""
    known = {_name(finding) for finding in those.verdict.findings}
    found = [finding for finding in these.verdict.findings if _name(finding) not in known]
    found.sort(key=lambda finding: list(Severity).index(finding.severity))
    return [
        {"code": finding.code, "severity": str(finding.severity), "message": finding.message}
        for finding in found[:20]
    ]


def _name(finding: Finding) -> tuple[str, str, str, str]:
    """The same thing said of the same words; a span may move when the compiled text around it changes."""
    return (finding.code, finding.rule, str(finding.severity), finding.quote or finding.path or "")


def _bytes(checked: Checked) -> str:
    return policies.digest(plain(checked.compiled.params)) if checked.compiled else ""


def _renamed(content: Mapping[str, Any], pack: policies.Pack) -> list[list[str]]:
    used = {*content.get("settings", {}), *content.get("grants", {})}
    return sorted([old, new] for old, new in pack.renamed.items() if old in used)


def _sides(impact: Impact) -> tuple[Governance, Governance]:
    workspace = impact.workspace
    return (
        _side(
            workspace, impact.before_pack, impact.before_digest, impact.before_bounds, impact.bounds_version
        ),
        _side(workspace, impact.after_pack, impact.after_digest, impact.after_bounds, -impact.number),
    )


def _side(
    workspace: Workspace, ref: str, digest: str, statement: Mapping[str, Any], version: int
) -> Governance:
    """``version`` only tells results that are kept apart: bounds that are not in force have a negative one."""
    pack = _pack(workspace, ref, digest)
    if pack.digest != digest:
        raise DomainError(
            f"The installed policy {ref} is not the one that was to be compared: its content changed."
        )
    return Governance(pack, Bounds(version, statement, organisation_from(workspace.name, statement, pack)))


def _pack(workspace: Workspace, ref: str, digest: str = "") -> policies.Pack:
    try:
        return packs.load(workspace, ref, digest)
    except policies.PackError as error:
        raise Invalid(f"There is no usable policy {ref[:80]}: {error}") from error


def _drafts(workspace: Workspace) -> QuerySet[Draft]:
    return Draft.objects.filter(
        prompt__workspace=workspace, prompt__archived=False, name="main"
    ).select_related("prompt")


def _live(workspace: Workspace) -> QuerySet[Release]:
    """The releases that a label points to."""
    named = Label.objects.filter(prompt__workspace=workspace).values("release")
    return Release.objects.filter(pk__in=named).select_related("prompt", "revision")
