# ruff: noqa: S608 (statements are put together from constants of this module only)
"""Budgets of a run, beside that of its workspace's month: reserved in the statement that claims, settled when the call
ended. Rows are locked in the order conversation, run, month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from console.prepared import execute, fetch_all
from console.provider import spending
from console.provider.spending import MORE, SETTLING, Reservation, Spent, reserving, within
from console.trials.models import Run


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


GOING = "a.status = 'running' AND (a.max_seconds IS NULL OR now() < a.created_at + make_interval(secs => a.max_seconds))"
RESERVE_RUN = (
    f"UPDATE trials_run a SET {reserving(*MORE, '0')} WHERE a.id = %(run)s AND {GOING} AND {within(*MORE)}"
)
SETTLE_RUN = f"UPDATE trials_run a SET {SETTLING} WHERE a.id = %(run)s RETURNING a.status, a.in_flight"


def settle(accounts: Accounts, reservation: Reservation, spent: Spent, *, leases: int) -> Booked:
    """Give ``reservation`` and so many leases back, and book what was spent."""
    booked = Booked()
    if accounts.run is not None:
        values = spending.settled(reservation, spent, leases=leases) | {"run": accounts.run}
        booked = Booked(*fetch_all(SETTLE_RUN, values)[0])
    spending.settle_month(accounts.month, reservation, spent, leases=leases)
    return booked


def reserve(accounts: Accounts, reservation: Reservation) -> bool:
    """Reserve a further call under a lease that is held, or False: then the caller's transaction must be undone."""
    if accounts.run is not None:
        values: dict[str, Any] = {"run": accounts.run, "tokens": reservation.tokens, "cost": reservation.cost}
        if not execute(RESERVE_RUN, values):
            return False
    return spending.reserve_month(accounts.month, reservation, leases=0)


def out_of_time(run: Run) -> str:
    """That the run took as long as it may, as a sentence, or ""."""
    if run.max_seconds is None or run.created_at + timedelta(seconds=run.max_seconds) > datetime.now(UTC):
        return ""
    return f"The run used up its {run.max_seconds:,} seconds."


def used_up(run: Run, reservation: Reservation) -> str:
    """Which budget refuses ``reservation`` although nothing in flight will give anything back: a sentence, or ""."""
    if late := out_of_time(run):
        return late
    if said := spending.refusal(run, reservation):
        return f"The run {said}."
    return spending.month_refusal(spending.open_month(run.workspace_id), reservation)
