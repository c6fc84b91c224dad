"""What judging costs, booked in the workspace's account of the month: reserved before a call, settled after it.

The account belongs to the app above, which runs conversations on it; here it is reached from below, by its relation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet

from console.accounts.models import Workspace
from console.prompts.pages import related
from console.provider.calls import Call
from console.provider.pricing import estimate
from console.provider.requests import input_tokens

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Most:
    """The most that one call may take."""

    tokens: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Took:
    """What a call took, as far as it is known."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None  # None: no price is known


def most_of(call: Call) -> Most:
    """Its input, and every token of output that it allows."""
    tokens = input_tokens(call)
    cost = estimate(call.model, input_tokens=tokens, output_tokens=call.max_tokens, at=datetime.now(UTC))
    return Most(tokens + call.max_tokens, cost or NOTHING)


def reserve(workspace: int, most: Most) -> date | None:
    """Reserve a call in the current month; None where the account has no room."""
    month = datetime.now(UTC).date().replace(day=1)
    limits = {"max_tokens": settings.REMIT_MONTH_TOKENS, "max_cost": settings.REMIT_MONTH_MONEY}
    _accounts(workspace).get_or_create(workspace_id=workspace, month=month, defaults=limits)
    used = F("input_tokens") + F("output_tokens") + F("reserved_tokens")
    tokens_left = Q(max_tokens=None) | Q(max_tokens__gte=used + most.tokens)
    money_left = Q(max_cost=None) | Q(max_cost__gte=F("cost") + F("reserved_cost") + most.cost)
    # INVARIANT: one statement looks and reserves, so that any number of workers stay within the budget together.
    taken = (
        _accounts(workspace)
        .filter(tokens_left, money_left, month=month)
        .update(
            in_flight=F("in_flight") + 1,
            reserved_tokens=F("reserved_tokens") + most.tokens,
            reserved_cost=F("reserved_cost") + most.cost,
        )
    )
    return month if taken else None


def settle(workspace: int, month: date, reserved: Most, took: Took, *, calls: int) -> None:
    """Give a reservation back and book what was taken instead."""
    _accounts(workspace).filter(month=month).update(
        in_flight=F("in_flight") - 1,
        reserved_tokens=F("reserved_tokens") - reserved.tokens,
        reserved_cost=F("reserved_cost") - reserved.cost,
        calls=F("calls") + calls,
        input_tokens=F("input_tokens") + took.input_tokens,
        output_tokens=F("output_tokens") + took.output_tokens,
        cost=F("cost") + (took.cost or NOTHING),
    )


def refusal(workspace: int, most: Most) -> str:
    """Why the month has no room for a call although nothing in flight will give anything back; "" when it may have."""
    month = datetime.now(UTC).date().replace(day=1)
    account = _accounts(workspace).filter(month=month).first()
    if account is None or account.in_flight:
        return ""
    used = account.input_tokens + account.output_tokens
    if account.max_tokens is not None and used + most.tokens > account.max_tokens:
        return (
            f"The workspace used {used:,} of this month’s {account.max_tokens:,} tokens,"
            f" and the judge’s call may take {most.tokens:,}."
        )
    if account.max_cost is not None and account.cost + most.cost > account.max_cost:
        return (
            f"The workspace spent ${account.cost:.2f} of this month’s ${account.max_cost:.2f},"
            f" and the judge’s call may cost ${most.cost:.4f}."
        )
    return ""


def _accounts(workspace: int) -> QuerySet[Any]:
    return related(Workspace, "months").filter(workspace=workspace)
