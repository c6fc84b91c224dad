"""The Standard Webhooks scheme (standardwebhooks.com): HMAC-SHA256 over id, time and body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"


def new_secret() -> str:
    """As receivers are given it: the prefix and 32 random bytes in base64."""
    return PREFIX + base64.standard_b64encode(secrets.token_bytes(32)).decode()


def signed(event: str, at: int, body: bytes, given: Iterable[str]) -> dict[str, str]:
    """The three headers. ``at``: seconds since 1970; every secret in ``given`` signs, so that receivers may change."""
    message = b"%b.%d.%b" % (event.encode(), at, body)
    signatures = [f"v1,{_signature(secret, message)}" for secret in given]
    return {
        "webhook-id": event,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signatures),
    }


def _signature(secret: str, message: bytes) -> str:
    key = base64.standard_b64decode(secret.removeprefix(PREFIX))
    return base64.standard_b64encode(hmac.digest(key, message, hashlib.sha256)).decode()
