"""How a conversation goes on: one call, one commit, until the turn ends.

A turn is a user message and the calls until the model stops. A worker holds its lease for one turn, so that others may
take the next one. Before a turn a simulated user may have to be asked what it says, and after the last one a judge.
Nothing sleeps here: what must wait is put back with the time from which it may be taken again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from console.provider import limiter, retries
from console.provider.allowance import Allowance
from console.provider.calls import STOPPED, Call, Reply
from console.provider.endpoints import Endpoint
from console.provider.errors import ProviderError
from console.provider.gate import NotBegun
from console.provider.spending import Reservation, reservation_for
from console.trials import leases, ledger, plans, simulated_user, tools
from console.trials.judging import phase
from console.trials.leases import Lease, LeaseLost
from console.trials.ledger import Outcome, StepRow, persistently
from console.trials.moves import (
    After,
    Part,
    end_with_error,
    ended,
    go_on,
    release_connection,
    write,
)
from console.trials.plans import Plan
from console.trials.simulated_user import said_at
from console.trials.transcript import Entry, reply_entry, results_entry, user_entry
from policies import FillError

CALLS_A_TURN = 12  # a model that goes on calling tools is stopped
STOPPED_EARLY = "Stopped before an answer came."

Speak = Callable[[Endpoint, Call], Reply]
Asked = Callable[[], bool]


def begin_turn(entries: list[dict[str, Any]], turn: int, says: str) -> list[dict[str, Any]]:
    """The messages with the user's in them; a turn that was begun before is left as it is."""
    return entries if _has(entries, turn) else [*entries, user_entry(turn, says)]


def _has(entries: list[dict[str, Any]], turn: int) -> bool:
    return any(entry["turn"] == turn for entry in entries)


def next_call(plan: Plan, subject: int, scenario: str, entries: list[Entry] | list[dict[str, Any]]) -> Call:
    """What is sent next to the subject. Raises FillError when a variable of the prompt has no value."""
    answering = plan.answering(subject, scenario)
    turn = entries[-1]["turn"]
    is_last = bool(scenario) and turn == plan.scenario(scenario).most_turns and not answering.tools
    # The history is worth caching only when it is sent again.
    return answering.call(entries, cache="system" if is_last else "conversation")


def reservation_of(
    plan: Plan, subject: int, scenario: str, entries: list[dict[str, Any]], *, batch: bool = False
) -> Reservation:
    """The most that the next call may use; nothing for one that cannot be made, which is found out when it is taken."""
    try:
        call = next_call(plan, subject, scenario, entries)
    except FillError:
        return Reservation()
    return reservation_for(call, rehearsal=plan.endpoint.rehearsal, batch=batch)


def opening(plan: Plan, scenario: str) -> list[dict[str, Any]]:
    """The messages of a conversation whose first call is next. Not where a simulated user is repeated."""
    return begin_turn([], 1, said_at(plan.scenario(scenario), None, 1) or "")


def take_turn(
    lease: Lease,
    plan: Plan,
    speak: Speak,
    *,
    interactive: bool = False,
    stopped: Asked = lambda: False,
) -> After:
    """Make the calls of this turn; none begins after it was ``stopped``. Raises LeaseLost when it is somebody else's."""
    while True:
        if stopped():
            return end_with_error(lease, None, STOPPED, STOPPED_EARLY)
        part = _next_part(lease, plan)
        after = (
            part if isinstance(part, After) else _one_call(lease, plan, speak, part, interactive=interactive)
        )
        if after.status != "running":
            return after


