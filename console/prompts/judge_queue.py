"""Who works on which judgement: taken under a lease, written behind its token, one call at a time.

A worker may die at any moment. Its lease ends by the database's clock, the call that may have been in flight is booked
as lost, and the judgement waits for the next worker: nothing is lost, and at most that one call is repeated.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from console import live, queue
from console.prompts.judge_models import Judgement
from console.prompts.models import Draft
from console.provider import spending
from console.provider.models import Month
from console.provider.spending import NOTHING, Reservation, Spent

logger = logging.getLogger(__name__)

TASK = "prompts.judge"
MOST_CLAIMS = 3  # workers that may die with a judgement before it is set aside
BUDGET_PAUSE = (
    5.0  # seconds after which the month's account is asked again, while calls of others may give back
)


class LeaseLost(Exception):
    """Somebody else has the judgement now: whatever was done is discarded."""


@dataclass(frozen=True, slots=True)
class Took:
    """What a call took, as far as it is known."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None  # None: no price is known


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to make the judgement's next call. ``judgement`` is the row as it was when it was taken."""

    judgement: Judgement
    token: uuid.UUID


def due() -> QuerySet[Judgement]:
    """What waits and may be taken now."""
    return Judgement.objects.filter(
        Q(run_after=None) | Q(run_after__lte=Now()), status=Judgement.Status.WAITING
    )


def take(pk: int) -> Lease | None:
    """The judgement, unless somebody has it, it is over, or it must wait."""
    token = uuid.uuid4()
    with transaction.atomic():
        found = due().select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(pk=pk).first()
        if found is None:
            return None
        Judgement.objects.filter(pk=pk).update(
            status=Judgement.Status.RUNNING, lease_token=token, lease_until=_ends(), run_after=None
        )
    return Lease(found, token)


def reserve(lease: Lease, most: Reservation) -> str | None:
    """Reserve the call in the month's budget: None when that is done, a sentence when it never can be.

    Puts the judgement back and raises LeaseLost where calls in flight may still give something back.
    """
    workspace = lease.judgement.workspace_id
    with transaction.atomic():
        _held(lease).select_for_update(no_key=True, of=("self",)).get()
        month = spending.open_month(workspace)
        if spending.reserve_month(month.pk, most, leases=1):
            _write(lease, month=month.month, reserved_tokens=most.tokens, reserved_cost=most.cost)
            return None
    if sentence := spending.month_refusal(spending.open_month(workspace), most):
        return sentence
    put_back(lease, BUDGET_PAUSE)
    raise LeaseLost


def put_back(lease: Lease, seconds: float, **fields: Any) -> None:
    """Let it be taken again after so many seconds; no call was made. Raises LeaseLost."""
    with transaction.atomic():
        _settle(lease, Took(), calls=0)
        _write(lease, status=Judgement.Status.WAITING, run_after=_after(seconds), **_free(), **fields)


def write(lease: Lease, took: Took, entry: dict[str, Any], *, seconds: float | None, **fields: Any) -> None:
    """What a call brought, with its cost, in one transaction. ``seconds``: until the next attempt, None when over.

    Raises LeaseLost.
    """
    row = lease.judgement
    with transaction.atomic():
        _settle(lease, took, calls=1)
        known = took.cost is not None
        _write(
            lease,
            log=[*row.log, {"at": timezone.now().isoformat(), "attempt": row.attempt, **entry}],
            calls=F("calls") + 1,
            input_tokens=F("input_tokens") + took.input_tokens,
            output_tokens=F("output_tokens") + took.output_tokens,
            cost=(row.cost or 0) + (took.cost or 0) if known else row.cost,
            **_free(),
            **({"run_after": _after(seconds)} if seconds is not None else {"finished_at": Now()}),
            **fields,
        )
        tell(row)


def fail(lease: Lease, kind: str, sentence: str) -> None:
    """End it without another call. Raises LeaseLost."""
    with transaction.atomic():
        _settle(lease, Took(), calls=0)
        over = {"status": Judgement.Status.FAILED, "finished_at": Now()}
        _write(lease, error_kind=kind, error=sentence[:500], **_free(), **over)
        tell(lease.judgement)


