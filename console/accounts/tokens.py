"""Keys of applications: made, shown once, revoked, recognised by their hash, and whom they act for."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from console.accounts.models import Membership, Right, Token
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.problems import DomainError, Invalid, NotAllowed
from console.recent import Recent

MARK = "remit_"  # so that scanners of secrets recognise one
_SCOPE = re.compile(r"(\*|[a-z0-9-]{1,64})@(\*|[a-z][a-z0-9-]{0,39})")
_LONGEST_SECRET = 200
# What tokens and labels say to those that fetch; whoever changes either calls ``SERVED.changed()`` in the transaction.
SERVED: Recent[Any] = Recent("served")
_TO_THE_MINUTE = timedelta(minutes=1)


@transaction.atomic
def create_token(
    *,
    member: Membership,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
    rights: Sequence[str] = (Right.FETCH,),
) -> tuple[Token, str]:
    """A token and its secret, which nobody can read again. Raises NotAllowed, Invalid."""
    require(member, Action.MANAGE_TOKENS)
    name = name.strip()
    if not name:
        raise Invalid("A token needs a name.", "Say which application uses it.")
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid("The token would have expired already.", "Choose a day in the future.")
    secret = MARK + secrets.token_urlsafe(32)
    token = Token.objects.create(
        workspace=member.workspace,
        name=name[:120],
        prefix=secret[: len(MARK) + 6],
        hash=hash_of(secret),
        scopes=_known_scopes(scopes),
        rights=_known_rights(rights),
        expires_at=expires_at,
        created_by=member.user,
    )
    _record(token, Act.TOKEN_CREATED, member)
    return token, secret


@transaction.atomic
def revoke_token(*, token: Token, member: Membership) -> None:
    """End a token at once; what it was and who revoked it stays in the list."""
    require(member, Action.MANAGE_TOKENS, token)
    if not Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        raise DomainError(f"The token {token.name} is revoked already.")
    SERVED.changed()
    _record(token, Act.TOKEN_REVOKED, member)


def token_of(secret: str) -> Token | None:
    """The token that a secret belongs to while it is in force, with its workspace; None for any other text."""
    now = timezone.now()
    in_force = Token.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)
    token = in_force.select_related("workspace").filter(hash=hash_of(secret)).first()
    if token and (token.last_used_at is None or token.last_used_at < now - _TO_THE_MINUTE):
        note_use(token)
    return token


def note_use(token: Token) -> None:
    """To the minute; of many requests at once only the first finds the row as they all read it."""
    Token.objects.filter(pk=token.pk, last_used_at=token.last_used_at).update(last_used_at=timezone.now())


def acting_for(token: Token) -> Membership:
    """The membership of the person who made the token, as the token may use it. Raises NotAllowed when it ended."""
    made_by = Membership.objects.select_related("user").filter(
        workspace=token.workspace_id, user=token.created_by_id, user__is_active=True
    )
    member = made_by.first()
    if member is None:
        raise NotAllowed(
            f"The token {token.name} acts for somebody who is no longer a member here.",
            "An admin who is can make another one.",
        )
    member.workspace, member.token = token.workspace, token
    return member


def hash_of(secret: str) -> str:
    """Plain SHA-256: the secret is 256 random bits, so there is nothing for a slow hash to protect. "" of what is none."""
    if not secret.startswith(MARK) or len(secret) > _LONGEST_SECRET:
        return ""
    return hashlib.sha256(secret.encode()).hexdigest()


def _known_scopes(scopes: Sequence[str]) -> list[str]:
    found = sorted({scope.strip() for scope in scopes if scope.strip()})
    if not found:
        raise Invalid("A token needs a scope.", "Give a prompt and a label such as aria@production.")
    for scope in found:
        if not _SCOPE.fullmatch(scope):
            raise Invalid(
                f"{scope[:120]!r} is not a scope.",
                "Write prompt@label, with * for all, such as aria@production or *@staging.",
            )
    return found


def _known_rights(rights: Sequence[str]) -> list[str]:
    unknown = sorted(set(rights) - set(Right.values))
    if unknown:
        raise Invalid(f"There is no right {unknown[0][:40]!r}.", f"Choose from {', '.join(Right.values)}.")
    if not rights:
        raise Invalid("A token needs a right.", "Say what it is for.")
    return [right for right in Right.values if right in set(rights)]


def _record(token: Token, act: Act, member: Membership) -> None:
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=act,
        subject=Subject("token", str(token.pk), token.name),
        detail={
            "prefix": token.prefix,
            "scopes": token.scopes,
            "rights": token.rights,
            "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        },
    )
