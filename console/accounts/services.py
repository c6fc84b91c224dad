"""Workspaces, members and their roles."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from console.accounts.models import Membership, Role, User, Workspace
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import SYSTEM, Actor, Subject, record
from console.problems import DomainError, Invalid


@transaction.atomic
def create_workspace(*, slug: str, name: str, playground: bool = False, actor: Actor = SYSTEM) -> Workspace:
    workspace = Workspace.objects.create(slug=slug, name=name, playground=playground)
    record(
        chain=workspace.chain,
        actor=actor,
        act=Act.WORKSPACE_CREATED,
        subject=Subject("workspace", str(workspace.pk), name),
        detail={"slug": slug, "playground": playground},
    )
    return workspace


@transaction.atomic
def add_member(
    *,
    workspace: Workspace,
    user: User,
    roles: Sequence[str],
    domains: Sequence[str] = (),
    actor: Actor = SYSTEM,
) -> Membership:
    member = Membership.objects.create(
        workspace=workspace, user=user, roles=_known_roles(roles), domains=sorted(set(domains))
    )
    record(
        chain=workspace.chain,
        actor=actor,
        act=Act.MEMBER_ADDED,
        subject=_subject(member),
        detail={"roles": member.roles, "domains": member.domains},
    )
    return member


@transaction.atomic
def set_roles(
    *, member: Membership, roles: Sequence[str], domains: Sequence[str], by: Membership
) -> Membership:
    """Replace a member's roles. The last admin keeps the role, since nobody could give it back."""
    require(by, Action.MANAGE_MEMBERS, member)
    roles = _known_roles(roles)
    locked = list(Membership.objects.select_for_update().filter(workspace=by.workspace_id).order_by("pk"))
    admins = [m for m in locked if Role.ADMIN in m.roles]
    if admins == [member] and Role.ADMIN not in roles:
        raise DomainError(
            f"{member.user.shown_name} is the only admin of this workspace.",
            "Give the role to somebody else first.",
        )
    before = {"roles": member.roles, "domains": member.domains}
    member.roles, member.domains = roles, sorted(set(domains))
    member.save(update_fields=["roles", "domains"])
    record(
        chain=by.workspace.chain,
        actor=by.actor,
        act=Act.MEMBER_ROLES_CHANGED,
        subject=_subject(member),
        detail={"before": before, "after": {"roles": member.roles, "domains": member.domains}},
    )
    return member


def _known_roles(roles: Sequence[str]) -> list[str]:
    unknown = sorted(set(roles) - set(Role.values))
    if unknown:
        raise Invalid(f"There is no role {unknown[0]!r}.", f"Choose from {', '.join(Role.values)}.")
    return [role for role in Role.values if role in set(roles)]


def _subject(member: Membership) -> Subject:
    return Subject("member", str(member.pk), member.user.shown_name)
