# ruff: noqa: S608 (statements are put together from constants only)
"""Writing down what a call brought: the step, its cost and what follows from it, in one statement behind the fence."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db import IntegrityError, InterfaceError, OperationalError, connection
from psycopg.types.json import Jsonb

from console.prepared import fetch_all
from console.provider import pricing, spending
from console.provider.calls import Reply
from console.provider.errors import ProviderError
from console.provider.spending import Reservation, Spent
from console.trials.budgets import Booked
from console.trials.leases import Lease, LeaseLost, booked, settled
from console.trials.models import Verdict
from console.trials.transcript import storable

logger = logging.getLogger(__name__)

T = TypeVar("T")
WRITE_WITHIN = 60.0  # seconds for which an answer in hand is kept while the database is away


@dataclass(frozen=True, slots=True)
class StepRow:
    """One call as the ledger keeps it. ``role``: who it spoke for; ``of_turn``: None for the one that goes on."""

    ok: bool
    role: str = "assistant"
    of_turn: int | None = None
    error_kind: str = ""
    error: str = ""
    request_id: str = ""
    model: str = ""
    stop_reason: str = ""
    stop_details: dict[str, Any] | None = None
    content: Sequence[Any] = ()
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost: Decimal | None = None
    saved: Decimal | None = None
    milliseconds: int = 0

    @property
    def spent(self) -> Spent:
        cost, saved = self.cost or Decimal(0), self.saved or Decimal(0)
        return Spent(1, self.input_tokens, self.output_tokens, cost, saved)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the conversation stands after it. ``next``: what its next call may use, reserved when it is claimed."""

    status: str
    messages: list[dict[str, Any]] | None = None  # None: as they were
    turns: int = 0
    step: int = 1
    attempt: int = 1
    waited: float = 0.0
    seconds: float = 0.0  # until it may be taken again
    error_kind: str = ""
    error: str = ""
    verdict: str = ""
    ungraded: int = 0
    judged: int | None = None  # None: as it was
    next: Reservation = field(default_factory=Reservation)
    verdicts: Sequence[Verdict] = ()

    @property
    def keeps_lease(self) -> bool:
        return self.status == "running"


_STEP_COLUMNS = (
    "ok", "error_kind", "error", "request_id", "model", "stop_reason", "stop_details", "content", "input_tokens",
    "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost", "saved", "milliseconds",
)  # fmt: skip

WRITE = f"""
WITH held AS (
  UPDATE trials_conversation c SET status = %(status)s::text, messages = COALESCE(%(messages)s, c.messages),
    turns = %(turns)s, step = %(step)s, attempt = %(attempt)s, waited = %(waited)s,
    run_after = CASE WHEN %(seconds)s > 0 THEN now() + make_interval(secs => %(seconds)s) END,
    error_kind = %(error_kind)s, error = %(error)s, verdict = %(verdict)s, ungraded = %(ungraded)s,
    judged = COALESCE(%(judged)s, c.judged),
    lease_token = CASE WHEN %(keeps)s THEN c.lease_token END, lease_until = CASE WHEN %(keeps)s THEN c.lease_until END,
    lease_holder = CASE WHEN %(keeps)s THEN c.lease_holder ELSE '' END,
    reserved_tokens = %(next_tokens)s, reserved_cost = %(next_cost)s,
    claims = CASE WHEN %(ok)s THEN 0 ELSE c.claims END, calls = c.calls + %(spent_calls)s,
    input_tokens = c.input_tokens + %(spent_input)s, output_tokens = c.output_tokens + %(spent_output)s,
    cost = c.cost + %(spent_cost)s, milliseconds = c.milliseconds + CASE WHEN %(role)s::text = 'assistant' THEN %(milliseconds)s ELSE 0 END,
    finished_at = CASE WHEN %(status)s::text IN ('finished', 'error', 'cancelled') THEN now() END
  WHERE c.id = %(id)s AND c.lease_token = %(token)s AND c.status = 'running' RETURNING c.id),
step AS (
  INSERT INTO trials_step (conversation_id, step, attempt, turn, role, at, {", ".join(_STEP_COLUMNS)})
  SELECT held.id, %(this_step)s, %(this_attempt)s, %(this_turn)s, %(role)s::text, now(),
    {", ".join(f"%(step_{name})s" for name in _STEP_COLUMNS)}
  FROM held WHERE %(spent_calls)s > 0),
judged AS (
  INSERT INTO trials_verdict (conversation_id, expect, kind, verdict, turn, reason, limits, judge, details)
  SELECT held.id, v.expect, v.kind, v.verdict, v.turn, v.reason, v.limits, v.judge, v.details FROM held,
    jsonb_to_recordset(%(verdicts)s) AS v (
      expect int, kind text, verdict text, turn int, reason text, limits jsonb, judge text, details jsonb)),
run AS (
  UPDATE trials_run a SET {spending.SETTLING} WHERE a.id = %(run)s AND EXISTS (SELECT FROM held)
  RETURNING a.status, a.in_flight),
month AS (UPDATE provider_month a SET {spending.SETTLING} WHERE a.id = %(month)s AND EXISTS (SELECT FROM held))
SELECT run.status, run.in_flight FROM held LEFT JOIN run ON true
"""


