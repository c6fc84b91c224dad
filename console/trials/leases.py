# ruff: noqa: S608 (statements are put together from constants only)
"""Who works on which conversation. A lease ends by the database's clock; its token fences every write.

A worker may be killed, paused or cut off at any moment. Whoever holds no valid token writes nothing; whoever finds a
lease that ran out takes it away, books the call that may have been in flight as lost, and puts the conversation back.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, Func, QuerySet
from django.db.models.functions import Now

from console.prepared import fetch_all
from console.provider import spending
from console.provider.spending import Reservation, Spent, reserving, within
from console.trials import budgets
from console.trials.budgets import Accounts, Booked
from console.trials.models import Conversation, Run, Step

# Claimants that died with a conversation. From so many on it runs only when no other suspect does, so that it cannot take
# them along; after three it is set aside until all others of its run are through. It is given up when it dies alone, too:
# where workers are killed at random, some conversation is met three times, and its fourth claimant lives.
SUSPECT, ASIDE, MOST_CLAIMS = 2, 3, 4
TRIES = 4  # at a claim that others were quicker at
# Leases run out while the database is away. For so many seconds after its start the living may renew theirs, so that an
# outage neither repeats their calls nor counts as their death.
AFTER_START = 5.0


class LeaseLost(Exception):
    """Somebody else has the conversation now: whatever was done is discarded."""


class UsedUp(Exception):
    """A budget refuses the next call of ``run`` and nothing in flight will give anything back."""

    def __init__(self, run: int, sentence: str) -> None:
        super().__init__(sentence)
        self.run = run


@dataclass(slots=True)
class Lease:
    """The right to work on a conversation, and the conversation as it was when it was taken."""

    id: int
    token: int
    accounts: Accounts
    reservation: Reservation  # of the next call
    subject: int
    scenario: str
    sample: int
    messages: list[dict[str, Any]]
    turns: int
    step: int
    attempt: int
    waited: float
    tokens: int  # of its calls so far, as are cost and calls
    cost: Decimal
    calls: int
    started_at: datetime
    judged: int | None = None  # of the judge's questions the next; None while the conversation is held
    script: list[str] | None = None  # what the user says, where another run's users are repeated
    lost: bool = False  # set by the heartbeat when a renewal touched no row
    slots: int = (
        1  # of the run's and the month's concurrency that it holds; 0: a batch's answer, which is in hand
    )

    @property
    def run(self) -> int:
        assert self.accounts.run is not None
        return self.accounts.run


def holder_of(pid: int) -> str:
    """A process of this machine, as leases name it."""
    return f"{socket.gethostname()[:50]}:{pid}"


@cache
def holder() -> str:
    """This process, as leases name it."""
    return holder_of(os.getpid())


_NEXT = ("next.tokens", "next.cost")
_COLUMNS = "w.id, w.reserved_tokens AS tokens, w.reserved_cost AS cost"
# In the words of the index that it must be answered by; as a subquery, since a join would be sorted.
_WAITS_IN = (
    "COALESCE({0}.run_id, 0) = {1} AND {0}.status = 'waiting' AND NOT {0}.economy"
    " AND ({0}.run_after IS NULL OR {0}.run_after <= now())"
)
_LEASED = (
    "c.id, c.lease_token, c.run_id, c.month_id, c.reserved_tokens, c.reserved_cost, c.subject_id, c.scenario, c.sample,"
    " c.messages, c.turns, c.step, c.attempt, c.waited, c.input_tokens + c.output_tokens, c.cost, c.calls,"
    " c.started_at, c.judged, c.script"
)
# ``open`` says whether the run has room, and keeps its row locked; then the month is booked if it has room, then the run.
# One statement, committed as it ends: no lock waits for this process to come round to a COMMIT. Rows are locked in the
# order conversation, run, month, as by whoever writes.
_BOOKED_MONTH = f"""
month AS (
  UPDATE provider_month a SET {reserving(*_NEXT, "1")} FROM next, owner, open
  WHERE a.workspace_id = owner.workspace_id AND a.month = {spending.THIS_MONTH} AND {within(*_NEXT)}
  RETURNING a.id),"""
_LEASING = f"""
leased AS (
  UPDATE trials_conversation c SET status = 'running', lease_token = nextval('trials_lease'),
    lease_until = now() + make_interval(secs => %(seconds)s), lease_holder = %(holder)s, run_after = NULL,
    started_at = COALESCE(c.started_at, now()), month_id = month.id
  FROM next, month WHERE c.id = next.id
  RETURNING {_LEASED})
