"""The batches of a run as its page tells of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from console.trials.batch_models import MessageBatch
from console.trials.models import Conversation, Run

Status = MessageBatch.Status
WORDS = {
    Status.FORMED: "about to be sent",
    Status.SENDING: "being sent",
    Status.IN_PROGRESS: "in progress",
    Status.CANCELING: "being cancelled",
    Status.DONE: "done",
    Status.GIVEN_UP: "given up",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """``taken``: of its requests those whose answer is in; ``again``: more sendings than one, of which one counts."""

    number: int
    name: str
    word: str
    is_open: bool
    requests: int
    taken: int
    answered: int  # as the provider counts
    sent_at: datetime | None
    expires_at: datetime | None
    again: int
    error: str


def shown_batches(run: Run) -> list[Shown]:
    waiting = Q(conversations__economy=True, conversations__status=Conversation.Status.WAITING)
    found = run.batches.annotate(left=Count("conversations", filter=waiting)).order_by("number")
    return [
        Shown(
            number=batch.number,
            name=batch.provider_id,
            word=WORDS[Status(batch.status)],
            is_open=batch.status in MessageBatch.OPEN,
            requests=batch.requests,
            taken=batch.requests - batch.left,
            answered=batch.answered,
            sent_at=batch.sent_at,
            expires_at=batch.expires_at,
            again=max(0, batch.sends - 1),
            error=batch.error,
        )
        for batch in found
    ]
