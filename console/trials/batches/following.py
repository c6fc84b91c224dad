"""Looking after batches: whichever worker has nothing else to do takes the next step of one that is due."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from console.provider import batches
from console.provider.batches import Sent
from console.provider.errors import ProviderError
from console.trials import budgets, runs
from console.trials.batch_models import MessageBatch
from console.trials.batches import collecting, forming, rows, sending
from console.trials.batches.rows import BatchLost, Held, Status
from console.trials.models import Run
from console.trials.moves import release_connection
from console.trials.plans import AccountGone, Plan, plan_of_run
from console.trials.pulse import pulse

logger = logging.getLogger(__name__)

AFTER_FAULT = 60.0  # seconds
LOOK_AFTER, LOOK_AT_LEAST = 1.0, 60.0  # seconds between two looks; a tenth of the batch's age in between
LOOK_SHARE = 0.1
MOST_UNKNOWN = 3  # looks at a batch that the provider does not know any more
GRACE = timedelta(hours=1)  # after its end, for a provider that cannot be asked
EVERY = 5.0  # seconds in which a process that has other work looks for batches, too

_looked = 0.0


def look_after_now_and_then(pool: str) -> None:
    """So that batches are looked after although workers never run out of conversations."""
    global _looked
    if time.monotonic() >= _looked + EVERY:
        _looked = time.monotonic()
        look_after(pool)


def look_after(pool: str) -> bool:
    """Take one step of one batch; False when none is due and none can be formed."""
    if not rows.has_economy(pool):
        return False
    held = rows.claim(pool)
    if held is None:
        return forming.form(pool)
    try:
        _step(held)
    except BatchLost:
        logger.warning("Another worker looks after %s by now.", held.batch)
    except AccountGone as error:
        runs.stop(held.run.pk, f"{error} {error.what_to_do}".strip())
        _end(held, f"{error} {error.what_to_do}".strip())
    except Exception:
        logger.exception("%s could not be looked after.", held.batch)
        with suppress(BatchLost):  # what failed may have come after the last write
            rows.let_go(held, seconds=AFTER_FAULT)
    pulse.tell(f"run:{held.run.pk}")
    return True


def _step(held: Held) -> None:
    going = held.run.status == Run.Status.RUNNING
    if going and (late := budgets.out_of_time(held.run)):
        runs.stop(held.run.pk, late)
        going = False
    at_provider = held.batch.status in MessageBatch.AT_PROVIDER
    if not going and (not at_provider or held.batch.is_found):
        _end(held, _unsent(held.batch))
        return
    plan = plan_of_run(held.run.pk)
    if at_provider:
        _look(held, plan, cancels=not going)
    elif held.batch.status == Status.SENDING:
        sending.find(held, plan)
    else:
        sending.send(held, plan)


def _unsent(batch: MessageBatch) -> str:
    return "It was not sent." if not batch.sends else "Whether the provider accepted it is not known."


def _look(held: Held, plan: Plan, *, cancels: bool) -> None:
    release_connection()
    try:
        sent = _asked(held, plan, cancels=cancels)
        if sent.status == "ended":
            collecting.collect(held, plan, sent)
            runs.wake_workers(held.run.pk, 0 if held.run.pool else held.run.concurrency)
            runs.close(held.run.pk)
            return
    except ProviderError as error:
        _not_seen(held, error, cancels=cancels)
        return
    # Cancelled meanwhile: then the next step is due at once.
    at_once = not cancels and not rows.goes_on(held.run)
    rows.let_go(held, seconds=0.0 if at_once else _pause(sent), attempt=1, **rows.told(sent))


def _asked(held: Held, plan: Plan, *, cancels: bool) -> Sent:
    if cancels and held.batch.status != Status.CANCELING:
        try:
            return batches.cancel(plan.endpoint, held.batch.provider_id)
        except ProviderError as error:
            if error.retryable:
                raise
            logger.info("%s is not to be cancelled any more: %s", held.batch, error)
    return batches.look(plan.endpoint, held.batch.provider_id)


def _pause(sent: Sent) -> float:
    age = (datetime.now(UTC) - sent.created_at).total_seconds()
    return min(LOOK_AT_LEAST, max(LOOK_AFTER, age * LOOK_SHARE))


def _not_seen(held: Held, error: ProviderError, *, cancels: bool) -> None:
    """The provider cannot be asked: patiently, since the answers are kept there and were paid for."""
    batch = held.batch
    words = f"{error} {error.what_to_do}".strip()
    expires = batch.expires_at or batch.created_at + batches.LONGEST
    too_late = datetime.now(UTC) > expires + GRACE
    unknown = error.kind == "not_found" and batch.attempt >= MOST_UNKNOWN
    if too_late or unknown or (cancels and not error.retryable):
        _end(held, words)
        return
    seconds = error.retry_after or min(LOOK_AT_LEAST, LOOK_AFTER * 2 ** min(batch.attempt, 10))
    attempt = min(batch.attempt + 1, 1_000)
    rows.let_go(held, seconds=seconds, attempt=attempt, error=words[:500])


def _end(held: Held, words: str) -> None:
    rows.put_down(held, words)
    runs.close(held.run.pk)
