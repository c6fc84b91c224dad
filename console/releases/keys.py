"""The keys that sign releases: made when first needed, rotated, revoked; old bundles still verify."""

from __future__ import annotations

import base64
import string

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from console.audit.acts import Act
from console.audit.services import INSTALLATION, SYSTEM, Actor, Subject, record
from console.problems import DomainError, Invalid
from console.releases.dsse import PAYLOAD_TYPE, keyid_of, pae
from console.releases.models import SigningKey
from console.sealed import seal, unseal


def current_key() -> SigningKey:
    """The key that signs now; the first one is made here. Two processes that need it at once get the same."""
    found = SigningKey.objects.filter(retired_at=None, revoked_at=None).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return _make()
    except IntegrityError:
        return SigningKey.objects.get(retired_at=None, revoked_at=None)


def sign(body: bytes, kind: str = PAYLOAD_TYPE) -> list[dict[str, str]]:
    """The DSSE signatures over ``body``, which is of type ``kind``, by the current key."""
    key = current_key()
    private = Ed25519PrivateKey.from_private_bytes(unseal(bytes(key.private)))
    signature = private.sign(pae(kind, body))
    return [{"keyid": key.keyid, "sig": base64.standard_b64encode(signature).decode()}]


@transaction.atomic
def rotate(actor: Actor = SYSTEM) -> SigningKey:
    """Retire the current key and make the next; what the old one signed still verifies."""
    for key in SigningKey.objects.select_for_update(no_key=True).filter(retired_at=None, revoked_at=None):
        key.retired_at = timezone.now()
        key.save(update_fields=["retired_at"])
        _record(Act.KEY_RETIRED, key, actor)
    return _make(actor)


@transaction.atomic
def revoke(*, name: str, reason: str, actor: Actor = SYSTEM) -> SigningKey:
    """Say that a key must not be trusted any more, whatever it signed and whenever; a current one is replaced.

    ``name`` is what people call it, or its id. Raises Invalid (no such key, no reason), DomainError (revoked already).
    """
    key = SigningKey.objects.select_for_update(no_key=True).filter(Q(name=name) | Q(keyid=name)).first()
    if key is None:
        raise Invalid(f"There is no key “{name[:64]}”.", "manage.py keys --format json lists them.")
    if not reason.strip():
        raise Invalid("Say why the key is revoked: everybody who verifies reads it.")
    if key.revoked_at:
        raise DomainError(f"{key.name} is revoked already: {key.reason}")
    was_current = key.state == "current"
    key.revoked_at, key.reason = timezone.now(), reason.strip()[:300]
    key.save(update_fields=["revoked_at", "reason"])
    _record(Act.KEY_REVOKED, key, actor, reason=key.reason)
    if was_current:
        _make(actor)
    return key


def listed() -> list[dict[str, str | None]]:
    """All keys, newest first, as ``manage.py keys --format json`` prints them and verifiers read them."""
    return [
        {
            "keyid": key.keyid,
            "name": key.name,
            "state": key.state,
            "public": base64.standard_b64encode(bytes(key.public)).decode(),
            "created": key.created_at.isoformat(),
            "retired": key.retired_at.isoformat() if key.retired_at else None,
            "revoked": key.revoked_at.isoformat() if key.revoked_at else None,
            "reason": key.reason,
        }
        for key in SigningKey.objects.all()
    ]


def public_pem(key: SigningKey) -> str:
    public = Ed25519PublicKey.from_public_bytes(bytes(key.public))
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def _make(actor: Actor = SYSTEM) -> SigningKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    key = SigningKey.objects.create(
        keyid=keyid_of(public), name=_next_name(), public=public, private=seal(private.private_bytes_raw())
    )
    _record(Act.KEY_CREATED, key, actor)
    return key


def _record(act: Act, key: SigningKey, actor: Actor, **more: str) -> None:
    record(
        chain=INSTALLATION,
        actor=actor,
        act=act,
        subject=Subject("key", key.keyid, key.name),
        detail={"keyid": key.keyid, **more},
    )


def _next_name() -> str:
    """2026-a, 2026-b …: what people call a key."""
    year = timezone.now().year
    used = SigningKey.objects.filter(name__startswith=f"{year}-").count()
    first, last = divmod(used, 26)
    return f"{year}-{string.ascii_lowercase[first - 1] if first else ''}{string.ascii_lowercase[last]}"
