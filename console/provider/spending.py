# ruff: noqa: S608 (statements are put together from constants of this module only)
"""What a workspace may spend in a month: reserved before a call, in one statement, and settled when it ended.

A reservation is the most that a call may cost. What is spent and what is reserved never exceed the budget together, so
that any number of workers racing for the last of it stay within. Runs, chats and judges all book here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from console.prepared import execute
from console.provider.allowance import allowance_of, this_month
from console.provider.calls import Call
from console.provider.models import Account, Month
from console.provider.pricing import estimate
from console.provider.requests import input_tokens

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


def reservation_for(call: Call, *, rehearsal: bool = False, batch: bool = False) -> Reservation:
    """The most that ``call`` may use: its input, and every token of output that it allows."""
    tokens = input_tokens(call)
    if rehearsal:
        return Reservation(tokens + call.max_tokens)
    cost = estimate(
        call.model, input_tokens=tokens, output_tokens=call.max_tokens, at=datetime.now(UTC), batch=batch
    )
    return Reservation(tokens + call.max_tokens, cost or NOTHING)


def open_month(workspace: int) -> Month:
    """The account of the current month, opened by the first call in it."""
    month = month_so_far(workspace)
    if month.pk is None:
        limits = {"max_tokens": month.max_tokens, "max_cost": month.max_cost}
        month, _ = Month.objects.get_or_create(workspace_id=workspace, month=this_month(), defaults=limits)
    return month


def month_so_far(workspace: int) -> Month:
    """The account of the current month for reading: not stored where no call was made in it yet."""
    found = Month.objects.filter(workspace_id=workspace, month=this_month()).first()
    if found is not None:
        return found
    allowed = allowance_of(workspace)
    return Month(
        workspace_id=workspace,
        month=this_month(),
        max_tokens=allowed.month_tokens,
        max_cost=allowed.month_cost,
    )


# --- the pieces of SQL that book; ``a`` is the account

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


SETTLING = (
    "in_flight = a.in_flight - %(leases)s, reserved_tokens = a.reserved_tokens - %(reserved_tokens)s,"
    " reserved_cost = a.reserved_cost - %(reserved_cost)s, calls = a.calls + %(spent_calls)s,"
    " input_tokens = a.input_tokens + %(spent_input)s, output_tokens = a.output_tokens + %(spent_output)s,"
    " cost = a.cost + %(spent_cost)s, saved = a.saved + %(spent_saved)s"
)
MORE = ("%(tokens)s", "%(cost)s")
RESERVE_MONTH = (
    f"UPDATE provider_month a SET {reserving(*MORE, '%(leases)s')} WHERE a.id = %(month)s AND {within(*MORE)}"
)
SETTLE_MONTH = f"UPDATE provider_month a SET {SETTLING} WHERE a.id = %(month)s"


def settled(reservation: Reservation, spent: Spent, *, leases: int) -> dict[str, Any]:
    """The values that ``SETTLING`` names."""
    return {
        "leases": leases,
        "reserved_tokens": reservation.tokens,
        "reserved_cost": reservation.cost,
        "spent_calls": spent.calls,
        "spent_input": spent.input_tokens,
        "spent_output": spent.output_tokens,
        "spent_cost": spent.cost,
        "spent_saved": spent.saved,
    }


def reserve_month(month: int, reservation: Reservation, *, leases: int) -> bool:
    """Reserve in the account of a month, or False: it has no room."""
    values: dict[str, Any] = {
        "month": month,
        "tokens": reservation.tokens,
        "cost": reservation.cost,
        "leases": leases,
    }
    return execute(RESERVE_MONTH, values) == 1


def settle_month(month: int, reservation: Reservation, spent: Spent, *, leases: int) -> None:
    """Give ``reservation`` and so many leases back, and book what was spent."""
    execute(SETTLE_MONTH, settled(reservation, spent, leases=leases) | {"month": month})


def refusal(account: Account, reservation: Reservation) -> str:
    """Why an account with nothing in flight has no room, as the end of a sentence, or ""."""
    if account.in_flight:
        return ""
    used = account.input_tokens + account.output_tokens
    if account.max_tokens is not None and used + reservation.tokens > account.max_tokens:
        return f"used {used:,} of its {account.max_tokens:,} tokens, and the next call may take {reservation.tokens:,}"
    if account.max_cost is not None and account.cost + reservation.cost > account.max_cost:
        return (
            f"spent {_dollars(account.cost)} of its {_dollars(account.max_cost)},"
            f" and the next call may cost ${reservation.cost:.4f}"
        )
    return ""


def month_refusal(month: Month, reservation: Reservation) -> str:
    """The same as a sentence about the workspace, or ""."""
    said = refusal(month, reservation)
    return f"The workspace {said} (this month's budget)." if said else ""


def _dollars(amount: Decimal) -> str:
    return f"${amount:.2f}" if amount >= 1 or not amount else f"${amount:.4f}"
