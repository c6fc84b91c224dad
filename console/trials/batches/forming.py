"""Forming a batch: conversations are bound to it, and the most that they may use is reserved, in one transaction."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Max

from console.provider import batches, spending
from console.provider.calls import Call
from console.provider.models import Account, Month
from console.provider.spending import Reservation
from console.trials import budgets, conversation, runs
from console.trials.batch_models import MessageBatch
from console.trials.batches import rows
from console.trials.models import Conversation, Run
from console.trials.plans import AccountGone, Plan, plan_of_run

# The API takes 100,000 requests and 256 MB. Smaller batches need little memory, and their answers come one after another.
MOST_REQUESTS = 1_000
MOST_BYTES = 16_000_000


def name_of(batch: MessageBatch, row: Conversation) -> str:
    """What a request is called. The sample comes last: the rehearsal reads it, to which a model is no dice."""
    return f"{batch.marker}_{row.pk}_{row.sample}"


def conversation_of(batch: MessageBatch, name: str) -> int | None:
    """Whose request has this name; None for one that is not of this batch."""
    found = re.fullmatch(rf"{re.escape(batch.marker)}_(\d{{1,18}})_\d+", name)
    return int(found[1]) if found else None


def call_of(plan: Plan, row: Conversation) -> Call:
    opening = conversation.opening(plan, row.scenario)
    return conversation.next_call(plan, row.subject_id, row.scenario, opening)


def form(pool: str) -> bool:
    """Form the batches of one of the pool's runs; False when there is nothing to form now."""
    return any(_form(run) for run in rows.to_form(pool).order_by("pk"))


def _form(run: Run) -> bool:
    if late := budgets.out_of_time(run):
        runs.stop(run.pk, late)
        return True
    try:
        plan = plan_of_run(run.pk)
    except AccountGone as error:
        runs.stop(run.pk, f"{error} {error.what_to_do}".strip())
        return True
    month = spending.open_month(run.workspace_id)
    with transaction.atomic():
        waiting = _waiting(run)
        fits = _bind(run, plan, month, waiting) if waiting else False
    return fits or bool(waiting and _stop_if_used_up(run, waiting[0]))


def _waiting(run: Run) -> list[Conversation]:
    found = Conversation.objects.filter(
        run=run, economy=True, message_batch=None, status=Conversation.Status.WAITING
    )
    return list(found.select_for_update(no_key=True, skip_locked=True).order_by("pk"))


def _bind(run: Run, plan: Plan, month: Month, waiting: Sequence[Conversation]) -> bool:
    """As many of them as the budgets allow. Rows are locked in the order conversations, run, month."""
    run = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    month = Month.objects.select_for_update(no_key=True).get(pk=month.pk)
    if run.status != Run.Status.RUNNING:
        return False
    chosen = _within_budget((run, month), waiting)
    for number, part in enumerate(_parts(plan, chosen), _next_number(run)):
        batch = MessageBatch.objects.create(
            run=run, number=number, marker=secrets.token_hex(6), requests=len(part)
        )
        Conversation.objects.filter(pk__in=part).update(message_batch=batch, month=month)
    for account in (Run.objects.filter(pk=run.pk), Month.objects.filter(pk=month.pk)):
        account.update(
            reserved_tokens=F("reserved_tokens") + sum(row.reserved_tokens for row in chosen),
            reserved_cost=F("reserved_cost") + sum((row.reserved_cost for row in chosen), Decimal(0)),
        )
    return bool(chosen)


def _next_number(run: Run) -> int:
    return (run.batches.aggregate(last=Max("number"))["last"] or 0) + 1


def _parts(plan: Plan, chosen: Sequence[Conversation]) -> Iterator[list[int]]:
    """Their keys, in parts of which each makes a batch."""
    part: list[int] = []
    size = 0
    for row in chosen:
        more = batches.size_of(call_of(plan, row))
        if part and (len(part) >= MOST_REQUESTS or size + more > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(row.pk)
        size += more
    if part:
        yield part


def _within_budget(accounts: Iterable[Account], waiting: Sequence[Conversation]) -> list[Conversation]:
    """The first of them that all accounts have room for together."""
    rooms = [_room(account) for account in accounts]
    tokens, cost, chosen = 0, Decimal(0), []
    for row in waiting:
        tokens, cost = tokens + row.reserved_tokens, cost + row.reserved_cost
        if any((t is not None and tokens > t) or (c is not None and cost > c) for t, c in rooms):
            break
        chosen.append(row)
    return chosen


def _room(account: Account) -> tuple[int | None, Decimal | None]:
    used = account.input_tokens + account.output_tokens + account.reserved_tokens
    tokens = None if account.max_tokens is None else account.max_tokens - used
    return (
        tokens,
        None if account.max_cost is None else account.max_cost - account.cost - account.reserved_cost,
    )


def _stop_if_used_up(run: Run, first: Conversation) -> bool:
    """Nothing fits: the run has come to its end, unless calls in flight give something back."""
    run.refresh_from_db()
    sentence = budgets.used_up(run, Reservation(first.reserved_tokens, first.reserved_cost))
    if sentence:
        runs.stop(run.pk, sentence)
    return bool(sentence)
