"""The policy and the bounds that hold in a workspace: everybody asks here, nobody reads the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

import policies
from console.accounts.models import Membership, Workspace
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import SYSTEM, Actor, Subject, record
from console.governance import packs
from console.governance.models import OrganisationBounds, PolicyInForce
from console.problems import DomainError, Invalid
from console.repeated import Repeated


class StaleBounds(DomainError):
    """Somebody else changed the bounds since the form was opened."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """A workspace's bounds. Version 0 narrows nothing. ``statement`` is the exchanged form, ``organisation`` the value."""

    version: int
    statement: Mapping[str, Any]
    organisation: policies.Organisation
    at: datetime | None = None
    samples: int = 1
    samples_from_risk: int = 0
    models: tuple[str, ...] = ()

    def samples_at(self, risk: int) -> int:
        """How often each scenario must have been played at this risk, as far as the organisation asks."""
        return self.samples if risk >= self.samples_from_risk else 1

    def models_at(self, risk: int) -> tuple[str, ...]:
        """The models on which that must be shown besides the revision's own."""
        return self.models if risk >= self.samples_from_risk else ()


@dataclass(frozen=True, slots=True)
class Governance:
    """What a validation needs to know of a workspace."""

    pack: policies.Pack
    bounds: Bounds

    @property
    def models(self) -> frozenset[str]:
        """Every model whose runs can be evidence for revisions that ask for another one."""
        return frozenset(
            {*self.bounds.models, *(name for level in self.pack.review.levels for name in level.models)}
        )


_IN_FORCE = Repeated(lambda workspace: PolicyInForce.objects.filter(workspace=workspace).order_by("-pk")[:1])
_BOUNDS = Repeated(
    lambda workspace: OrganisationBounds.objects.filter(workspace=workspace).order_by("-version")[:1]
)


def governance_of(workspace: Workspace) -> Governance:
    """The pack in force and the bounds, in two statements."""
    pack = pack_in_force(workspace)
    return Governance(pack, bounds_for(workspace, pack))


def in_force(workspace: Workspace) -> PolicyInForce | None:
    """The row that names the pack, for its date; None before anybody chose one."""
    return workspace.policies.select_related("by").order_by("-pk").first()


def pack_in_force(workspace: Workspace) -> policies.Pack:
    """The pack of ``workspace``; the newest ``claude`` pack until an admin chooses.

    A release of this program may bring other words under the same version: what was put in force holds until an admin
    decides. Raises DomainError when it was not kept.
    """
    row = _IN_FORCE.first(workspace.pk)
    if row is None:
        return policies.load_pack()
    try:
        pack = packs.load(workspace, str(row), row.digest)
    except policies.PackError as error:
        raise DomainError(
            f"The policy in force, {row}, can't be loaded: {error}", "Put its file back or switch the policy."
        ) from error
    if pack.digest != row.digest:
        raise DomainError(
            f"The installed policy {row} is not the one that was put in force: its content changed.",
            f"Put its file back, or another one in force: manage.py pack use NAME@VERSION --workspace {workspace.slug}.",
        )
    return pack


def bounds_for(workspace: Workspace, pack: policies.Pack | None = None) -> Bounds:
    """The bounds that hold now, as a value that ``policies`` takes."""
    pack = pack or pack_in_force(workspace)
    row = _BOUNDS.first(workspace.pk)
    if row is None:
        return Bounds(0, {}, policies.Organisation(name=workspace.name, bounds={}))
    organisation = organisation_from(workspace.name, row.statement, pack)
    return Bounds(
        version=row.version,
        statement=row.statement,
        organisation=organisation,
        at=row.at,
        samples=row.samples,
        samples_from_risk=row.samples_from_risk,
        models=tuple(row.further_models),
    )


def organisation_from(name: str, statement: Mapping[str, Any], pack: policies.Pack) -> policies.Organisation:
    """A statement, as the rows keep it, as a value that ``policies`` takes. Raises Invalid for anything wider."""
    since = {rule: entry["since"] for rule, entry in statement.items() if "since" in entry}
    bounds = {rule: entry["bound"] for rule, entry in statement.items()}
    try:
        return policies.parse_organisation({"name": name, "bounds": bounds, "since": since}, pack)
    except policies.FormError as error:
        raise Invalid(
            f"These bounds can't be used: {error}", "Bounds can only narrow what the policy allows."
        ) from error