SELECT owner.run_id, owner.workspace_id, next.tokens, next.cost, leased.*
FROM owner LEFT JOIN next ON true LEFT JOIN leased ON true
"""

# The run: of the workspace with the fewest calls in flight. The conversation: batches in order, and inside one the
# fewest turns first, so that conversations end together and no slot idles at the end.
TAKE = f"""
WITH owner AS MATERIALIZED (
  SELECT r.id AS run_id, r.workspace_id FROM trials_run r
  WHERE r.status = 'running' AND r.pool = %(pool)s AND r.in_flight < r.concurrency + r.ahead
    AND (r.paused_until IS NULL OR r.paused_until <= now())
    AND (
      SELECT true FROM trials_conversation c
      WHERE {_WAITS_IN.format("c", "r.id")} LIMIT 1)
  ORDER BY (
    SELECT sum(b.in_flight) FROM trials_run b WHERE b.workspace_id = r.workspace_id AND b.status = 'running'
  ), r.in_flight, r.id LIMIT 1),
next AS MATERIALIZED (
  SELECT {_COLUMNS} FROM trials_conversation w
  WHERE {_WAITS_IN.format("w", "(SELECT run_id FROM owner)")}
    AND (w.claims < {SUSPECT} OR NOT EXISTS (
      SELECT FROM trials_conversation s
      WHERE s.run_id = w.run_id AND s.status = 'running' AND s.claims >= {SUSPECT}))
    AND (w.claims < {ASIDE} OR NOT EXISTS (
      SELECT FROM trials_conversation s
      WHERE s.run_id = w.run_id AND s.status IN ('waiting', 'running') AND s.claims < {ASIDE} AND NOT s.economy))
  ORDER BY w.batch, w.turns, w.id LIMIT 1 FOR UPDATE OF w SKIP LOCKED),
open AS MATERIALIZED (
  SELECT a.id FROM trials_run a, next, owner
  WHERE a.id = owner.run_id AND a.in_flight < a.concurrency + a.ahead AND {budgets.GOING} AND {within(*_NEXT)}
  FOR NO KEY UPDATE OF a),
{_BOOKED_MONTH}
booked AS (
  UPDATE trials_run a SET {reserving(*_NEXT, "1")} FROM next, open, month WHERE a.id = open.id),
{_LEASING}
"""

TAKE_CHAT = f"""
WITH owner AS MATERIALIZED (
  SELECT NULL::bigint AS run_id, workspace_id FROM trials_conversation WHERE id = %(id)s AND chat_id IS NOT NULL),
next AS MATERIALIZED (
  SELECT {_COLUMNS} FROM trials_conversation w WHERE w.id = %(id)s AND w.status = 'waiting' FOR UPDATE SKIP LOCKED),
open AS (SELECT FROM next),
{_BOOKED_MONTH}
{_LEASING}
"""

# Its call is reserved already. What it waited in the batch is no time that it took.
TAKE_ANSWERED = f"""
UPDATE trials_conversation c SET status = 'running', lease_token = nextval('trials_lease'), lease_holder = %(holder)s,
  lease_until = now() + make_interval(secs => %(seconds)s), economy = false, started_at = now()