def _next_part(lease: Lease, plan: Plan) -> Part | After:
    """Who speaks next, or what became of the conversation without a call."""
    if lease.judged is not None:
        return phase.part_of(lease, plan)
    if lease.scenario and not _has(lease.messages, lease.turns + 1):
        says = said_at(plan.scenario(lease.scenario), lease.script, lease.turns + 1)
        if says is None:
            return simulated_user.part_of(
                lease, plan, said=partial(_user_said, lease, plan), left=partial(_talk_over, lease, plan)
            )
        lease.messages = begin_turn(lease.messages, lease.turns + 1, says)
    try:
        call = next_call(plan, lease.subject, lease.scenario, lease.messages)
    except FillError as error:
        return end_with_error(lease, None, "variables", str(error))
    return Part(call, partial(_answered, lease, plan), partial(end_with_error, lease))


def _one_call(lease: Lease, plan: Plan, speak: Speak, part: Part, *, interactive: bool) -> After:
    if problem := _over_budget(lease, plan.limits):
        return part.failed(None, "budget", problem)
    call = replace(part.call, sample=lease.sample)
    if seconds := limiter.reserve(plan.endpoint, call, interactive=interactive):
        return After("waiting", leases.give_back(lease, seconds=seconds), seconds, paces=True)
    release_connection()
    try:
        reply = speak(plan.endpoint, call)
    except NotBegun:
        return After("waiting", persistently(lambda: leases.give_back(lease)))
    except ProviderError as error:
        _learn(plan, call, error)
        return _failed(lease, part, plans.forgiven(plan, error), interactive=interactive)
    _learn(plan, call, reply)
    return part.answered(reply)


def take_answer(lease: Lease, plan: Plan, outcome: Reply | ProviderError) -> After:
    """What a batch answered to the first call. What it did not answer is asked again as an ordinary call, at its price."""
    lease.messages = opening(plan, lease.scenario)
    if isinstance(outcome, Reply):
        return _answered(lease, plan, outcome)
    step, seconds = ledger.step_of_error(outcome), retries.delay(outcome, lease.attempt)
    if seconds is None:
        after = end_with_error(lease, step, outcome.kind, str(outcome))
        return After(after.status, after.booked, error=None if outcome.retryable else outcome)
    again = Outcome(
        "waiting",
        turns=lease.turns,
        step=lease.step,
        attempt=lease.attempt + 1,
        waited=seconds,
        seconds=seconds,
        next=reservation_of(plan, lease.subject, lease.scenario, lease.messages),
    )
    return write(lease, step, again)


def _learn(plan: Plan, call: Call, outcome: Reply | ProviderError) -> None:
    persistently(lambda: limiter.record(plan.endpoint, call, outcome))


def _over_budget(lease: Lease, limits: Allowance) -> str:
    """Why the next call may not be made: with the most that it may use, the conversation would go over."""
    turn, most = lease.turns + 1, lease.reservation
    if (
        sum(entry["role"] == "assistant" and entry["turn"] == turn for entry in lease.messages)
        >= CALLS_A_TURN
    ):
        return f"The model went on calling tools: {CALLS_A_TURN} calls in turn {turn}."
    if limits.conversation_calls is not None and lease.calls >= limits.conversation_calls:
        return f"The conversation used up its {limits.conversation_calls:,} calls."
    if limits.conversation_tokens is not None and lease.tokens + most.tokens > limits.conversation_tokens:
        return (
            f"The conversation used {lease.tokens:,} of its {limits.conversation_tokens:,} tokens,"
            f" and the next call may take {most.tokens:,}."
        )
    if limits.conversation_cost is not None and lease.cost + most.cost > limits.conversation_cost:
        return (
            f"The conversation spent ${lease.cost:.4f} of its ${limits.conversation_cost:.2f},"
            f" and the next call may cost ${most.cost:.4f}."
        )
    # Somebody may come back to a chat after a night; a run's conversation that takes so long goes nowhere.
    seconds = limits.conversation_seconds
    if lease.scenario and seconds is not None and _age(lease) >= seconds:
        return f"The conversation used up its {seconds:,} seconds."
    return ""


def _age(lease: Lease) -> float:
    return (datetime.now(UTC) - lease.started_at).total_seconds()


