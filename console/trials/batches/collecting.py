"""Taking the answers of a batch that ended: one transaction for each conversation, so that none is taken twice."""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models.functions import Now

from console.provider import batches
from console.provider.batches import Sent
from console.provider.calls import Reply
from console.provider.errors import ProviderError
from console.trials import conversation, leases, ledger, runs
from console.trials.batches import rows
from console.trials.batches.forming import conversation_of
from console.trials.batches.rows import Held, Status
from console.trials.leases import Lease
from console.trials.ledger import Outcome
from console.trials.models import Run
from console.trials.plans import Plan
from console.trials.pulse import pulse

logger = logging.getLogger(__name__)

RENEW_EVERY = 25  # answers
# An answer of these kinds says that no other call of the run can do better (see worker.py).
HOPELESS = frozenset({"refused_key", "not_found"})


def collect(held: Held, plan: Plan, sent: Sent) -> None:
    """Take every answer. Raises BatchLost, and ProviderError where they break off: the rest is taken the next time."""
    batch, number = held.batch, 0
    for number, answer in enumerate(batches.answers(plan.endpoint, batch.provider_id), 1):
        whose = conversation_of(batch, answer.custom_id)
        if whose is None and batch.is_found and number == 1:
            _is_not_ours(held)
            return
        if whose is not None:
            _take(held, plan, whose, answer.outcome)
        if number % RENEW_EVERY == 0:
            rows.write(held)
            pulse.tell(f"run:{held.run.pk}")
    if batch.is_found and not number:
        _is_not_ours(held)
        return
    for whose in list(batch.conversations.filter(economy=True).values_list("pk", flat=True)):
        _take(held, plan, whose, ProviderError("malformed", detail="its batch holds no result of this call"))
    rows.let_go(held, **rows.told(sent) | {"status": Status.DONE, "closed_at": Now()})


def _is_not_ours(held: Held) -> None:
    """What was found in the list has somebody else's answers: on with the search."""
    not_ours = [*held.batch.not_ours, held.batch.provider_id]
    rows.let_go(held, status=Status.SENDING, provider_id="", is_found=False, not_ours=not_ours)


def _take(held: Held, plan: Plan, whose: int, outcome: Reply | ProviderError) -> None:
    """What one answer makes of its conversation; nothing where that was taken before."""
    try:
        with transaction.atomic():
            lease = leases.take_answered(whose, held.batch.pk)
            if lease is None:
                return
            stops = _follow(held.run, lease, plan, outcome)
    except Exception:
        logger.exception("The batch's answer to conversation %s could not be taken.", whose)
        with transaction.atomic():
            lease = leases.take_answered(whose, held.batch.pk)
            if lease is not None:
                conversation.end_with_fault(lease)
        return
    if stops is not None:
        runs.stop(held.run.pk, f"{stops} {stops.what_to_do}".strip())


def _follow(run: Run, lease: Lease, plan: Plan, outcome: Reply | ProviderError) -> ProviderError | None:
    """Returns the error that ends the whole run, if it is one."""
    if isinstance(outcome, ProviderError) and outcome.kind == "canceled" and not rows.goes_on(run):
        ledger.write(lease, None, Outcome("cancelled", turns=lease.turns, step=lease.step))
        return None
    after = conversation.take_answer(lease, plan, outcome)
    return after.error if after.error is not None and after.error.kind in HOPELESS else None
