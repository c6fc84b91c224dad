"""Checking a bundle offline: nothing but the file, a public key and this module's word for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from console.releases.dsse import BadEnvelope, verify
from console.releases.statement import PREDICATE_TYPE, STATEMENT_TYPE
from policies.canonical import CanonicalError, read_json


@dataclass(frozen=True, slots=True)
class Report:
    """What a good bundle says."""

    keyids: frozenset[str]
    predicate: Mapping[str, Any]
    digest: str

    @property
    def lines(self) -> list[str]:
        p = self.predicate
        conversations = sum(run["conversations"] for run in p["evidence"]["runs"])
        rehearsed = " (rehearsal)" if any(run["rehearsal"] for run in p["evidence"]["runs"]) else ""
        lines = [
            f"signature   good, key {', '.join(sorted(key[:16] for key in self.keyids))}",
            f"release     {p['prompt']['slug']} release {p['release']}",
            f"revision    r{p['revision']['number']}  {self.digest}",
            f"policy      {p['pack']['ref']}  {p['pack']['digest']}",
            f"evidence    {len(p['evidence']['runs'])} runs, {conversations} conversations{rehearsed}",
            f"approvals   {', '.join(a['by'] for a in p['approvals']) or 'none'}",
        ]
        return [*lines, "playground  yes: this says nothing about a model"] if p["playground"] else lines


def check_bundle(text: str | bytes, keys: Mapping[str, bytes]) -> Report:
    """The report of a bundle that one of ``keys`` signed. Raises BadEnvelope with one sentence."""
    try:
        form = read_json(text)
    except CanonicalError as error:
        raise BadEnvelope(f"This is no bundle: {error}") from error
    good = verify(form, keys)
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
    return Report(good.keyids, predicate, subject)


def public_key(pem: bytes) -> bytes:
    """The 32 bytes of an Ed25519 public key in PEM form. Raises BadEnvelope."""
    try:
        key = load_pem_public_key(pem)
    except ValueError as error:
        raise BadEnvelope("The key file holds no public key in PEM form.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadEnvelope("The key is not an Ed25519 key.")
    return key.public_bytes_raw()
