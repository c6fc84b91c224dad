"""Keys of applications: made, shown once, revoked, and recognised by their hash."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from console.accounts.models import Membership, Token
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.problems import DomainError, Invalid

MARK = "remit_"  # so that scanners of secrets recognise one
_SCOPE = re.compile(r"(\*|[a-z0-9-]{1,64})@(\*|[a-z][a-z0-9-]{0,39})")
_LONGEST_SECRET = 200
_TO_THE_MINUTE = timedelta(minutes=1)


@transaction.atomic
def create_token(
    *, member: Membership, name: str, scopes: Sequence[str], expires_at: datetime | None
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
        hash=_hash(secret),
        scopes=_known_scopes(scopes),
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
    _record(token, Act.TOKEN_REVOKED, member)


def token_of(secret: str) -> Token | None:
    """The token that a secret belongs to while it is in force, with its workspace; None for any other text."""
    if not secret.startswith(MARK) or len(secret) > _LONGEST_SECRET:
        return None
    now = timezone.now()
    in_force = Token.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)
    token = in_force.select_related("workspace").filter(hash=_hash(secret)).first()
    if token and (token.last_used_at is None or token.last_used_at < now - _TO_THE_MINUTE):
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def _hash(secret: str) -> str:
    """Plain SHA-256: the secret is 256 random bits, so there is nothing for a slow hash to protect."""
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


def _record(token: Token, act: Act, member: Membership) -> None:
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=act,
        subject=Subject("token", str(token.pk), token.name),
        detail={
            "prefix": token.prefix,
            "scopes": token.scopes,
            "expires_at": token.expires_at.isoformat() if token.expires_at else None,
        },
    )
