"""A policy of the organisation's own: looked at, compared with the one in force, published once and for all."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction

import policies
from console.accounts.models import Membership, Workspace
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.governance import packs
from console.governance.models import PublishedPack
from console.governance.services import pack_in_force
from console.problems import DomainError, Invalid, TooLarge
from policies import Fault, Pack, PackChange

MAX_BYTES = 1_000_000
MOST = 200  # versions of a workspace: a policy changes a few times a year


class Taken(DomainError):
    """A published version never changes."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A text as a policy: ``faults`` keep it from being published, ``changes`` compare it with the one in force."""

    source: str
    pack: Pack | None
    faults: tuple[Fault, ...]
    changes: tuple[tuple[str, tuple[PackChange, ...]], ...]
    against: str
    published: PublishedPack | None  # the very same bytes, published already

    @property
    def usable(self) -> bool:
        return self.pack is not None and not self.faults and self.published is None


def look(workspace: Workspace, source: bytes) -> Proposal:
    """What a text would be as a policy of ``workspace``. Raises TooLarge, Invalid; never on what a policy says."""
    text = _text(source)
    looked = policies.look_at(text, published=True)
    now = pack_in_force(workspace)
    faults, pack = looked.faults, looked.pack
    same = workspace.packs.filter(name=pack.name, version=pack.version).first() if pack else None
    if pack and same and bytes(same.source) != source:
        faults = (*faults, _taken(workspace, pack))
        same = None
    changes = policies.diff_packs(now, pack) if pack else ()
    ways = ("stricter", "looser", "new", "removed", "renamed", "reworded")
    grouped = tuple((way, these) for way in ways if (these := tuple(c for c in changes if c.way == way)))
    return Proposal(text, pack, faults, grouped, now.ref, same)


def publish(*, member: Membership, source: bytes, reason: str = "") -> PublishedPack:
    """Publish a text as a policy. From here it never changes. Raises NotAllowed, Invalid, Taken, TooLarge."""
    require(member, Action.PUBLISH_PACK)
    workspace = member.workspace
    proposal = look(workspace, source)
    if proposal.published:
        raise Taken(f"{proposal.published} is published already, with these very bytes.")
    if proposal.faults or proposal.pack is None:
        raise Invalid(str(proposal.faults[0]), "Mend it, then look at it again.")
    if workspace.packs.count() >= MOST:
        raise Invalid(f"This workspace has published {MOST} versions, which is the most.")
    try:
        return _publish(member, proposal.pack, source, reason.strip()[:500])
    except IntegrityError:
        raise Taken(_taken(workspace, proposal.pack).message) from None


@transaction.atomic
def _publish(member: Membership, pack: Pack, source: bytes, reason: str) -> PublishedPack:
    row = PublishedPack.objects.create(
        workspace=member.workspace,
        name=pack.name,
        version=pack.version,
        title=pack.title[:200],
        digest=pack.digest,
        source=source,
        reason=reason,
        by=member.user,
    )
    packs.keep(member.workspace, pack)
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=Act.PACK_PUBLISHED,
        subject=Subject("pack", pack.ref, pack.title),
        detail={"digest": pack.digest, "extends": pack.extends, "bytes": len(source), "reason": reason},
    )
    return row


def _taken(workspace: Workspace, pack: Pack) -> Fault:
    """What to do about a version that is there already: the next number of that year."""
    year = pack.version.partition(".")[0]
    taken = workspace.packs.filter(name=pack.name, version__startswith=f"{year}.").values_list(
        "version", flat=True
    )
    following = max(int(version.partition(".")[2]) for version in taken) + 1
    return Fault(
        "version",
        f"{pack.ref} is published with other content and never changes; call this one {year}.{following}.",
    )


def _text(source: bytes) -> str:
    if len(source) > MAX_BYTES:
        raise TooLarge(
            f"The policy is {len(source):,} bytes long; the most that is read is {MAX_BYTES:,}.",
            "Extend a built-in policy instead of repeating it.",
        )
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(
            f"The policy is not UTF-8: byte {error.start} fits no character.", "Save it as UTF-8."
        ) from error
