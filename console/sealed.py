"""Secrets at rest: sealed by a key that is derived from the installation's secret, older secrets still open them."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from console.problems import DomainError


class Unsealable(DomainError):
    """The secret that sealed it is not configured here."""


def seal(secret: bytes) -> bytes:
    return _box().encrypt(secret)


def unseal(sealed: bytes) -> bytes:
    """What ``seal`` took. Raises Unsealable when neither SECRET_KEY nor a fallback is the one that sealed it."""
    try:
        return _box().decrypt(sealed)
    except InvalidToken:
        raise Unsealable(
            "A stored secret can't be opened: SECRET_KEY is not the one that sealed it.",
            "Put the former SECRET_KEY back, or into REMIT_SECRET_KEY_FALLBACKS.",
        ) from None


def reseal(sealed: bytes) -> bytes:
    """The same secret under the installation's secret of now. Raises Unsealable."""
    return seal(unseal(sealed))


def _box() -> MultiFernet:
    return MultiFernet(
        [Fernet(_derived(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    )


def _derived(secret: str) -> bytes:
    derivation = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"remit sealed secrets v1")
    return base64.urlsafe_b64encode(derivation.derive(secret.encode()))
