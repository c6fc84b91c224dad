"""Sending a batch, once. Its row says so before the request begins, and which one it became when the answer is there.

Between the two a worker may die, and the API knows neither a name for a batch nor a key against doubles. So whoever finds
a batch that was being sent looks through the provider's list first: one of the same size, made since, that no row knows.
Whether it is ours, its answers tell by the names they carry. Only when the list has none is the batch sent again.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now

from console.provider import batches, retries
from console.provider.batches import Sent
from console.provider.errors import ProviderError
from console.provider.retries import RetryPolicy
from console.trials import plans, runs
from console.trials.batch_models import MessageBatch
from console.trials.batches import rows
from console.trials.batches.forming import call_of, name_of
from console.trials.batches.rows import BatchLost, Held, Status
from console.trials.moves import release_connection
from console.trials.plans import Plan

logger = logging.getLogger(__name__)

POLICY = RetryPolicy(attempts=8, base=2.0, cap=120.0, budget=3600.0)
CLOCKS_APART = timedelta(minutes=2)  # the provider's and ours
FIRST_LOOK = 1.0  # seconds
# Said by a provider that made no batch. Another failure leaves open whether it did.
NOT_MADE = frozenset({"unusable_account", "not_installed", "forbidden_address"})


def send(held: Held, plan: Plan) -> None:
    """Raises BatchLost."""
    asked = held.batch.conversations.filter(economy=True).order_by("pk")
    requests = [(name_of(held.batch, row), call_of(plan, row)) for row in asked]
    rows.write(held, status=Status.SENDING, tried_at=Now(), sends=F("sends") + 1)
    release_connection()
    try:
        sent = batches.send(plan.endpoint, requests)
    except ProviderError as error:
        # A key that was changed meanwhile is tried.
        _not_sent(held, plans.forgiven(plan, error), not_made=not _leaves_open(error))
        return
    try:
        _begun(held, sent)
    except BatchLost:
        _withdraw(held, plan, sent)
        raise


def find(held: Held, plan: Plan) -> None:
    """A sending whose outcome nobody knows: look for the batch, and have it sent again when it is not there."""
    tried = held.batch.tried_at
    assert tried is not None
    release_connection()
    try:
        listed = batches.recent(plan.endpoint, tried - CLOCKS_APART)
    except ProviderError as error:
        _not_sent(held, error, not_made=False)
        return
    known = set(
        MessageBatch.objects.filter(provider_id__in=[sent.id for sent in listed]).values_list(
            "provider_id", flat=True
        )
    )
    known.update(held.batch.not_ours)
    like_ours = [sent for sent in listed if sent.counts.total == held.batch.requests and sent.id not in known]
    if not like_ours:
        rows.let_go(held, status=Status.FORMED)
    else:
        nearest = min(like_ours, key=lambda sent: abs(sent.created_at - tried))
        _begun(held, nearest, is_found=True)


def _leaves_open(error: ProviderError) -> bool:
    if error.kind in NOT_MADE:
        return False
    status = error.http_status
    return status is None or not (400 <= status < 500 or status == 529)


def _begun(held: Held, sent: Sent, *, is_found: bool = False) -> None:
    values = rows.told(sent) | {"provider_id": sent.id, "is_found": is_found, "attempt": 1}
    rows.let_go(held, seconds=FIRST_LOOK, **values)


def _not_sent(held: Held, error: ProviderError, *, not_made: bool) -> None:
    """Try again later, or give up. ``not_made``: that the provider has no such batch is certain."""
    seconds = retries.delay(error, held.batch.attempt, policy=POLICY)
    if seconds is not None:
        again = {"attempt": F("attempt") + 1, "error": str(error)[:500]}
        if not_made:
            again |= {"status": Status.FORMED, "sends": F("sends") - 1}
        rows.let_go(held, seconds=seconds, **again)
        return
    words = f"{error} {error.what_to_do}".strip()
    runs.stop(held.run.pk, words)
    rows.put_down(held, words)
    runs.close(held.run.pk)


def _withdraw(held: Held, plan: Plan, sent: Sent) -> None:
    """Somebody else has the batch by now. Where it became another one there, this one is nobody's."""
    theirs = MessageBatch.objects.get(pk=held.batch.pk).provider_id
    logger.warning("Batch %s was made after its row was given to another worker.", sent.id)
    if theirs and theirs != sent.id:
        try:
            batches.cancel(plan.endpoint, sent.id)
        except ProviderError as error:
            logger.warning("Batch %s could not be cancelled: %s", sent.id, error)
