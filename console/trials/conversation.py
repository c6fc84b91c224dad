"""How a conversation goes on: one call, one commit, until the turn ends.

A turn is a user message and the calls until the model stops. A worker holds its lease for one turn, so that others may
take the next one. Nothing sleeps here: what must wait is put back with the time from which it may be taken again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from console.provider import limiter, retries
from console.provider.calls import STOPPED, Call, Reply
from console.provider.endpoints import Endpoint
from console.provider.errors import ProviderError
from console.trials import budgets, leases, ledger, tools
from console.trials.budgets import Booked, Reservation
from console.trials.grading import grade, verdict_rows
from console.trials.leases import Lease, LeaseLost
from console.trials.ledger import Outcome, StepRow, persistently
from console.trials.plans import Plan
from console.trials.transcript import Entry, reply_entry, results_entry, user_entry
from policies import FillError

CALLS_A_TURN = 12  # a model that goes on calling tools is stopped
STOPPED_EARLY = "Stopped before an answer came."

Speak = Callable[[Endpoint, Call], Reply]
Asked = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class After:
    """What one or more calls made of a conversation."""

    status: str  # of the conversation; "running": the lease goes on with another call of this turn
    booked: Booked
    seconds: float = 0.0  # until it may be taken again
    paces: bool = False  # the wait is the rate limiter's, and every other call of the run would meet it too
    error: ProviderError | None = None  # it ended the conversation and trying again would not have helped


def begin_turn(entries: list[dict[str, Any]], turn: int, says: str) -> list[dict[str, Any]]:
    """The messages with the user's in them; a turn that was begun before is left as it is."""
    return entries if any(entry["turn"] == turn for entry in entries) else [*entries, user_entry(turn, says)]


def next_call(plan: Plan, subject: int, scenario: str, entries: list[Entry] | list[dict[str, Any]]) -> Call:
    """What is sent next. Raises FillError when a variable of the prompt has no value."""
    answering = plan.answering(subject, scenario)
    turn = entries[-1]["turn"]
    is_last = bool(scenario) and turn == len(plan.scenario(scenario).turns) and not answering.tools
    # The history is worth caching only when it is sent again.
    return answering.call(entries, cache="system" if is_last else "conversation")


def reservation_of(plan: Plan, subject: int, scenario: str, entries: list[dict[str, Any]]) -> Reservation:
    """The most that the next call may use; nothing for one that cannot be made, which is found out when it is taken."""
    try:
        call = next_call(plan, subject, scenario, entries)
    except FillError:
        return Reservation()
    return budgets.reservation_for(call, rehearsal=plan.endpoint.rehearsal)


def take_turn(
    lease: Lease,
    plan: Plan,
    speak: Speak,
    *,
    interactive: bool = False,
    stopped: Asked = lambda: False,
) -> After:
    """Make the calls of this turn; none begins after it was ``stopped``. Raises LeaseLost when it is somebody else's."""
    if lease.scenario:
        says = plan.scenario(lease.scenario).turns[lease.turns].user
        lease.messages = begin_turn(lease.messages, lease.turns + 1, says)
    while True:
        if stopped():
            return end_with_error(lease, STOPPED, STOPPED_EARLY)
        after = _one_call(lease, plan, speak, interactive=interactive)
        if after.status != "running":
            return after


def _one_call(lease: Lease, plan: Plan, speak: Speak, *, interactive: bool) -> After:
    if problem := _over_budget(lease):
        return end_with_error(lease, "budget", problem)
    try:
        call = replace(next_call(plan, lease.subject, lease.scenario, lease.messages), sample=lease.sample)
    except FillError as error:
        return end_with_error(lease, "variables", str(error))
    if seconds := limiter.reserve(plan.endpoint, call, interactive=interactive):
        return After("waiting", leases.give_back(lease, seconds=seconds), seconds, paces=True)
    release_connection()
    try:
        reply = speak(plan.endpoint, call)
    except ProviderError as error:
        _learn(plan, call, error)
        return _failed(lease, error, interactive=interactive)
    _learn(plan, call, reply)
    return _answered(lease, plan, reply)


def _learn(plan: Plan, call: Call, outcome: Reply | ProviderError) -> None:
    persistently(lambda: limiter.record(plan.endpoint, call, outcome))


def _over_budget(lease: Lease) -> str:
    turn = lease.turns + 1
    if (
        sum(entry["role"] == "assistant" and entry["turn"] == turn for entry in lease.messages)
        >= CALLS_A_TURN
    ):
        return f"The model went on calling tools: {CALLS_A_TURN} calls in turn {turn}."
    if lease.tokens >= settings.REMIT_CONVERSATION_TOKENS:
        return f"The conversation used up its {settings.REMIT_CONVERSATION_TOKENS:,} tokens."
    # Somebody may come back to a chat after a night; a run's conversation that takes so long goes nowhere.
    if (
        lease.scenario
        and (datetime.now(UTC) - lease.started_at).total_seconds() >= settings.REMIT_CONVERSATION_SECONDS
    ):
        return f"The conversation used up its {settings.REMIT_CONVERSATION_SECONDS:,} seconds."
    return ""


# --- what an answer leads to


