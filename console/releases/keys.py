"""The keys that sign releases: made when first needed, rotated, revoked; old bundles still verify."""

from __future__ import annotations

import base64
import hashlib
import string

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import IntegrityError, transaction
from django.utils import timezone

from console.releases.dsse import PAYLOAD_TYPE, pae
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


def sign(body: bytes) -> list[dict[str, str]]:
    """The DSSE signatures over ``body`` by the current key."""
    key = current_key()
    private = Ed25519PrivateKey.from_private_bytes(unseal(bytes(key.private)))
    signature = private.sign(pae(PAYLOAD_TYPE, body))
    return [{"keyid": key.keyid, "sig": base64.standard_b64encode(signature).decode()}]


@transaction.atomic
def rotate() -> SigningKey:
    """Retire the current key and make the next; what the old one signed still verifies."""
    SigningKey.objects.filter(retired_at=None, revoked_at=None).update(retired_at=timezone.now())
    return _make()


def public_pem(key: SigningKey) -> str:
    public = Ed25519PublicKey.from_public_bytes(bytes(key.public))
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def keyid_of(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()


def _make() -> SigningKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    return SigningKey.objects.create(
        keyid=keyid_of(public), name=_next_name(), public=public, private=seal(private.private_bytes_raw())
    )


def _next_name() -> str:
    """2026-a, 2026-b …: what people call a key."""
    year = timezone.now().year
    used = SigningKey.objects.filter(name__startswith=f"{year}-").count()
    first, last = divmod(used, 26)
    return f"{year}-{string.ascii_lowercase[first - 1] if first else ''}{string.ascii_lowercase[last]}"
