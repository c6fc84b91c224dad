"""What a call leads to: the next one under the same lease, another turn for somebody else, or the end.

Whoever speaks next (the assistant, a simulated user, a judge) is a part: a call, and what its answer or its failure
makes of the conversation. Everything here is written behind the lease's fence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db import connection, transaction

from console.provider.calls import Call, Reply
from console.provider.errors import ProviderError
from console.provider.judging.answers import Unusable
from console.trials import budgets, ledger
from console.trials.budgets import Booked
from console.trials.leases import Lease
from console.trials.ledger import Outcome, StepRow, persistently

MOST_UNUSABLE = 3  # attempts at a step after which an answer of no use is not asked for again


@dataclass(frozen=True, slots=True)
class After:
    """What one or more calls made of a conversation."""

    status: str  # of the conversation; "running": the lease goes on with another call
    booked: Booked
    seconds: float = 0.0  # until it may be taken again
    paces: bool = False  # the wait is the rate limiter's, and every other call of the run would meet it too
    error: ProviderError | None = None  # it ended the conversation and trying again would not have helped


@dataclass(frozen=True, slots=True)
class Part:
    """Who speaks next. ``failed(step, kind, words)``: what it means when that cannot be had; step None: no call."""

    call: Call
    answered: Callable[[Reply], After]
    failed: Callable[[StepRow | None, str, str], After]
    role: str = "assistant"
    of_turn: int | None = None


def write(lease: Lease, step: StepRow | None, outcome: Outcome) -> After:
    """Raises LeaseLost."""
    booked = persistently(lambda: ledger.write(lease, step, outcome))
    return After(outcome.status, booked, outcome.seconds)


def go_on(
    lease: Lease, step: StepRow | None, going: Outcome, *, alongside: Callable[[], None] = lambda: None
) -> After:
    """Another call under the same lease while the budget allows it; else the conversation is put back.

    ``going``: an outcome that keeps the lease; ``alongside`` writes more in the same transaction. Raises LeaseLost.
    """
    after = persistently(lambda: _try_to_go_on(lease, step, going, alongside))
    if after.status == "waiting":
        return write_with(lease, step, replace(going, status="waiting"), alongside)
    lease.messages = lease.messages if going.messages is None else going.messages
    lease.judged = lease.judged if going.judged is None else going.judged
    lease.reservation, lease.waited = going.next, 0.0
    lease.step, lease.attempt = going.step, going.attempt
    if step is not None:
        lease.tokens += step.input_tokens + step.output_tokens
        lease.cost += step.cost or 0
        lease.calls += 1
    return after


def _try_to_go_on(lease: Lease, step: StepRow | None, going: Outcome, alongside: Callable[[], None]) -> After:
    with transaction.atomic():
        booked = ledger.write(lease, step, going)
        alongside()
        if booked.status not in ("running", "") or not budgets.reserve(lease.accounts, going.next):
            transaction.set_rollback(True)
            return After("waiting", booked)
    return After("running", booked)


def write_with(lease: Lease, step: StepRow | None, outcome: Outcome, alongside: Callable[[], None]) -> After:
    """Write ``outcome`` and what belongs to it in one transaction. Raises LeaseLost."""

    def both() -> Booked:
        with transaction.atomic():
            booked = ledger.write(lease, step, outcome)
            alongside()
        return booked

    return After(outcome.status, persistently(both), outcome.seconds)


def ask_again(lease: Lease, step: StepRow, error: Unusable, part_failed: Callable[..., After]) -> After:
    """An answer that was paid for and is of no use: asked for again, or given up."""
    spent = replace(step, ok=False, error_kind=error.kind, error=str(error)[:500])
    if not error.again or lease.attempt >= MOST_UNUSABLE:
        return part_failed(spent, error.kind, str(error))
    again = Outcome(
        "waiting",
        turns=lease.turns,
        step=lease.step,
        attempt=lease.attempt + 1,
        waited=lease.waited,
        next=lease.reservation,
    )
    return write(lease, spent, again)


def end_with_error(lease: Lease, step: StepRow | None, kind: str, words: str) -> After:
    """An error: neither a pass nor a failed expectation. A chat stays open for another try. Raises LeaseLost."""
    return write(lease, step, ended(lease, kind, words))


def ended(lease: Lease, kind: str, words: str) -> Outcome:
    return Outcome(
        "error" if lease.scenario else "waiting",
        turns=lease.turns,
        step=lease.step + 1,
        error_kind=kind,
        error=words[:500],
        verdict="error" if lease.scenario else "",
    )


def release_connection() -> None:
    """Give the database connection back to the pool: a call takes long, and threads outnumber connections."""
    if not connection.in_atomic_block:
        connection.close()
