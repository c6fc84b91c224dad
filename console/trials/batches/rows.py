"""The row of a batch: who looks after it now, what is written behind the fence, and how it is put down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Exists, Func, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Now

from console.provider.batches import SEND_DEADLINE, Sent
from console.provider.spending import Reservation, Spent
from console.trials import budgets
from console.trials.batch_models import MessageBatch
from console.trials.budgets import Accounts
from console.trials.models import Conversation, Run

# Longer than a sending may take: whoever takes the row after it knows that no request is on its way any more.
LEASE = SEND_DEADLINE + 60.0  # seconds

Status = MessageBatch.Status


class BatchLost(Exception):
    """Somebody else looks after the batch by now."""


@dataclass(frozen=True, slots=True)
class Held:
    """The right to look after a batch, and the batch as it was when it was taken."""

    batch: MessageBatch
    token: int

    @property
    def run(self) -> Run:
        return self.batch.run


def _due(pool: str) -> QuerySet[MessageBatch]:
    now = Now()
    return MessageBatch.objects.filter(
        Q(run_after=None) | Q(run_after__lte=now),
        Q(lease_until=None) | Q(lease_until__lt=now),
        run__pool=pool,
        status__in=MessageBatch.OPEN,
    )


def goes_on(run: Run) -> bool:
    """Whether nobody cancelled or stopped it, as of now."""
    return Run.objects.filter(pk=run.pk, status=Run.Status.RUNNING).exists()


def to_form(pool: str) -> QuerySet[Run]:
    """Runs with conversations that are in no batch yet; while one is out, the rest waits for what it will give back."""
    out = MessageBatch.objects.filter(run=OuterRef("pk"), status__in=MessageBatch.OPEN)
    waiting = Conversation.objects.filter(
        run=OuterRef("pk"), economy=True, message_batch=None, status=Conversation.Status.WAITING
    )
    return Run.objects.filter(
        ~Exists(out), Exists(waiting), pool=pool, status=Run.Status.RUNNING, economy=True
    )


def has_economy(pool: str) -> bool:
    """Whether there is any use in looking for batches: asked often, and answered by an index that is nearly empty."""
    return Run.objects.filter(pool=pool, economy=True, status__in=Run.OPEN).exists()


def is_due(pool: str) -> bool:
    """Whether a batch of the pool's runs is to be looked after, or may have to be formed."""
    if not has_economy(pool):
        return False
    return _due(pool).exists() or to_form(pool).exists()


def claim(pool: str) -> Held | None:
    """A batch that is due, for as long as one step takes."""
    with transaction.atomic():
        found = (
            _due(pool).select_for_update(no_key=True, skip_locked=True, of=("self",)).order_by("pk").first()
        )
        if found is None:
            return None
        token = Func(Value("trials_lease"), function="nextval", output_field=BigIntegerField())
        until = Now() + timedelta(seconds=LEASE)
        MessageBatch.objects.filter(pk=found.pk).update(lease_token=token, lease_until=until)
    held = MessageBatch.objects.select_related("run").get(pk=found.pk)
    return Held(held, held.lease_token or 0)


def write(held: Held, **values: Any) -> None:
    """Write behind the fence and go on. Raises BatchLost."""
    row = MessageBatch.objects.filter(pk=held.batch.pk, lease_token=held.token)
    if not row.update(lease_until=Now() + timedelta(seconds=LEASE), **values):
        raise BatchLost


def let_go(held: Held, *, seconds: float = 0.0, **values: Any) -> None:
    """Write behind the fence, for whoever takes the batch after so many seconds. Raises BatchLost."""
    row = MessageBatch.objects.filter(pk=held.batch.pk, lease_token=held.token)
    after = Now() + timedelta(seconds=seconds) if seconds else None
    if not row.update(lease_token=None, lease_until=None, run_after=after, **values):
        raise BatchLost


def told(sent: Sent) -> dict[str, Any]:
    """What the provider says of a batch, as columns."""
    counts = sent.counts
    return {
        "status": Status.CANCELING if sent.status == "canceling" else Status.IN_PROGRESS,
        "succeeded": counts.succeeded,
        "errored": counts.errored,
        "canceled": counts.canceled,
        "expired": counts.expired,
        "sent_at": sent.created_at,
        "expires_at": sent.expires_at,
        "ended_at": sent.ended_at,
        "error": "",
    }


def put_down(held: Held, words: str) -> None:
    """No answer of the batch will be taken any more. Its conversations are errors, or cancelled with their run.

    What was reserved for them is given back. Raises BatchLost.
    """
    going = goes_on(held.run)
    ended: dict[str, Any] = {"status": Conversation.Status.CANCELLED}
    if going:
        ended = {"status": Conversation.Status.ERROR, "verdict": "error", "error_kind": "batch"}
        ended["error"] = words[:500]
    with transaction.atomic():
        left = held.batch.conversations.filter(economy=True, status=Conversation.Status.WAITING)
        ids = list(left.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
        _give_back(held.run.pk, Conversation.objects.filter(pk__in=ids))
        Conversation.objects.filter(pk__in=ids).update(
            economy=False, reserved_tokens=0, reserved_cost=0, finished_at=Now(), **ended
        )
        let_go(held, status=Status.GIVEN_UP, closed_at=Now(), error=words[:500])


def _give_back(run: int, conversations: QuerySet[Conversation]) -> None:
    sums = conversations.order_by("month").values_list("month")
    for month, tokens, cost in sums.annotate(Sum("reserved_tokens"), Sum("reserved_cost")):
        budgets.settle(Accounts(run, month), Reservation(tokens, cost or Decimal(0)), Spent(), leases=0)
