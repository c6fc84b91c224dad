# ruff: noqa: S608 (statements are put together from constants of this module only)
"""Budgets of a run and of a workspace's month: reserved in the statement that claims, settled when the call ended.

A reservation is the most that a call may cost. What is spent and what is reserved never exceed the budget together, so
that any number of workers racing for the last of it stay within.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from console.provider.calls import Call
from console.provider.pricing import estimate
from console.provider.requests import input_tokens
from console.trials.models import Account, Month, Run

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Reservation:
    """The most that one call may use."""

    tokens: int = 0
    cost: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class Spent:
    """What ended calls used. ``calls`` counts failed attempts too."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal = NOTHING
    saved: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class Accounts:
    """The rows that a conversation's calls are booked on. ``run`` is None for a chat."""

    run: int | None
    month: int


@dataclass(frozen=True, slots=True)
class Booked:
    """A run after something was booked on it ("" for a chat). ``in_flight``: conversations still under a lease."""

    status: str = ""
    in_flight: int = 0


def reservation_for(call: Call, *, rehearsal: bool) -> Reservation:
    """The most that ``call`` may use: its input, and every token of output that it allows."""
    tokens = input_tokens(call)
    if rehearsal:
        return Reservation(tokens + call.max_tokens)
    cost = estimate(call.model, input_tokens=tokens, output_tokens=call.max_tokens, at=datetime.now(UTC))
    return Reservation(tokens + call.max_tokens, cost or NOTHING)


def open_month(workspace: int) -> Month:
    """The account of the current month, opened by the first call in it."""
    limits = {"max_tokens": settings.REMIT_MONTH_TOKENS, "max_cost": settings.REMIT_MONTH_MONEY}
    month, _ = Month.objects.get_or_create(workspace_id=workspace, month=this_month(), defaults=limits)
    return month


def this_month() -> date:
    return datetime.now(UTC).date().replace(day=1)


# --- the pieces of SQL that book; ``a`` is the account. Rows are locked in the order conversation, run, month.

THIS_MONTH = "date_trunc('month', now() AT TIME ZONE 'UTC')::date"


def reserving(tokens: str, cost: str, leases: str) -> str:
    """SET: reserve, for ``leases`` (SQL) more conversations."""
    return (
        f"in_flight = a.in_flight + {leases}, reserved_tokens = a.reserved_tokens + {tokens},"
        f" reserved_cost = a.reserved_cost + {cost}"
    )


def within(tokens: str, cost: str) -> str:
    """WHERE: the account has room for it."""
    return (
        f"(a.max_tokens IS NULL OR a.input_tokens + a.output_tokens + a.reserved_tokens + {tokens} <= a.max_tokens)"
        f" AND (a.max_cost IS NULL OR a.cost + a.reserved_cost + {cost} <= a.max_cost)"
    )


GOING = "a.status = 'running' AND (a.max_seconds IS NULL OR now() < a.created_at + make_interval(secs => a.max_seconds))"
SETTLING = (
    "in_flight = a.in_flight - %(leases)s, reserved_tokens = a.reserved_tokens - %(reserved_tokens)s,"
    " reserved_cost = a.reserved_cost - %(reserved_cost)s, calls = a.calls + %(spent_calls)s,"
    " input_tokens = a.input_tokens + %(spent_input)s, output_tokens = a.output_tokens + %(spent_output)s,"
    " cost = a.cost + %(spent_cost)s, saved = a.saved + %(spent_saved)s"
)

_MORE = ("%(tokens)s", "%(cost)s")
RESERVE_RUN = (
    f"UPDATE trials_run a SET {reserving(*_MORE, '0')} WHERE a.id = %(run)s AND {GOING} AND {within(*_MORE)}"
)
RESERVE_MONTH = (
    f"UPDATE trials_month a SET {reserving(*_MORE, '0')} WHERE a.id = %(month)s AND {within(*_MORE)}"
)
SETTLE_RUN = f"UPDATE trials_run a SET {SETTLING} WHERE a.id = %(run)s RETURNING a.status, a.in_flight"
SETTLE_MONTH = f"UPDATE trials_month a SET {SETTLING} WHERE a.id = %(month)s"


def settled(accounts: Accounts, reservation: Reservation, spent: Spent, *, leases: int) -> dict[str, Any]:
    """The values that ``SETTLING`` names."""
    return {
        "run": accounts.run,
        "month": accounts.month,
        "leases": leases,
        "reserved_tokens": reservation.tokens,
        "reserved_cost": reservation.cost,
        "spent_calls": spent.calls,
        "spent_input": spent.input_tokens,
        "spent_output": spent.output_tokens,
        "spent_cost": spent.cost,
        "spent_saved": spent.saved,
    }


def settle(accounts: Accounts, reservation: Reservation, spent: Spent, *, leases: int) -> Booked:
    """Give ``reservation`` and so many leases back, and book what was spent."""
    values = settled(accounts, reservation, spent, leases=leases)
    booked = Booked()
    with connection.cursor() as cursor:
        if accounts.run is not None:
            cursor.execute(SETTLE_RUN, values)
            booked = Booked(*cursor.fetchone())
        cursor.execute(SETTLE_MONTH, values)
    return booked


def reserve(accounts: Accounts, reservation: Reservation) -> bool:
    """Reserve a further call under a lease that is held, or False: then the caller's transaction must be undone."""
    values = {
        "run": accounts.run,
        "month": accounts.month,
        "tokens": reservation.tokens,
        "cost": reservation.cost,
    }
    with connection.cursor() as cursor:
        if accounts.run is not None:
            cursor.execute(RESERVE_RUN, values)
            if cursor.rowcount == 0:
                return False
        cursor.execute(RESERVE_MONTH, values)
        return cursor.rowcount == 1


def used_up(run: Run, reservation: Reservation) -> str:
    """Which budget refuses ``reservation`` although nothing in flight will give anything back: a sentence, or ""."""
    if run.max_seconds is not None and run.created_at + timedelta(seconds=run.max_seconds) <= datetime.now(
        UTC
    ):
        return f"The run used up its {run.max_seconds:,} seconds."
    if sentence := refusal(run, reservation):
        return f"The run {sentence}"
    sentence = refusal(open_month(run.workspace_id), reservation)
    return f"The workspace {sentence.rstrip('.')} (this month's budget)." if sentence else ""


def refusal(account: Account, reservation: Reservation) -> str:
    """Why an account with nothing in flight has no room, as the end of a sentence, or ""."""
    if account.in_flight:
        return ""
    used = account.input_tokens + account.output_tokens
    if account.max_tokens is not None and used + reservation.tokens > account.max_tokens:
        return f"used {used:,} of its {account.max_tokens:,} tokens, and the next call may take {reservation.tokens:,}."
    if account.max_cost is not None and account.cost + reservation.cost > account.max_cost:
        return (
            f"spent ${account.cost:.2f} of its ${account.max_cost:.2f},"
            f" and the next call may cost ${reservation.cost:.4f}."
        )
    return ""
