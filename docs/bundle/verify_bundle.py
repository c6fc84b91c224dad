#!/usr/bin/env python3
"""Verify a Remit bundle without Remit: this one file and the package `cryptography` are all it needs.

    python verify_bundle.py BUNDLE.json KEY.pem [KEY.pem …] [--print config|statement|summary]

Exit 0: the signature is good, and what was signed is a release. 1: it is not. 2: a file cannot be read.
What it prints comes from the signed bytes alone; whatever else the file says was not signed and is not looked at.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:remit:release:v1"
LARGEST = 12_000_000  # bytes of a bundle
SHOWN = ("summary", "config", "statement")


class Refused(Exception):
    """Why the bundle is not good, in one sentence."""


def decoded(text: Any, what: str) -> bytes:
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (AttributeError, ValueError):
        raise Refused(f"The {what} is not base64.") from None


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose key stands twice means two things to two readers: it is refused."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("A key stands twice in an object.")
    return found


def parsed(text: bytes) -> Any:
    try:
        return json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise Refused("It is not JSON.") from None


def public_key(pem: bytes) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem)
    except ValueError:
        raise Refused("The key file holds no public key in PEM form.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise Refused("The key is not an Ed25519 key.")
    return key


def signed_bytes(bundle: bytes, keys: list[Ed25519PublicKey]) -> bytes:
    """The payload that one of ``keys`` signed (DSSE v1: type and body, both with their lengths)."""
    envelope = parsed(bundle)
    if not isinstance(envelope, dict) or envelope.get("payloadType") != PAYLOAD_TYPE:
        raise Refused(f"This is no bundle: its payloadType is not {PAYLOAD_TYPE}.")
    body = decoded(envelope.get("payload"), "payload")
    kind = PAYLOAD_TYPE.encode()
    message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)
    entries = envelope.get("signatures")
    for entry in entries[:64] if isinstance(entries, list) else []:
        signature = decoded(entry.get("sig") if isinstance(entry, dict) else None, "signature")
        for key in keys:
            try:
                key.verify(signature, message)
            except InvalidSignature:
                continue
            return body
    raise Refused("None of the given keys signed these bytes.")


def release_of(body: bytes) -> dict[str, Any]:
    """The predicate of the statement, when it is a release that does not contradict itself."""
    try:
        statement = parsed(body)
        predicate = statement["predicate"]
        kinds = (statement["_type"], statement["predicateType"])
        subject, digest = statement["subject"][0]["digest"]["sha256"], predicate["revision"]["digest"]
    except (KeyError, IndexError, TypeError):
        raise Refused("The signature is good, but what was signed is no release.") from None
    if kinds != (STATEMENT_TYPE, PREDICATE_TYPE):
        raise Refused(f"The signature is good, but what was signed is {kinds[1]}, not {PREDICATE_TYPE}.")
    if subject != digest:
        raise Refused("The statement contradicts itself: its subject is not the revision that it releases.")
    return dict(predicate)


def summary(release: dict[str, Any]) -> str:
    runs = release["evidence"]["runs"]
    lines = [
        "signature   good",
        f"release     {release['prompt']['slug']} release {release['release']}, {release['createdAt']}",
        f"revision    r{release['revision']['number']}  {release['revision']['digest']}",
        f"policy      {release['pack']['ref']}  {release['pack']['digest']}",
        f"evidence    {len(runs)} runs, {sum(run['conversations'] for run in runs)} conversations",
        f"approvals   {', '.join(approval['by'] for approval in release['approvals']) or 'none'}",
    ]
    if release["playground"]:
        lines.append("playground  yes: its evidence may be a rehearsal, which says nothing about a model")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    shown = SHOWN[0]
    if "--print" in arguments:
        at = arguments.index("--print")
        shown = arguments[at + 1] if at + 1 < len(arguments) else ""
        arguments = arguments[:at] + arguments[at + 2 :]
    if len(arguments) < 2 or shown not in SHOWN:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        bundle, *pems = (read(path) for path in arguments)
    except OSError as error:
        print(f"{error.filename} can't be read: {error.strerror}.", file=sys.stderr)
        return 2
    try:
        body = signed_bytes(bundle, [public_key(pem) for pem in pems])
        release = release_of(body)
        texts = {
            "summary": lambda: summary(release),
            "config": lambda: json.dumps(release["config"], ensure_ascii=False, indent=2),
            "statement": body.decode,
        }
        print(texts[shown]())
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    except (KeyError, TypeError):
        print(
            "The signature is good, but the release lacks what this version of the form has.", file=sys.stderr
        )
        return 1
    return 0


def read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 (no more imports than needed)
        text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise OSError(27, "it is larger than any bundle", path)
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
