"""Checking a bundle offline: nothing but the file, a public key and this module's word for it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from console.releases.dsse import BadEnvelope, keyid_of, verify
from console.releases.statement import PREDICATE_TYPE, STATEMENT_TYPE
from policies.canonical import CanonicalError, read_json


@dataclass(frozen=True, slots=True)
class Report:
    """What a good bundle says."""

    keyids: frozenset[str]
    predicate: Mapping[str, Any]
    digest: str
    names: Mapping[str, str]  # what the keys are called, by id, where that is known

    @property
    def lines(self) -> list[str]:
        p = self.predicate
        conversations = sum(run["conversations"] for run in p["evidence"]["runs"])
        rehearsed = " (rehearsal)" if any(run["rehearsal"] for run in p["evidence"]["runs"]) else ""
        lines = [
            f"signature   good, key {', '.join(sorted(self.names.get(key, key[:16]) for key in self.keyids))}",
            f"release     {p['prompt']['slug']} release {p['release']}",
            f"revision    r{p['revision']['number']}  {self.digest}",
            f"policy      {p['pack']['ref']}  {p['pack']['digest']}",
            f"evidence    {len(p['evidence']['runs'])} runs, {conversations} conversations{rehearsed}",
            f"approvals   {', '.join(a['by'] for a in p['approvals']) or 'none'}",
        ]
        if glass := p.get("breakGlass"):
            lines.append(f"glass       BROKEN by {glass['by']}: {glass['reason']}")
        return [*lines, "playground  yes: this says nothing about a model"] if p["playground"] else lines


@dataclass(frozen=True, slots=True)
class Keys:
    """Public keys by id. ``revoked`` says why one must not be trusted; ``names`` what people call them."""

    usable: Mapping[str, bytes]
    revoked: Mapping[str, tuple[bytes, str]]
    names: Mapping[str, str]


def known_in(files: Iterable[bytes]) -> Keys:
    """The keys of files: one public key in PEM form each, or what ``manage.py keys --format json`` printed.

    Raises BadEnvelope.
    """
    usable: dict[str, bytes] = {}
    revoked: dict[str, tuple[bytes, str]] = {}
    names: dict[str, str] = {}
    for text in files:
        if not text.lstrip().startswith(b"["):
            key = public_key(text)
            usable[keyid_of(key)] = key
            continue
        for keyid, key, name, why in _listed(text):
            names[keyid] = name
            if why:
                revoked[keyid] = (key, why)
            else:
                usable[keyid] = key
    # A list that says a key is revoked wins over a file that holds only the key.
    return Keys({id: key for id, key in usable.items() if id not in revoked}, revoked, names)


def _listed(text: bytes) -> Iterator[tuple[str, bytes, str, str]]:
    try:
        for row in read_json(text):
            key = base64.b64decode(row["public"], validate=True)
            Ed25519PublicKey.from_public_bytes(key)
            why = f"revoked on {row['revoked'][:10]}: {row['reason']}" if row["state"] == "revoked" else ""
            name = f"{row['name']} (retired)" if row["state"] == "retired" else str(row["name"])
            yield keyid_of(key), key, name, why
    except (CanonicalError, KeyError, TypeError, ValueError) as error:
        raise BadEnvelope(
            "The list of keys is not one that “manage.py keys --format json” prints."
        ) from error


def _refuse_revoked(form: Mapping[str, Any], keys: Keys) -> None:
    """Who holds a revoked key may have written the time into the bundle, so that it counts at no time."""
    try:
        signed = verify(form, {id: key for id, (key, _) in keys.revoked.items()})
    except BadEnvelope:
        return
    keyid = sorted(signed.keyids)[0]
    raise BadEnvelope(
        f"The key that signed it, {keys.names.get(keyid, keyid[:16])}, was {keys.revoked[keyid][1]}"
    )


def check_bundle(
    text: str | bytes,
    known: Keys | Mapping[str, bytes],
    *,
    accept_broken_glass: bool = False,
    at_least: int = 0,
) -> Report:
    """The report of a bundle that one of the known keys signed. Raises BadEnvelope with one sentence.

    What was released although its review did not stand is refused unless ``accept_broken_glass``; a release below
    ``at_least`` is an older one that somebody put back.
    """
    keys = known if isinstance(known, Keys) else Keys(known, {}, {})
    try:
        form = read_json(text)
    except CanonicalError as error:
        raise BadEnvelope(f"This is no bundle: {error}") from error
    try:
        good = verify(form, keys.usable)
    except BadEnvelope:
        _refuse_revoked(form, keys)
        raise
    try:
        statement = read_json(good.body)
        predicate, subject = statement["predicate"], statement["subject"][0]["digest"]["sha256"]
        kinds = (statement["_type"], statement["predicateType"])
        if subject != predicate["revision"]["digest"]:
            raise BadEnvelope(
                "The statement contradicts itself: its subject is not the revision that it releases."
            )
    except (CanonicalError, KeyError, IndexError, TypeError) as error:
        raise BadEnvelope("The signature is good, but what was signed is no release.") from error
    if kinds != (STATEMENT_TYPE, PREDICATE_TYPE):
        raise BadEnvelope(
            f"The signature is good, but what was signed is a {kinds[1]}, not a {PREDICATE_TYPE}."
        )
    if (glass := predicate.get("breakGlass")) and not accept_broken_glass:
        raise BadEnvelope(
            f"The signature is good, but {glass['by']} released it by breaking the glass, without what a release takes "
            f"({glass['reason']}). --accept-broken-glass accepts that."
        )
    if predicate["release"] < at_least:
        raise BadEnvelope(
            f"The signature is good, but this is release {predicate['release']}, and {at_least} was there before: an "
            "older bundle was put back."
        )
    return Report(good.keyids, predicate, subject, keys.names)


def public_key(pem: bytes) -> bytes:
    """The 32 bytes of an Ed25519 public key in PEM form. Raises BadEnvelope."""
    try:
        key = load_pem_public_key(pem)
    except ValueError as error:
        raise BadEnvelope("The key file holds no public key in PEM form.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadEnvelope("The key is not an Ed25519 key.")
    return key.public_bytes_raw()