def tell(judgement: Judgement) -> None:
    """Tell the pages of the prompt, once the surrounding transaction commits."""
    for pk in Draft.objects.filter(prompt=judgement.prompt_id).values_list("pk", flat=True):
        live.publish(f"draft:{pk}", "judged")


@contextmanager
def keeping(lease: Lease) -> Iterator[None]:
    """Renew the lease while the body waits for an answer."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(settings.REMIT_LEASE_SECONDS / 3):
            try:
                _held(lease).update(lease_until=_ends())
            except DatabaseError as error:
                logger.warning("A judge's lease could not be renewed (%s); trying again.", error)
            finally:
                connection.close()

    thread = threading.Thread(target=renew, name="judge-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def wake_after(pk: int, seconds: float) -> None:
    """Send for a worker where the next attempt is due at once; for a later one the sweep does."""
    if seconds <= 0:
        queue.wake(TASK, pk)


def sweep() -> None:
    """Put right what a dead worker or a lost message left."""
    for pk in _expired().values_list("pk", flat=True)[:100]:
        with transaction.atomic():
            row = (
                _expired()
                .select_for_update(no_key=True, skip_locked=True, of=("self",))
                .filter(pk=pk)
                .first()
            )
            if row is not None:
                _take_back(row)
    for pk in due().order_by("pk").values_list("pk", flat=True)[:100]:
        queue.wake(TASK, pk)


def _expired() -> QuerySet[Judgement]:
    return Judgement.objects.filter(status=Judgement.Status.RUNNING, lease_until__lt=Now())


def _take_back(row: Judgement) -> None:
    """The claimant died. With a reservation a call may have been in flight: what it cost is not known."""
    lease = Lease(row, row.lease_token or uuid.uuid4())
    called = row.month is not None
    _settle(lease, Took(), calls=int(called))
    words = "The worker died during this call; whether it was answered, and what it cost, is not known."
    entry = {"at": timezone.now().isoformat(), "attempt": row.attempt, "kind": "lost", "words": words}
    aside = row.claims + 1 >= MOST_CLAIMS
    over: dict[str, Any] = {"status": Judgement.Status.WAITING}
    if aside:
        sentence = f"{MOST_CLAIMS} workers died while they held it, so it was set aside."
        over = {
            "status": Judgement.Status.FAILED,
            "error_kind": "set_aside",
            "error": sentence,
            "finished_at": Now(),
        }
    _write(
        lease,
        claims=row.claims + 1,
        attempt=row.attempt + int(called),
        calls=F("calls") + int(called),
        log=[*row.log, *([entry] if called else [])],
        **_free(),
        **over,
    )
    tell(row)


def _held(lease: Lease) -> QuerySet[Judgement]:
    return Judgement.objects.filter(
        pk=lease.judgement.pk, lease_token=lease.token, status=Judgement.Status.RUNNING
    )


def _write(lease: Lease, **fields: Any) -> None:
    # INVARIANT: whoever holds no valid token writes nothing.
    if not _held(lease).update(**fields):
        raise LeaseLost


def _settle(lease: Lease, took: Took, *, calls: int) -> None:
    row = _held(lease).select_for_update(no_key=True, of=("self",)).first()
    if row is None:
        raise LeaseLost
    if row.month is not None:
        month = Month.objects.get(workspace=row.workspace_id, month=row.month)
        spent = Spent(calls, took.input_tokens, took.output_tokens, took.cost or NOTHING)
        spending.settle_month(month.pk, Reservation(row.reserved_tokens, row.reserved_cost), spent, leases=1)


def _free() -> dict[str, Any]:
    return {
        "lease_token": None,
        "lease_until": None,
        "month": None,
        "reserved_tokens": 0,
        "reserved_cost": 0,
    }


def _ends() -> Any:
    return Now() + timedelta(seconds=settings.REMIT_LEASE_SECONDS)


def _after(seconds: float) -> Any:
    return Now() + timedelta(seconds=seconds) if seconds > 0 else None
