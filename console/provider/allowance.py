"""How much a workspace may use: what its admins set, within what the installation allows."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction

from console.accounts.models import Membership, Workspace
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.services import Subject, record
from console.problems import Invalid
from console.provider.models import Budget, Month
from console.repeated import Repeated

N = TypeVar("N", int, Decimal)


@dataclass(frozen=True, slots=True)
class Allowance:
    """None: no limit. Tokens are input and output together, money is US dollars, seconds are by the wall clock."""

    month_tokens: int | None = None
    month_cost: Decimal | None = None
    run_tokens: int | None = None
    run_cost: Decimal | None = None
    run_seconds: int | None = None
    conversation_tokens: int | None = None
    conversation_cost: Decimal | None = None
    conversation_seconds: int | None = None
    conversation_calls: int | None = None


NAMES = tuple(field.name for field in fields(Allowance))


def this_month() -> date:
    """The first day of the month that goes on, UTC."""
    return datetime.now(UTC).date().replace(day=1)


def of_installation() -> Allowance:
    """What no workspace may go beyond: the deployment's configuration."""
    return Allowance(
        month_tokens=settings.REMIT_MONTH_TOKENS,
        month_cost=_money(settings.REMIT_MONTH_MONEY),
        run_tokens=settings.REMIT_RUN_TOKENS,
        run_cost=_money(settings.REMIT_RUN_MONEY),
        run_seconds=settings.REMIT_RUN_SECONDS,
        conversation_tokens=settings.REMIT_CONVERSATION_TOKENS,
        conversation_cost=_money(settings.REMIT_CONVERSATION_MONEY),
        conversation_seconds=settings.REMIT_CONVERSATION_SECONDS,
        conversation_calls=settings.REMIT_CONVERSATION_CALLS,
    )


_SET = Repeated(lambda workspace: Budget.objects.filter(workspace=workspace))


def set_for(workspace: int) -> Allowance:
    """What the admins of a workspace set."""
    row = _SET.first(workspace)
    return Allowance(**{name: getattr(row, name) for name in NAMES}) if row else Allowance()


def allowance_of(workspace: int) -> Allowance:
    """What holds: the narrower of both."""
    own, installation = set_for(workspace), of_installation()
    return Allowance(**{name: narrower(getattr(own, name), getattr(installation, name)) for name in NAMES})


def narrower(one: N | None, other: N | None) -> N | None:
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)


@transaction.atomic
def set_budget(*, member: Membership, wanted: Allowance) -> Allowance:
    """Put ``wanted`` in force for the member's workspace, for the month that goes on too; audited."""
    require(member, Action.MANAGE_PROVIDER)
    _check(wanted)
    workspace = Workspace.objects.select_for_update(no_key=True).get(pk=member.workspace_id)
    before = set_for(workspace.pk)
    if wanted == before:
        return before
    Budget.objects.update_or_create(workspace=workspace, defaults={**asdict(wanted), "by": member.user})
    holds = allowance_of(workspace.pk)
    Month.objects.filter(workspace=workspace, month=this_month()).update(
        max_tokens=holds.month_tokens, max_cost=holds.month_cost
    )
    record(
        chain=workspace.chain,
        actor=member.actor,
        act=Act.BUDGET_SET,
        subject=Subject("workspace", str(workspace.pk), workspace.name),
        detail={"before": _written(before), "after": _written(wanted)},
    )
    return wanted


def _check(wanted: Allowance) -> None:
    installation = of_installation()
    for name in NAMES:
        value, most = getattr(wanted, name), getattr(installation, name)
        said = LABELS[name]
        if value is not None and value <= 0:
            raise Invalid(f"{said} must be more than nothing.", "Leave it empty for no limit of your own.")
        if value is not None and most is not None and value > most:
            raise Invalid(
                f"{said} may be at most {most:,}: the installation allows no more.",
                "Give less, or have the installation's configuration changed.",
            )


LABELS = {
    "month_tokens": "Tokens of a month",
    "month_cost": "Money of a month",
    "run_tokens": "Tokens of a run",
    "run_cost": "Money of a run",
    "run_seconds": "Seconds of a run",
    "conversation_tokens": "Tokens of a conversation",
    "conversation_cost": "Money of a conversation",
    "conversation_seconds": "Seconds of a conversation",
    "conversation_calls": "Calls of a conversation",
}


def _money(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def _written(allowance: Allowance) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in asdict(allowance).items()
        if value is not None
    }
