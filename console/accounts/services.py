"""Workspaces, members and their roles."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from console.accounts.mfa import has_factor
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


def workspace_named(slug: str) -> Workspace:
    """The workspace that a command means: ``slug``, or the only one when it is empty. Raises Invalid."""
    found = list(Workspace.objects.filter(slug=slug) if slug else Workspace.objects.all()[:2])
    if len(found) == 1:
        return found[0]
    if slug:
        raise Invalid(
            f"There is no workspace “{slug}”.", "--workspace takes the word in the pages' addresses, /w/…/."
        )
    if not found:
        raise Invalid("There is no workspace yet.", "Start the console once with make up.")
    known = ", ".join(Workspace.objects.values_list("slug", flat=True)[:10])
    raise Invalid("There are several workspaces.", f"Name one with --workspace: {known}.")


@transaction.atomic
def add_member(
    *,
    workspace: Workspace,
    user: User,
    roles: Sequence[str],
    domains: Sequence[str] = (),
    specialties: Sequence[str] = (),
    actor: Actor = SYSTEM,
) -> Membership:
    member = Membership.objects.create(
        workspace=workspace,
        user=user,
        roles=_known_roles(roles),
        domains=sorted(set(domains)),
        specialties=sorted(set(specialties)),
    )
    record(
        chain=workspace.chain,
        actor=actor,
        act=Act.MEMBER_ADDED,
        subject=_subject(member),
        detail=_standing(member),
    )
    return member


@transaction.atomic
def set_roles(
    *,
    member: Membership,
    roles: Sequence[str],
    domains: Sequence[str],
    specialties: Sequence[str] | None = None,
    by: Membership,
) -> Membership:
    """Replace a member's roles; ``specialties`` None leaves them. The last admin keeps the role, since nobody could
    give it back.
    """
    require(by, Action.MANAGE_MEMBERS, member)
    roles = _known_roles(roles)
    if Role.ADMIN not in roles:
        _keep_an_admin(member)
    before = _standing(member)
    member.roles, member.domains = roles, sorted(set(domains))
    if specialties is not None:
        member.specialties = sorted(set(specialties))
    member.save(update_fields=["roles", "domains", "specialties"])
    record(
        chain=by.workspace.chain,
        actor=by.actor,
        act=Act.MEMBER_ROLES_CHANGED,
        subject=_subject(member),
        detail={"before": before, "after": _standing(member)},
    )
    return member


@transaction.atomic
def remove_member(*, member: Membership, by: Membership) -> None:
    """End a membership: what the person approved no longer counts from this moment on."""
    require(by, Action.MANAGE_MEMBERS, member)
    _keep_an_admin(member)
    record(
        chain=by.workspace.chain,
        actor=by.actor,
        act=Act.MEMBER_REMOVED,
        subject=_subject(member),
        detail=_standing(member),
    )
    member.delete()


def _keep_an_admin(member: Membership) -> None:
    """Refuse to let the only admin go. Locks the memberships, so that two admins cannot leave at once."""
    locked = (
        Membership.objects.select_for_update(no_key=True).filter(workspace=member.workspace_id).order_by("pk")
    )
    if [row for row in locked if Role.ADMIN in row.roles] == [member]:
        raise DomainError(
            f"{member.user.shown_name} is the only admin of this workspace.",
            "Give the role to somebody else first.",
        )


def _standing(member: Membership) -> dict[str, list[str]]:
    return {"roles": member.roles, "domains": member.domains, "specialties": member.specialties}


def _known_roles(roles: Sequence[str]) -> list[str]:
    unknown = sorted(set(roles) - set(Role.values))
    if unknown:
        raise Invalid(f"There is no role {unknown[0]!r}.", f"Choose from {', '.join(Role.values)}.")
    return [role for role in Role.values if role in set(roles)]


def _subject(member: Membership) -> Subject:
    return Subject("member", str(member.pk), member.user.shown_name)


@transaction.atomic
def require_mfa(*, on: bool, member: Membership) -> None:
    """Whether members of the workspace need a second factor. Raises NotAllowed, DomainError (the admin has none)."""
    require(member, Action.MANAGE_MEMBERS)
    if on and not has_factor(member.user):
        raise DomainError(
            "You have no second factor yourself, and would be the first one to stand outside.",
            "Set one up under your account, then require it.",
        )
    if not Workspace.objects.filter(pk=member.workspace_id, requires_mfa=not on).update(requires_mfa=on):
        return
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=Act.SECURITY_CHANGED,
        subject=Subject("workspace", str(member.workspace_id), member.workspace.name),
        detail={"requires_mfa": on},
    )