def write(lease: Lease, step: StepRow | None, outcome: Outcome) -> Booked:
    """Write ``step`` (None: no call was made) and ``outcome``. Raises LeaseLost, and then nothing was written."""
    spent = step.spent if step else Spent()
    values = {
        **settled(lease, spent, leases=int(not outcome.keeps_lease)),
        **_step_values(lease, step or StepRow(ok=False)),
        **_outcome_values(outcome),
        "id": lease.id,
        "token": lease.token,
    }
    rows = fetch_all(WRITE, values)
    if not rows:  # lease.lost is no reason: the heartbeat may have come between this write and here
        raise LeaseLost
    return booked(rows[0])


def _step_values(lease: Lease, step: StepRow) -> dict[str, Any]:
    values = {f"step_{name}": getattr(step, name) for name in _STEP_COLUMNS}
    return values | {
        "step_content": stored(list(step.content)),
        "step_stop_details": stored(step.stop_details) if step.stop_details else None,
        "ok": step.ok,
        "milliseconds": step.milliseconds,
        "this_step": lease.step,
        "this_attempt": lease.attempt,
        "this_turn": lease.turns + 1 if step.of_turn is None else step.of_turn,
        "role": step.role,
    }


def _outcome_values(outcome: Outcome) -> dict[str, Any]:
    names = (
        "status",
        "turns",
        "step",
        "attempt",
        "waited",
        "seconds",
        "error_kind",
        "error",
        "verdict",
        "ungraded",
        "judged",
    )
    verdicts = [{name: getattr(row, name) for name in _VERDICT_COLUMNS} for row in outcome.verdicts]
    return {name: getattr(outcome, name) for name in names} | {
        "messages": None if outcome.messages is None else stored(outcome.messages),
        "keeps": outcome.keeps_lease,
        "next_tokens": outcome.next.tokens,
        "next_cost": outcome.next.cost,
        "verdicts": stored(verdicts),
    }


_VERDICT_COLUMNS = ("expect", "kind", "verdict", "turn", "reason", "limits", "judge", "details")
_UNSTORABLE = re.compile(r"(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})", re.IGNORECASE)


def stored(value: Any) -> Jsonb:
    """``value`` for a column of JSON, with what cannot be stored replaced by U+FFFD."""
    return Jsonb(value, dumps=_dumps)


def _dumps(value: Any) -> str:
    text = json.dumps(value)
    return json.dumps(storable(value)) if _UNSTORABLE.search(text) else text


def step_of(reply: Reply, *, role: str = "assistant", of_turn: int | None = None) -> StepRow:
    usage, at = reply.usage, datetime.now(UTC)
    refusal = reply.refusal
    return StepRow(
        ok=True,
        role=role,
        of_turn=of_turn,
        request_id=(reply.request_id or "")[:120],
        model=reply.model[:100],
        stop_reason=reply.stop_reason[:40],
        stop_details={"category": refusal.category, "explanation": refusal.explanation} if refusal else None,
        content=reply.content,
        input_tokens=usage.total_input,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens + usage.cache_write_1h_tokens,
        cost=pricing.cost(reply.model, usage, at, batch=reply.batch),
        saved=pricing.saved(reply.model, usage, at, batch=reply.batch),
        milliseconds=round(reply.seconds * 1000),
    )


def step_of_error(error: ProviderError, *, role: str = "assistant", of_turn: int | None = None) -> StepRow:
    return StepRow(
        ok=False,
        role=role,
        of_turn=of_turn,
        error_kind=error.kind,
        error=str(error)[:500],
        request_id=(error.request_id or "")[:120],
    )


def persistently(write: Callable[[], T]) -> T:
    """Write what is in hand although the database may be away: an answer that was paid for must not be lost.

    A commit whose outcome is unknown is written again and then meets its own traces: the fence refuses it, or the step
    is there already.
    """
    ends, pause = time.monotonic() + WRITE_WITHIN, 0.1
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > ends:
                raise
            logger.warning("The database is away (%s); an answer waits to be written.", type(error).__name__)
            connection.close()
            time.sleep(pause)
            pause = min(pause * 2, 2.0)
        except IntegrityError:
            raise LeaseLost from None
