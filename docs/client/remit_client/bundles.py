"""Bundles: releases as files, used when Remit can't be reached. Only what a known key signed is read."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from remit_client.errors import RemitError
from remit_client.prompts import Prompt

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:remit:release:v1"
LARGEST = 12_000_000  # bytes of a file

File = str | Path | bytes


class BadBundle(RemitError):
    """The bundle is not good, or is not of that prompt; says why."""


def opened(
    bundles: Mapping[str, File], keys: Sequence[File], *, playground: bool = False
) -> dict[tuple[str, str], Prompt]:
    """The prompts of bundles that are named by ``slug@label``. Raises BadBundle.

    All are verified at once, when the application starts, and not when Remit is away.
    """
    if bundles and not keys:
        raise BadBundle("A bundle is worth nothing without a public key: give keys=[…].")
    known = [_public_key(_read(key)) for key in keys]
    found = {}
    for name, file in bundles.items():
        slug, _, label = name.partition("@")
        found[slug, label or "production"] = _prompt(name, _read(file), known, playground)
    return found


def _prompt(name: str, bundle: bytes, keys: list[Ed25519PublicKey], playground: bool) -> Prompt:
    slug, _, label = name.partition("@")
    predicate = _release(name, _signed(name, bundle, keys))
    try:
        if predicate["prompt"]["slug"] != slug:
            raise BadBundle(f"The bundle for {name} is one of {predicate['prompt']['slug']}.")
        if predicate["playground"] and not playground:
            raise BadBundle(
                f"The bundle for {name} was made in a playground, whose evidence may be a rehearsal; "
                "allow_playground=True takes it all the same."
            )
        if predicate.get("breakGlass"):
            raise BadBundle(f"The bundle for {name} was released past its review (break-glass).")
        return Prompt(
            slug=slug,
            label=label or "production",
            release=int(predicate["release"]),
            revision=int(predicate["revision"]["number"]),
            digest=str(predicate["revision"]["digest"]),
            pack=str(predicate["pack"]["ref"]),
            config=dict(predicate["config"]),
            variables=dict(predicate["variables"]),
            playground=bool(predicate["playground"]),
            source="bundle",
        )
    except (KeyError, TypeError, ValueError):
        raise BadBundle(f"The bundle for {name} lacks what a release has.") from None


def _signed(name: str, bundle: bytes, keys: list[Ed25519PublicKey]) -> bytes:
    """The payload that one of the keys signed (DSSE v1: type and body, both with their lengths)."""
    envelope = _parsed(name, bundle)
    if not isinstance(envelope, dict) or envelope.get("payloadType") != PAYLOAD_TYPE:
        raise BadBundle(f"The file for {name} is no bundle: its payloadType is not {PAYLOAD_TYPE}.")
    body = _decoded(name, envelope.get("payload"))
    message = b"DSSEv1 %d %b %d %b" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(body), body)
    entries = envelope.get("signatures")
    for entry in entries[:64] if isinstance(entries, list) else []:
        signature = _decoded(name, entry.get("sig") if isinstance(entry, dict) else None)
        for key in keys:
            try:
                key.verify(signature, message)
            except InvalidSignature:
                continue
            return body
    raise BadBundle(f"None of the given keys signed the bundle for {name}.")


def _release(name: str, body: bytes) -> dict[str, Any]:
    statement = _parsed(name, body)
    try:
        predicate = statement["predicate"]
        kinds = (statement["_type"], statement["predicateType"])
        same = statement["subject"][0]["digest"]["sha256"] == predicate["revision"]["digest"]
    except (KeyError, IndexError, TypeError):
        raise BadBundle(f"What was signed for {name} is no release.") from None
    if kinds != (STATEMENT_TYPE, PREDICATE_TYPE) or not same:
        raise BadBundle(f"What was signed for {name} is no release of this form.")
    return dict(predicate)


def _parsed(name: str, text: bytes) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise BadBundle(f"The bundle for {name} is not JSON, or a key stands in it twice.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that stands twice means two things to two readers."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("twice")
    return found


def _decoded(name: str, text: Any) -> bytes:
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (AttributeError, ValueError):
        raise BadBundle(f"The bundle for {name} holds what is not base64.") from None


def _public_key(pem: bytes) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem)
    except ValueError:
        raise BadBundle("A key is no public key in PEM form.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise BadBundle("A key is not an Ed25519 key.")
    return key


def _read(file: File) -> bytes:
    if isinstance(file, bytes):
        return file
    try:
        with Path(file).open("rb") as opened_file:
            content = opened_file.read(LARGEST + 1)
    except OSError as error:
        raise BadBundle(f"{file} can't be read: {error.strerror}.") from None
    if len(content) > LARGEST:
        raise BadBundle(f"{file} is larger than {LARGEST:,} bytes.")
    return content