WHERE c.id = %(id)s AND c.message_batch_id = %(batch)s AND c.economy AND c.status = 'waiting'
RETURNING {_LEASED}
"""

RENEW = """
UPDATE trials_conversation SET lease_until = now() + make_interval(secs => %(seconds)s)
WHERE id = ANY(%(ids)s) AND lease_token = ANY(%(tokens)s) AND status = 'running'
RETURNING lease_token
"""

GIVE_BACK = f"""
WITH held AS (
  UPDATE trials_conversation SET status = 'waiting', lease_token = NULL, lease_until = NULL, lease_holder = '',
    run_after = CASE WHEN %(seconds)s > 0 THEN now() + make_interval(secs => %(seconds)s) END
  WHERE id = %(id)s AND lease_token = %(token)s AND status = 'running' RETURNING id),
run AS (
  UPDATE trials_run a SET {spending.SETTLING} WHERE a.id = %(run)s AND EXISTS (SELECT FROM held)
  RETURNING a.status, a.in_flight),
month AS (UPDATE provider_month a SET {spending.SETTLING} WHERE a.id = %(month)s AND EXISTS (SELECT FROM held))
SELECT run.status, run.in_flight FROM held LEFT JOIN run ON true
"""


def take(pool: str) -> Lease | None:
    """The next conversation to work on, with its next call's budget reserved; None when there is none for now.

    Raises UsedUp when a run can go no further.
    """
    for _ in range(TRIES):
        lease, refused = _claim(TAKE, {"pool": pool})
        if lease is not None or refused is None:
            return lease
        _ask_why(refused)
    return None


def take_chat(conversation: int) -> Lease | None:
    """The chat's conversation; None when an answer is under way, or when the month's budget has no room."""
    lease, refused = _claim(TAKE_CHAT, {"id": conversation})
    if refused is not None:
        spending.open_month(refused.workspace)
        lease, _ = _claim(TAKE_CHAT, {"id": conversation})
    return lease


def take_answered(conversation: int, batch: int) -> Lease | None:
    """A conversation whose answer came in a batch; None when it was taken before.

    Only in the transaction that also writes what the answer leads to: no such lease outlives it.
    """
    values = {"id": conversation, "batch": batch, "seconds": settings.REMIT_LEASE_SECONDS, "holder": holder()}
    rows = fetch_all(TAKE_ANSWERED, values)
    if not rows:
        return None
    lease = _lease(*rows[0])
    lease.slots = 0
    return lease


@dataclass(frozen=True, slots=True)
class _Refused:
    """A claim that did not come about although there was a conversation."""

    run: int | None  # None: a chat
    workspace: int
    reservation: Reservation


def _claim(sql: str, values: Mapping[str, Any]) -> tuple[Lease | None, _Refused | None]:
    rows = fetch_all(sql, {**values, "seconds": settings.REMIT_LEASE_SECONDS, "holder": holder()})
    if not rows or rows[0][2] is None:
        return None, None
    run, workspace, tokens, cost, *leased = rows[0]
    if leased[0] is None:
        return None, _Refused(run, workspace, Reservation(tokens, cost))
    return _lease(*leased), None


def _lease(
    pk: int, token: int, run: int | None, month: int, reserved: int, reserved_cost: Decimal,
    subject: int, scenario: str, sample: int, messages: str, *rest: Any,
) -> Lease:  # fmt: skip
    *standing, script = rest
    said, repeated = json.loads(messages), None if script is None else json.loads(script)
    reservation = Reservation(reserved, reserved_cost)
    lease = Lease(pk, token, Accounts(run, month), reservation, subject, scenario, sample, said, *standing)
    lease.script = repeated
    return lease


def _ask_why(refused: _Refused) -> None:
    """A refusal may be a race that the next try wins, a month that has no account yet, or the end of a budget."""
    spending.open_month(refused.workspace)
    run = Run.objects.filter(pk=refused.run or 0).first()
    if run and run.status == Run.Status.RUNNING and (sentence := budgets.used_up(run, refused.reservation)):
        raise UsedUp(run.pk, sentence)


def give_back(lease: Lease, *, seconds: float = 0.0) -> Booked:
    """Put an untouched conversation back, to be taken again after ``seconds``. Raises LeaseLost."""
    values = settled(lease, Spent(), leases=1)
    rows = fetch_all(GIVE_BACK, {**values, "id": lease.id, "token": lease.token, "seconds": seconds})
    if not rows:
        raise LeaseLost
    return booked(rows[0])


def settled(lease: Lease, spent: Spent, *, leases: int) -> dict[str, Any]:
    """The values of a statement that settles the lease's reservation on run and month."""
    values = spending.settled(lease.reservation, spent, leases=leases * lease.slots)
    return values | {"run": lease.accounts.run, "month": lease.accounts.month}


