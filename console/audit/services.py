"""Record an act, and verify that nothing recorded was altered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from console import prepared
from console.audit.acts import Act
from console.audit.models import Chain, Entry
from policies.canonical import canonical_json

INSTALLATION = "installation"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted. ``kind`` is person, token or system."""

    kind: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What was acted upon, named so that the record stays readable when the object is gone."""

    kind: str
    id: str
    name: str


SYSTEM = Actor("system", "", "Remit")
NOTHING = Subject("", "", "")


def record(
    *, chain: str, actor: Actor, act: Act, subject: Subject = NOTHING, detail: dict[str, Any] | None = None
) -> Entry:
    """Append one act to ``chain`` in the caller's transaction, so that the act fails when it can't be recorded.

    ``detail`` is JSON and holds digests and ids, never secrets or the text of a prompt.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "An act is recorded in the transaction that performs it."
        )
    head = _lock(chain)
    entry = Entry(
        chain=head,
        seq=head.seq + 1,
        at=timezone.now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name[:150],
        act=act.value,
        subject_kind=subject.kind,
        subject_id=subject.id,
        subject_name=subject.name[:200],
        detail=detail or {},
        prev=head.hash,
    )
    entry.hash = entry_hash(entry)
    values = {name: getattr(entry, name) for name in _FIELDS}
    [(entry.pk,)] = prepared.fetch_all(_APPEND, {**values, "detail": json.dumps(entry.detail)})
    return entry


# Everybody who acts in a workspace waits for the head's row, so that it is held for two short statements.
_FIELDS = tuple(field.attname for field in Entry._meta.concrete_fields if not field.primary_key)
_LOCK = "SELECT id, name, seq, hash FROM audit_chain WHERE name = %(name)s FOR NO KEY UPDATE"
_APPEND = f"""
WITH entry AS (
  INSERT INTO audit_entry ({", ".join(_FIELDS)}) VALUES ({", ".join(f"%({name})s" for name in _FIELDS)}) RETURNING id)
UPDATE audit_chain SET seq = %(seq)s, hash = %(hash)s FROM entry WHERE audit_chain.id = %(chain_id)s RETURNING entry.id
"""  # noqa: S608 (built from the model's own field names)


def _lock(name: str) -> Chain:
    if not (heads := prepared.fetch_all(_LOCK, {"name": name})):
        # The first act of a chain; of two at once the second finds what the first one made.
        Chain.objects.bulk_create([Chain(name=name)], ignore_conflicts=True)
        heads = prepared.fetch_all(_LOCK, {"name": name})
    return Chain(*heads[0])


def entry_hash(entry: Entry) -> str:
    """SHA-256 over the length-prefixed fields: concatenating them would let two records share a hash."""
    at: datetime = entry.at
    parts = [
        entry.prev,
        str(entry.seq),
        at.isoformat(timespec="microseconds"),
        entry.actor_kind,
        entry.actor_id,
        entry.actor_name,
        entry.act,
        entry.subject_kind,
        entry.subject_id,
        entry.subject_name,
        canonical_json(entry.detail).decode(),
    ]
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(b"%d %s " % (len(encoded), encoded))
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place at which a chain does not hold."""

    chain: str
    seq: int
    why: str


def verify(chain: Chain) -> Broken | None:
    """Check every link of ``chain``; None means that it holds."""
    prev, seq = "0" * 64, 0
    for entry in _entries(chain):
        seq += 1
        if entry.seq != seq:
            return Broken(chain.name, seq, f"entry {seq} is missing")
        if entry.prev != prev:
            return Broken(chain.name, seq, "it does not follow the entry before it")
        if entry_hash(entry) != entry.hash:
            return Broken(chain.name, seq, "its content was altered")
        prev = entry.hash
    if (chain.seq, chain.hash) != (seq, prev):
        return Broken(chain.name, seq + 1, f"the head says {chain.seq} entries, {seq} are there")
    return None


def _entries(chain: Chain) -> Iterator[Entry]:
    return chain.entries.order_by("seq").iterator(chunk_size=2000)