def carried(statement: Mapping[str, Any], pack: policies.Pack) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A statement made under another policy as ``pack`` takes it, each bound with its date, and what was lost."""
    bounds, lost = policies.carry_over({rule: entry["bound"] for rule, entry in statement.items()}, pack)
    former = {pack.renamed.get(rule, rule): entry for rule, entry in statement.items()}
    return {
        rule: former[rule] if former[rule]["bound"] == bound else {**former[rule], "bound": bound}
        for rule, bound in bounds.items()
    }, lost


@transaction.atomic
def set_bounds(
    *, member: Membership, bounds: Mapping[str, Mapping[str, Any]], reason: str, version: int
) -> OrganisationBounds | None:
    """Replace the workspace's bounds by ``bounds`` (behaviour id -> narrowing, as ``parse_organisation`` takes it).

    ``version`` is the one that the form showed. Each bound keeps the date since which it holds. Returns None when
    nothing changed. Raises NotAllowed, Invalid (anything wider than the policy, an unknown id), StaleBounds.
    """
    workspace = member.workspace
    require(member, Action.SET_BOUNDS)
    now = locked_bounds(workspace, version)
    before: Mapping[str, Any] = now.statement if now else {}
    statement = _dated(bounds, before)
    organisation_from(workspace.name, statement, pack_in_force(workspace))
    if {k: v["bound"] for k, v in statement.items()} == {k: v["bound"] for k, v in before.items()}:
        return None
    row = next_bounds(workspace, now, statement=statement, reason=reason.strip(), by=member.user)
    record_bounds(workspace, member.actor, row, before)
    return row


def locked_bounds(workspace: Workspace, version: int) -> OrganisationBounds | None:
    """The bounds that the form showed as ``version``, held until the transaction ends. Raises StaleBounds."""
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    now = workspace.bounds.order_by("-version").first()
    if (now.version if now else 0) != version:
        raise StaleBounds(
            "Somebody changed the bounds while you had them open.", "Reload the page and narrow again."
        )
    return now


def next_bounds(workspace: Workspace, now: OrganisationBounds | None, **changed: Any) -> OrganisationBounds:
    """The version after ``now``: everything as it was but what is ``changed``."""
    kept = ("statement", "samples", "samples_from_risk", "further_models")
    before = {name: getattr(now, name) for name in kept} if now else {}
    version = now.version + 1 if now else 1
    return OrganisationBounds.objects.create(workspace=workspace, version=version, **{**before, **changed})


def record_bounds(
    workspace: Workspace, actor: Actor, row: OrganisationBounds, before: Mapping[str, Any], *also: str
) -> None:
    """``also``: what changed besides the bounds of behaviours."""
    record(
        chain=workspace.chain,
        actor=actor,
        act=Act.BOUNDS_CHANGED,
        subject=Subject("bounds", str(row.version), f"bounds {row.version}"),
        detail={
            "before": policies.digest(dict(before)),
            "after": policies.digest(row.statement),
            "changed": sorted({*_changed(before, row.statement), *also}),
        },
    )


def _dated(bounds: Mapping[str, Mapping[str, Any]], before: Mapping[str, Any]) -> dict[str, Any]:
    today = timezone.localdate().isoformat()
    return {
        rule: before[rule]
        if rule in before and before[rule]["bound"] == bound
        else {"bound": dict(bound), "since": today}
        for rule, bound in bounds.items()
    }


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [rule for rule in {*before, *after} if before.get(rule) != after.get(rule)]


@transaction.atomic
def switch_pack(
    *, workspace: Workspace, name: str, version: str, actor: Actor = SYSTEM, member: Membership | None = None
) -> PolicyInForce:
    """Put a pack in force. Called for a member, or by the system when the workspace is made.

    The organisation's bounds go along: what the new policy calls otherwise or closes itself becomes their next version.
    """
    if member is not None:
        require(member, Action.SWITCH_PACK)
        actor = member.actor
    try:
        pack = packs.load(workspace, f"{name}@{version}")
    except policies.PackError as error:
        raise Invalid(f"There is no usable policy {name}@{version}: {error}") from error
    # A release that is under way looks at the policy under the same lock.
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    before = in_force(workspace)
    packs.keep(workspace, pack)
    row = PolicyInForce.objects.create(
        workspace=workspace,
        pack=pack.name,
        version=pack.version,
        digest=pack.digest,
        by=member.user if member else None,
    )
    record(
        chain=workspace.chain,
        actor=actor,
        act=Act.PACK_SWITCHED,
        subject=Subject("pack", pack.ref, pack.title),
        detail={"before": str(before) if before else None, "after": pack.ref, "digest": pack.digest},
    )
    _carry_bounds(workspace, pack, actor, member)
    return row


def _carry_bounds(workspace: Workspace, pack: policies.Pack, actor: Actor, member: Membership | None) -> None:
    now = workspace.bounds.order_by("-version").first()
    if now is None:
        return
    statement, lost = carried(now.statement, pack)
    if statement == now.statement:
        return
    row = next_bounds(
        workspace,
        now,
        statement=statement,
        reason=" ".join([f"Carried over to {pack.ref}.", *lost]),
        by=member.user if member else None,
    )
    record_bounds(workspace, actor, row, now.statement)
