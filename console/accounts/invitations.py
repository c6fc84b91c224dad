"""Invitations: an admin makes a link that makes somebody a member, once, with roles that are fixed beforehand."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from console.accounts.mailed import SEND
from console.accounts.models import Invitation, Membership, Role, User
from console.accounts.permissions import Action, require
from console.accounts.services import add_member
from console.audit.acts import Act
from console.audit.services import Actor, Subject, record
from console.problems import DomainError, Invalid
from console.queue import wake
from console.sealed import seal, unseal

DAYS = (1, 7, 30)
SHOWN_AFTERWARDS = 14  # days after an invitation expired in which it can still be renewed
MOST_OPEN = 200  # of a workspace


class Gone(DomainError):
    """The link leads nowhere: one sentence for wrong, used, withdrawn and expired ones, so that none can be told apart."""

    status = 404


@transaction.atomic
def invite(
    *, member: Membership, roles: Sequence[str], email: str = "", days: int = 7
) -> tuple[Invitation, str]:
    """An invitation and its link, which is known only now; with ``email`` it is sent there. Raises NotAllowed, Invalid."""
    require(member, Action.MANAGE_MEMBERS)
    email = _known_email(email)
    if days not in DAYS:
        raise Invalid("An invitation is good for 1, 7 or 30 days.")
    if open_invitations(member).count() >= MOST_OPEN:
        raise Invalid(f"{MOST_OPEN} invitations are open already.", "Withdraw some that nobody will take.")
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        workspace=member.workspace,
        email=email,
        roles=_known_roles(roles),
        created_by=member.user,
        **_fresh(secret, email, days),
    )
    _record(invitation, Act.INVITED, member.actor)
    return invitation, link_of(secret)


@transaction.atomic
def renew(*, invitation: Invitation, member: Membership) -> tuple[Invitation, str]:
    """A new link in place of the old one, which leads nowhere from then on, good for as many days as the first; where
    there is an address it is mailed again. Raises NotAllowed, DomainError (it is over).
    """
    require(member, Action.MANAGE_MEMBERS, invitation)
    locked = Invitation.objects.select_for_update(no_key=True).filter(
        pk=invitation.pk, accepted_at=None, withdrawn_at=None
    )
    row = locked.first()
    if row is None:
        raise DomainError("That invitation is over already.", "Make a new one.")
    secret, days = secrets.token_urlsafe(32), max((row.expires_at - row.renewed_at).days, DAYS[0])
    for field, value in _fresh(secret, row.email, days).items():
        setattr(row, field, value)
    row.save()
    row.workspace, row.created_by = invitation.workspace, member.user
    _record(row, Act.INVITATION_RENEWED, member.actor)
    return row, link_of(secret)


def link_of(secret: str) -> str:
    return f"{settings.REMIT_URL}{reverse('invitation', args=[secret])}"


def _fresh(secret: str, email: str, days: int) -> dict[str, Any]:
    """What a new link changes; with an address a letter is due."""
    now = timezone.now()
    if email:
        wake(SEND, 0)
    return {
        "hash": _hash(secret),
        "secret": seal(secret.encode()) if email else None,
        "renewed_at": now,
        "expires_at": now + timedelta(days=days),
        "mail": Invitation.Mail.DUE if email else Invitation.Mail.NONE,
        "mail_after": now if email else None,
        "attempts": 0,
        "problem": "",
    }


def open_invitations(member: Membership) -> Any:
    """Those that still lead somewhere."""
    return listed_invitations(member).filter(expires_at__gt=timezone.now())


def listed_invitations(member: Membership) -> Any:
    """Those that nobody took or withdrew; what expired a while ago is forgotten."""
    since = timezone.now() - timedelta(days=SHOWN_AFTERWARDS)
    return Invitation.objects.filter(
        workspace=member.workspace_id, accepted_at=None, withdrawn_at=None, expires_at__gt=since
    ).select_related("created_by")


@transaction.atomic
def withdraw(*, invitation: Invitation, member: Membership) -> None:
    require(member, Action.MANAGE_MEMBERS, invitation)
    gone = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if not gone.update(withdrawn_at=timezone.now()):
        raise DomainError("That invitation is over already.")
    _record(invitation, Act.INVITATION_WITHDRAWN, member.actor)


def invitation_of(secret: str) -> Invitation:
    """The invitation that a link opens. Raises Gone."""
    found = Invitation.objects.filter(
        hash=_hash(secret[:200]), accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now()
    ).select_related("workspace", "created_by")
    if invitation := found.first():
        return invitation
    raise Gone("This invitation leads nowhere any more.", "Ask whoever invited you for a new one.")


@transaction.atomic
def accept(*, secret: str, user: User) -> Membership:
    """Make ``user`` a member. Raises Gone, DomainError (a member already)."""
    invitation = invitation_of(secret)
    now = timezone.now()
    # Guarded in SQL: of two at once one finds it taken.
    taken = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if not taken.update(accepted_at=now, accepted_by=user):
        raise Gone("This invitation leads nowhere any more.", "Ask whoever invited you for a new one.")
    if Membership.objects.filter(workspace=invitation.workspace, user=user).exists():
        raise DomainError(
            f"You are a member of {invitation.workspace.name} already.", "There is nothing to do."
        )
    member = add_member(workspace=invitation.workspace, user=user, roles=invitation.roles, actor=user.actor)
    _record(invitation, Act.INVITATION_ACCEPTED, user.actor)
    return member


@transaction.atomic
def join(*, secret: str, username: str, name: str, password: str) -> Membership:
    """Make an account and the membership with it. Raises Gone, Invalid."""
    invitation = invitation_of(secret)
    user = User(username=username.strip(), name=name.strip()[:150], email=free_email(invitation.email))
    try:
        user.clean_fields(exclude=["password", "email"])
        validate_password(password, user)
        user.set_password(password)
        with transaction.atomic():
            user.save()
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from None
    except IntegrityError:
        raise Invalid(f"Somebody has the login {user.username!r} already.", "Choose another one.") from None
    return accept(secret=secret, user=user)


def free_email(email: str) -> str:
    """``email``, or nothing when an account has it already: two of one address could not log in with it."""
    return "" if User.objects.filter(email__iexact=email).exists() else email


def letter_of(invitation: Invitation) -> tuple[str, str] | None:
    """Subject and words of the letter that is due; None where the invitation leads nowhere any more."""
    over = invitation.accepted_at or invitation.withdrawn_at or invitation.expires_at <= timezone.now()
    if over or not invitation.secret:
        return None
    link = link_of(unseal(bytes(invitation.secret)).decode())
    by, where = invitation.created_by.shown_name, invitation.workspace.name
    return (
        f"{by} invites you to {where} on Remit",
        f"{by} invites you to {where} on Remit, as {', '.join(invitation.roles)}.\n\n{link}\n\n"
        f"The link works once, until {invitation.expires_at:%d %B %Y %H:%M} UTC. If you expected none, leave it.\n",
    )


def _known_email(email: str) -> str:
    email = email.strip()
    try:
        if email:
            validate_email(email)
    except ValidationError:
        raise Invalid(
            f"{email[:80]!r} is no e-mail address.", "Leave it empty to hand over the link."
        ) from None
    return email


def _known_roles(roles: Sequence[str]) -> list[str]:
    known = [role for role in Role.values if role in set(roles)]
    if len(known) != len(set(roles)) or not known:
        raise Invalid("An invitation names one role or more.", f"Choose from {', '.join(Role.values)}.")
    return known


def _hash(secret: str) -> str:
    """Plain SHA-256: the secret is 256 random bits."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _record(invitation: Invitation, act: Act, actor: Actor) -> None:
    record(
        chain=invitation.workspace.chain,
        actor=actor,
        act=act,
        subject=Subject("invitation", str(invitation.pk), invitation.shown_name),
        detail={"roles": invitation.roles, "expires_at": invitation.expires_at.isoformat()},
    )