def booked(row: tuple[Any, ...]) -> Booked:
    """From the columns status and in_flight, which are null for a chat."""
    return Booked(row[0] or "", row[1] or 0)


def renew(leases: list[Lease]) -> None:
    """Prolong leases; those that touched no row are marked lost."""
    values = {
        "seconds": settings.REMIT_LEASE_SECONDS,
        "ids": [lease.id for lease in leases],
        "tokens": [lease.token for lease in leases],
    }
    kept = {token for (token,) in fetch_all(RENEW, values)}
    for lease in leases:
        lease.lost = lease.lost or lease.token not in kept


def reclaim(**of_the_dead: str) -> int:
    """Take back the leases that ran out, or those with these fields, of which it is known. Returns how many."""
    dead = Conversation.objects.filter(status=Conversation.Status.RUNNING)
    dead = dead.filter(**of_the_dead) if of_the_dead else _run_out(dead)
    count = 0
    # One at a time, so that a sweep holds no row for long and two sweeps never wait for each other.
    for pk in dead.order_by("-lease_token").values_list("pk", flat=True)[:500]:
        with transaction.atomic():
            found = dead.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(pk=pk).first()
            if found is not None:
                _put_back(found)
                count += 1
    return count


def _run_out(held: QuerySet[Conversation]) -> QuerySet[Conversation]:
    started = Func(function="pg_postmaster_start_time", output_field=DateTimeField())
    late = held.alias(started=started).filter(started__lt=Now() - timedelta(seconds=AFTER_START))
    return late.filter(lease_until__lt=Now())


def _put_back(conversation: Conversation) -> None:
    """The claimant died: the call that may have been in flight is in the ledger as lost, what it cost is not known."""
    accounts = Accounts(conversation.run_id, conversation.month_id or 0)
    reservation = Reservation(conversation.reserved_tokens, conversation.reserved_cost)
    begun = _was_begun(conversation)
    conversation.lease_token = conversation.lease_until = None
    conversation.lease_holder = ""
    conversation.status = Conversation.Status.WAITING
    if begun:
        _book_as_lost(conversation)
    conversation.save()
    budgets.settle(accounts, reservation, Spent(calls=int(begun)), leases=1)


def _was_begun(conversation: Conversation) -> bool:
    """Whether its call may have been in flight. Of a run's leases so many were as it has concurrency, the oldest ones; the
    others were claimed ahead (see crew.py). They are taken back newest first, so that each finds those before it.
    """
    run = conversation.run
    if run is None or not run.ahead:
        return True
    held = run.conversations.filter(
        status=Conversation.Status.RUNNING, lease_token__lt=conversation.lease_token
    )
    return held.count() < run.concurrency


def _book_as_lost(conversation: Conversation) -> None:
    Step.objects.bulk_create(
        [
            Step(
                conversation=conversation,
                step=conversation.step,
                attempt=conversation.attempt,
                turn=conversation.turns + (conversation.judged is None),
                role=Step.Role.ASSISTANT if conversation.judged is None else Step.Role.JUDGE,
                ok=False,
                error_kind="lost",
                error="The worker died during this call; whether it was answered, and what it cost, is not known.",
            )
        ],
        ignore_conflicts=True,
    )
    conversation.claims += 1
    conversation.attempt += 1
    conversation.calls += 1
    if conversation.claims >= MOST_CLAIMS and conversation.run_id:
        conversation.status = Conversation.Status.ERROR
        conversation.verdict = "error"
        conversation.error_kind = "set_aside"
        conversation.error = f"{MOST_CLAIMS} workers died while they held this conversation, the last one with no other beside it."
        conversation.finished_at = Now()
