"""Signed statements of how far an audit chain was and what its head was: kept outside, they show what a chain of hashes
alone does not: a tail that was cut, a backup put back, everything computed anew by whoever owns the database.
"""

from __future__ import annotations

import base64
import json
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from console.audit.models import Chain
from console.audit.services import Broken
from console.problems import Invalid
from console.releases.dsse import PAYLOAD_TYPE, pae
from console.releases.keys import sign
from console.releases.models import Checkpoint, SigningKey
from policies.canonical import CanonicalError, canonical_json, read_json

CHECKPOINT_TYPE = "application/vnd.remit.checkpoint+json"
QUIET = timedelta(hours=1)  # after which a chain that moved at all gets one
LARGEST = 20_000_000  # bytes of a file
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Point:
    """``count`` entries were in ``chain``, and ``head`` was the hash of the last."""

    chain: str
    count: int
    head: str
    at: str

    @property
    def body(self) -> bytes:
        return canonical_json(asdict(self))


def point_of(name: str) -> Point:
    """Where a chain is now. Call it in a transaction: its head stays locked until that ends."""
    Chain.objects.bulk_create([Chain(name=name)], ignore_conflicts=True)
    head = Chain.objects.select_for_update(no_key=True).get(name=name)
    return Point(name, head.seq, head.hash, timezone.now().isoformat())


def sweep() -> int:
    """Sign a checkpoint of every chain that went on far enough, or a little a while ago; returns how many."""
    last = {row.chain: row for row in Checkpoint.objects.order_by("chain", "-count").distinct("chain")}
    made = 0
    for chain in Chain.objects.filter(seq__gt=0):
        before = last.get(chain.name)
        ahead = chain.seq - (before.count if before else 0)
        quiet = before is None or before.at < timezone.now() - QUIET
        if ahead >= settings.REMIT_CHECKPOINT_ROWS or (ahead and quiet):
            made += bool(make(chain.name))
    return made


def make(name: str) -> Checkpoint | None:
    """Sign where the chain is, keep it and write it outside; None where that is done."""
    with transaction.atomic():
        point = point_of(name)
        signature = sign(point.body, CHECKPOINT_TYPE)[0]
        row, is_new = Checkpoint.objects.get_or_create(
            chain=name,
            count=point.count,
            defaults={
                "head": point.head,
                "at": point.at,
                "keyid": signature["keyid"],
                "sig": signature["sig"],
            },
        )
    if not is_new:
        return None
    row.refresh_from_db()
    write_outside(row)
    return row


def line_of(row: Checkpoint) -> str:
    """A checkpoint as a line of JSON."""
    form = {**asdict(_point(row)), "keyid": row.keyid, "sig": row.sig}
    return json.dumps(form, sort_keys=True)


def _point(row: Checkpoint) -> Point:
    return Point(row.chain, row.count, row.head, row.at.isoformat())


def write_outside(row: Checkpoint) -> None:
    """Append it to REMIT_CHECKPOINT_FILE, to the disk; what could not be written stays in the log and in the table."""
    if not settings.REMIT_CHECKPOINT_FILE:
        return
    try:
        handle = os.open(settings.REMIT_CHECKPOINT_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            os.write(handle, f"{line_of(row)}\n".encode())
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        logger.error("A checkpoint of the audit could not be written outside: %s.", error.strerror)


# --- checking


def read_points(text: bytes, keys: Mapping[str, bytes]) -> list[Point]:
    """The checkpoints of a file: lines of JSON as they were written, or a bundle. Raises Invalid with one sentence."""
    try:
        lines = [line for line in text.decode().splitlines() if line.strip()]
        whole = read_json(text) if text.lstrip().startswith(b"{") and len(lines) > 1 else None
    except (UnicodeDecodeError, CanonicalError):
        whole, lines = None, text.decode(errors="replace").splitlines()
    if isinstance(whole, dict) and whole.get("payloadType") == PAYLOAD_TYPE:
        return [_of_bundle(text, keys)]
    points = [_of_line(number, line, keys) for number, line in enumerate(lines, 1) if line.strip()]
    if not points:
        raise Invalid("The file holds no checkpoint.", "Give one that Remit wrote, or a bundle.")
    return points


def _of_line(number: int, line: str, keys: Mapping[str, bytes]) -> Point:
    try:
        form = read_json(line)
        point = Point(str(form["chain"]), int(form["count"]), str(form["head"]), str(form["at"]))
        signature = base64.b64decode(form["sig"], validate=True)
    except (CanonicalError, KeyError, TypeError, ValueError):
        raise Invalid(
            f"Line {number} is no checkpoint.", "Give a file that Remit wrote, or a bundle."
        ) from None
    if form.get("payloadType") == PAYLOAD_TYPE or not _signed(point, signature, keys):
        raise Invalid(
            f"No known key signed the checkpoint of line {number}.", "Give the right key with --key."
        )
    return point


def _signed(point: Point, signature: bytes, keys: Mapping[str, bytes]) -> bool:
    message = pae(CHECKPOINT_TYPE, point.body)
    for key in keys.values():
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        except InvalidSignature:
            continue
        return True
    return False


def _of_bundle(text: bytes, keys: Mapping[str, bytes]) -> Point:
    from console.releases.verification import check_bundle

    audit: Any = check_bundle(text, keys, accept_broken_glass=True).predicate.get("audit")
    if not audit:
        raise Invalid("The bundle holds no checkpoint: it was made before there were any.")
    return Point(audit["chain"], audit["count"], audit["head"], audit["at"])


def held_against(points: Iterable[Point]) -> list[Broken]:
    """Where each chain first differs from what was signed of it: one entry a chain, none where all holds."""
    by_chain: dict[str, list[Point]] = {}
    for point in points:
        by_chain.setdefault(point.chain, []).append(point)
    found = (_first_bad(name, sorted(some, key=lambda p: p.count)) for name, some in by_chain.items())
    return [broken for broken in found if broken]


def _first_bad(name: str, points: list[Point]) -> Broken | None:
    chain = Chain.objects.filter(name=name).first()
    there = (
        {}
        if chain is None
        else dict(chain.entries.filter(seq__in=[point.count for point in points]).values_list("seq", "hash"))
    )
    last = chain.entries.order_by("-seq").values_list("seq", flat=True).first() if chain else None
    good = 0
    for point in points:
        if point.count and there.get(point.count) is None:
            missing = min(point.count, (last or 0) + 1)
            return Broken(
                name, missing, f"{point.count} entries were signed on {point.at[:16]}, {last or 0} are there"
            )
        if point.count and there[point.count] != point.head:
            return Broken(
                name,
                good + 1,
                f"entry {point.count} is not the one that was signed on {point.at[:16]}: something was written anew "
                f"between entries {good + 1} and {point.count}",
            )
        good = point.count
    return None


def known_keys() -> dict[str, bytes]:
    """All keys that this database knows, revoked ones left out. Whoever owns the database may have put others here."""
    return {key.keyid: bytes(key.public) for key in SigningKey.objects.filter(revoked_at=None)}


def read_file(path: Path) -> bytes:
    if path.stat().st_size > LARGEST:
        raise Invalid(f"{path} is larger than {LARGEST:,} bytes.", "Give the newest part of it.")
    return path.read_bytes()
