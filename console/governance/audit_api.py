"""The audit by token: every entry with its links, so that the chain can be checked elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from ninja import Router, Schema
from pydantic import Field

from console.accounts.bearer import Bearer, TokenRequest
from console.accounts.models import Right
from console.accounts.permissions import Action
from console.audit.models import Entry
from console.openapi import Text

router = Router(tags=["Audit"])
MOST = 500


class EntryOut(Schema):
    """One act. `hash` is over its fields and `prev`, the hash of the entry before it."""

    seq: int
    at: datetime
    actor_kind: str
    actor_id: str
    actor_name: str
    act: str
    subject_kind: str
    subject_id: str
    subject_name: str
    detail: dict[str, Any]
    prev: str
    hash: str


class AuditOut(Schema):
    """`next` is the `before` of the following page, or null after the oldest entry."""

    entries: list[EntryOut]
    next: int | None


@router.get(
    "/audit", response=AuditOut, auth=Bearer(Right.AUDIT, Action.READ_AUDIT), summary="Read the audit"
)
def read_audit(
    request: TokenRequest,
    before: Annotated[int, Field(ge=1, le=2**62)] | None = None,
    limit: Annotated[int, Field(ge=1, le=MOST)] = 100,
    act: Annotated[Text, Field(max_length=60, examples=["release:label:moved"])] = "",
) -> dict[str, Any]:
    """Newest first. Entries never change, so that `before` pages through them without a gap. Right: audit; role: auditor
    or admin.
    """
    found = Entry.objects.filter(chain__name=request.member.workspace.chain).order_by("-seq")
    if before is not None:
        found = found.filter(seq__lt=before)
    if act:
        found = found.filter(act=act)
    entries = list(found[: limit + 1])
    more = len(entries) > limit
    return {"entries": entries[:limit], "next": entries[limit - 1].seq if more else None}
