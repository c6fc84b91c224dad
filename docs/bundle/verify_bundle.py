#!/usr/bin/env python3
"""Verify a Remit bundle without Remit: this one file and the package `cryptography` are all it needs.

    python verify_bundle.py BUNDLE.json KEY.pem [KEY.pem …] [--print config|statement|summary] [--at-least N] [--accept-broken-glass]

A key file is a public key in PEM form, or the list that `manage.py keys --format json` prints: only the list knows which
keys were revoked. What was released although its review did not stand is refused unless --accept-broken-glass is given.
--at-least N names the newest release that was seen: an older bundle, signed as well as it is, was put back.

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


class Keys:
    """Public keys with what they are called, and those that must not be trusted with the reason."""

    def __init__(self, files: list[bytes]) -> None:
        self.usable: dict[bytes, str] = {}
        self.revoked: dict[bytes, str] = {}
        for text in files:
            if text.lstrip().startswith(b"["):
                self.add_list(parsed(text))
            else:
                self.usable[public_key(text).public_bytes_raw()] = ""
        for key in self.revoked:
            self.usable.pop(key, None)

    def add_list(self, rows: Any) -> None:
        try:
            for row in rows:
                key = decoded(row["public"], "public key")
                if row["state"] == "revoked":
                    self.revoked[key] = (
                        f"{row['name']}, was revoked on {row['revoked'][:10]}: {row['reason']}"
                    )
                else:
                    self.usable[key] = row["name"] + (" (retired)" if row["state"] == "retired" else "")
        except (KeyError, TypeError):
            raise Refused("The list of keys is not one that “manage.py keys --format json” prints.") from None


def signed_by(keys: Any, signature: bytes, message: bytes) -> str | None:
    """What the key is called that made the signature; None where none of them did."""
    for key, name in keys.items():
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        except (InvalidSignature, ValueError):
            continue
        return str(name)
    return None


def public_key(pem: bytes) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem)
    except ValueError:
        raise Refused("The key file holds no public key in PEM form.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise Refused("The key is not an Ed25519 key.")
    return key


def signed_bytes(bundle: bytes, keys: Keys) -> tuple[bytes, str]:
    """The payload that one of ``keys`` signed (DSSE v1: type and body, both with their lengths), and that key's name."""
    envelope = parsed(bundle)
    if not isinstance(envelope, dict) or envelope.get("payloadType") != PAYLOAD_TYPE:
        raise Refused(f"This is no bundle: its payloadType is not {PAYLOAD_TYPE}.")
    body = decoded(envelope.get("payload"), "payload")
    kind = PAYLOAD_TYPE.encode()
    message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)
    entries = envelope.get("signatures")
    signatures = [
        decoded(entry.get("sig") if isinstance(entry, dict) else None, "signature")
        for entry in (entries[:64] if isinstance(entries, list) else [])
    ]
    for signature in signatures:
        if (name := signed_by(keys.usable, signature, message)) is not None:
            return body, name
    # Who holds a revoked key may have written any time into the bundle, so that it counts at none.
    for signature in signatures:
        if why := signed_by(keys.revoked, signature, message):
            raise Refused(f"The key that signed it, {why}")
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


def refuse_broken_glass(release: dict[str, Any]) -> None:
    if glass := release.get("breakGlass"):
        raise Refused(
            f"The signature is good, but {glass['by']} released it by breaking the glass, without what a release takes "
            f"({glass['reason']}). --accept-broken-glass accepts that."
        )


def summary(release: dict[str, Any], key: str) -> str:
    runs = release["evidence"]["runs"]
    lines = [
        f"signature   good{', key ' if key else ''}{key}",
        f"release     {release['prompt']['slug']} release {release['release']}, {release['createdAt']}",
        f"revision    r{release['revision']['number']}  {release['revision']['digest']}",
        f"policy      {release['pack']['ref']}  {release['pack']['digest']}",
        f"evidence    {len(runs)} runs, {sum(run['conversations'] for run in runs)} conversations",
        f"approvals   {', '.join(approval['by'] for approval in release['approvals']) or 'none'}",
    ]
    if glass := release.get("breakGlass"):
        lines.append(f"glass       BROKEN by {glass['by']}: {glass['reason']}")
    if release["playground"]:
        lines.append("playground  yes: its evidence may be a rehearsal, which says nothing about a model")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    shown = SHOWN[0]
    accepts = "--accept-broken-glass" in arguments
    arguments = [argument for argument in arguments if argument != "--accept-broken-glass"]
    least = 0
    if "--at-least" in arguments:
        at = arguments.index("--at-least")
        number = arguments[at + 1] if at + 1 < len(arguments) else ""
        if not number.isdecimal():
            print(__doc__, file=sys.stderr)
            return 2
        least, arguments = int(number), arguments[:at] + arguments[at + 2 :]
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
        body, key = signed_bytes(bundle, Keys(pems))
        release = release_of(body)
        if not accepts:
            refuse_broken_glass(release)
        if release["release"] < least:
            raise Refused(
                f"The signature is good, but this is release {release['release']}, and {least} was there before: an older "
                "bundle was put back."
            )
        texts = {
            "summary": lambda: summary(release, key),
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