# --- what an answer leads to


def _answered(lease: Lease, plan: Plan, reply: Reply) -> After:
    turn = lease.turns + 1
    category = (reply.refusal.category or "unspecified") if reply.refusal else None
    seconds = None if reply.batch else reply.seconds
    said = reply_entry(turn, reply.content, reply.stop_reason, category, seconds)
    messages = [*lease.messages, said]
    step = ledger.step_of(reply)
    if reply.stop_reason == "tool_use" and reply.tool_uses:
        offered = plan.answering(lease.subject, lease.scenario).tools
        blocks, notes = tools.answer(reply.tool_uses, offered, messages)
        return _go_on(lease, plan, step, [*messages, results_entry(turn, blocks, notes)])
    if reply.stop_reason == "pause_turn":
        return _go_on(lease, plan, step, messages)
    if not reply.content and reply.stop_reason == STOPPED:
        return end_with_error(lease, step, STOPPED, STOPPED_EARLY)
    if not reply.content and reply.stop_reason != "refusal":
        words = "The model ended its turn without saying anything."
        return write(lease, step, replace(ended(lease, "empty", words), messages=messages))
    return _turn_over(lease, plan, step, messages)


def _turn_over(lease: Lease, plan: Plan, step: StepRow, messages: list[dict[str, Any]]) -> After:
    turn, following = lease.turns + 1, lease.step + 1
    if not lease.scenario:
        return write(lease, step, Outcome("waiting", messages, turns=turn, step=following))
    scenario = plan.scenario(lease.scenario)
    if turn >= (len(lease.script) if lease.script is not None else scenario.most_turns):
        return _talk_over(lease, plan, step, messages, turn)
    says = said_at(scenario, lease.script, turn + 1)
    if says is None:
        call = simulated_user.question(plan, scenario, messages)
        reservation = reservation_for(call, rehearsal=plan.endpoint.rehearsal)
    else:
        then = begin_turn(messages, turn + 1, says)
        reservation = reservation_of(plan, lease.subject, lease.scenario, then)
    return write(lease, step, Outcome("waiting", messages, turns=turn, step=following, next=reservation))


def _talk_over(lease: Lease, plan: Plan, step: StepRow, messages: list[dict[str, Any]], turns: int) -> After:
    """Everything is said: what text decides is graded, and the rest waits for the judge."""
    return write(lease, step, phase.begin(lease, plan, messages, turns))


def _user_said(lease: Lease, plan: Plan, step: StepRow, says: str) -> After:
    return _go_on(lease, plan, step, begin_turn(lease.messages, lease.turns + 1, says))


def _go_on(lease: Lease, plan: Plan, step: StepRow, messages: list[dict[str, Any]]) -> After:
    """Another call of the same turn."""
    reservation = reservation_of(plan, lease.subject, lease.scenario, messages)
    going = Outcome("running", messages, turns=lease.turns, step=lease.step + 1, next=reservation)
    return go_on(lease, step, going)


def _failed(lease: Lease, part: Part, error: ProviderError, *, interactive: bool) -> After:
    """An attempt that brought no reply: tried again later, or recorded as what it is."""
    step = ledger.step_of_error(error, role=part.role, of_turn=part.of_turn)
    # Somebody who looks at a chat decides whether to try again; what they typed is kept.
    seconds = None if interactive else retries.delay(error, lease.attempt, waited=lease.waited)
    if seconds is None and not interactive:
        after = part.failed(step, error.kind, str(error))
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
    after = write(lease, step, waiting)
    return After(after.status, after.booked, seconds or 0.0, error=error if interactive else None)


def end_with_fault(lease: Lease) -> After | None:
    """The console itself failed: the log says how. None when the conversation is somebody else's by now."""
    try:
        words = "The console failed at this conversation; its log says how."
        return end_with_error(lease, None, "fault", words)
    except LeaseLost:
        return None
