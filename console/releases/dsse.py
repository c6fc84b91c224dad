"""DSSE v1 envelopes: what is signed is the type and the bytes, both with their lengths, so that neither can slide."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
_LARGEST = 8_000_000  # characters of a payload


class BadEnvelope(ValueError):
    """The envelope is not one, or no known key signed it; says which in one sentence."""


def pae(payload_type: str, body: bytes) -> bytes:
    """The pre-authentication encoding; lengths are of bytes, in ASCII decimals."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)


def keyid_of(public: bytes) -> str:
    """The id of a public key of 32 bytes: its SHA-256."""
    return hashlib.sha256(public).hexdigest()


def envelope(body: bytes, signatures: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.standard_b64encode(body).decode(),
        "signatures": signatures,
    }


@dataclass(frozen=True, slots=True)
class Verified:
    """The bytes that were signed, and the ids of the keys whose signatures are good, each counted once."""

    body: bytes
    keyids: frozenset[str]


def verify(form: Mapping[str, Any], keys: Mapping[str, bytes]) -> Verified:
    """Check an envelope against public keys (keyid -> 32 bytes). ``keyid`` is a hint only: every key is tried.

    Only the returned bytes may be read: what else the envelope says is not signed. Raises BadEnvelope.
    """
    if not isinstance(form, Mapping) or form.get("payloadType") != PAYLOAD_TYPE:
        raise BadEnvelope(f"This is no bundle: its payloadType is not {PAYLOAD_TYPE}.")
    body = _decoded(form.get("payload"), "payload")
    signatures = form.get("signatures")
    if not isinstance(signatures, list) or not signatures:
        raise BadEnvelope("The bundle carries no signature.")
    message = pae(PAYLOAD_TYPE, body)
    good = {keyid for entry in signatures[:64] for keyid, key in keys.items() if _signed(key, entry, message)}
    if not good:
        raise BadEnvelope("No key that is known here signed these bytes.")
    return Verified(body, frozenset(good))


def _signed(key: bytes, entry: Any, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(_decoded(entry.get("sig"), "signature"), message)
    except (InvalidSignature, ValueError, AttributeError):
        return False
    return True


def _decoded(text: Any, what: str) -> bytes:
    """Both base64 alphabets are accepted, as the specification asks."""
    if not isinstance(text, str) or len(text) > _LARGEST:
        raise BadEnvelope(f"The {what} of the bundle is not base64.")
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise BadEnvelope(f"The {what} of the bundle is not base64.") from None