def _answered(lease: Lease, plan: Plan, reply: Reply) -> After:
    turn = lease.turns + 1
    category = (reply.refusal.category or "unspecified") if reply.refusal else None
    messages = [*lease.messages, reply_entry(turn, reply.content, reply.stop_reason, category)]
    step = ledger.step_of(reply)
    if reply.stop_reason == "tool_use" and reply.tool_uses:
        offered = plan.answering(lease.subject, lease.scenario).tools
        blocks, notes = tools.answer(reply.tool_uses, offered, messages)
        return _go_on(lease, plan, step, [*messages, results_entry(turn, blocks, notes)])
    if reply.stop_reason == "pause_turn":
        return _go_on(lease, plan, step, messages)
    if not reply.content and reply.stop_reason == STOPPED:
        return _write(lease, step, _ended(lease, STOPPED, STOPPED_EARLY))
    if not reply.content and reply.stop_reason != "refusal":
        words = "The model ended its turn without saying anything."
        return _write(lease, step, _ended(lease, "empty", words, messages=messages))
    return _turn_over(lease, plan, step, messages)


def _turn_over(lease: Lease, plan: Plan, step: StepRow, messages: list[dict[str, Any]]) -> After:
    turn, following = lease.turns + 1, lease.step + 1
    if not lease.scenario:
        return _write(lease, step, Outcome("waiting", messages, turns=turn, step=following))
    scenario = plan.scenario(lease.scenario)
    if turn < len(scenario.turns):
        then = begin_turn(messages, turn + 1, scenario.turns[turn].user)
        reservation = reservation_of(plan, lease.subject, lease.scenario, then)
        return _write(lease, step, Outcome("waiting", messages, turns=turn, step=following, next=reservation))
    grades = grade(scenario, messages)
    return _write(
        lease,
        step,
        Outcome(
            "finished",
            messages,
            turns=turn,
            step=following,
            verdict=grades.word,
            ungraded=grades.ungraded,
            verdicts=verdict_rows(lease.id, scenario, grades),
        ),
    )


def _go_on(lease: Lease, plan: Plan, step: StepRow, messages: list[dict[str, Any]]) -> After:
    """Another call of the same turn, under the same lease while the budget allows it."""
    reservation = reservation_of(plan, lease.subject, lease.scenario, messages)
    going_on = Outcome("running", messages, turns=lease.turns, step=lease.step + 1, next=reservation)

    def write() -> After:
        with transaction.atomic():
            booked = ledger.write(lease, step, going_on)
            if booked.status not in ("running", "") or not budgets.reserve(lease.accounts, reservation):
                transaction.set_rollback(True)
                return After("waiting", booked)
        return After("running", booked)

    after = persistently(write)
    if after.status == "waiting":
        waiting = Outcome("waiting", messages, turns=lease.turns, step=lease.step + 1, next=reservation)
        return _write(lease, step, waiting)
    lease.messages, lease.reservation = messages, reservation
    lease.step, lease.attempt, lease.waited = lease.step + 1, 1, 0.0
    lease.tokens += step.input_tokens + step.output_tokens
    return after


def _failed(lease: Lease, error: ProviderError, *, interactive: bool) -> After:
    """An attempt that brought no reply: tried again later, or recorded as what it is."""
    step = ledger.step_of_error(error)
    # Somebody who looks at a chat decides whether to try again; what they typed is kept.
    seconds = None if interactive else retries.delay(error, lease.attempt, waited=lease.waited)
    if seconds is None and not interactive:
        after = _write(lease, step, _ended(lease, error.kind, str(error)))
        return After(after.status, after.booked, error=None if error.retryable else error)
    waiting = Outcome(
        "waiting",
        turns=lease.turns,
        step=lease.step,
        attempt=lease.attempt + 1,
        waited=lease.waited + (seconds or 0.0),
        seconds=seconds or 0.0,
        error_kind=error.kind if interactive else "",
        error=str(error)[:500] if interactive else "",
        next=lease.reservation,
    )
    after = _write(lease, step, waiting)
    return After(after.status, after.booked, seconds or 0.0, error=error if interactive else None)


def end_with_error(lease: Lease, kind: str, words: str) -> After:
    """End the conversation without another call. Raises LeaseLost."""
    return _write(lease, None, _ended(lease, kind, words))


def end_with_fault(lease: Lease) -> After | None:
    """The console itself failed: the log says how. None when the conversation is somebody else's by now."""
    try:
        return end_with_error(lease, "fault", "The console failed at this conversation; its log says how.")
    except LeaseLost:
        return None


def _ended(lease: Lease, kind: str, words: str, *, messages: list[dict[str, Any]] | None = None) -> Outcome:
    """An error: neither a pass nor a failed expectation. A chat stays open for another try."""
    return Outcome(
        "error" if lease.scenario else "waiting",
        messages,
        turns=lease.turns,
        step=lease.step + 1,
        error_kind=kind,
        error=words[:500],
        verdict="error" if lease.scenario else "",
    )


def _write(lease: Lease, step: StepRow | None, outcome: Outcome) -> After:
    booked = persistently(lambda: ledger.write(lease, step, outcome))
    return After(outcome.status, booked, outcome.seconds)


def release_connection() -> None:
    """Give the database connection back to the pool: a call takes long, and threads outnumber connections."""
    if not connection.in_atomic_block:
        connection.close()
