"""Trying an account: its list of models, then one short call. What comes of it is one sentence."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.problems import DomainError
from console.provider import client, limiter, pricing, spending
from console.provider.calls import Call, Reply
from console.provider.catalogue import WITHOUT_LIST, Model, list_models
from console.provider.endpoints import Endpoint, endpoint_of
from console.provider.errors import ProviderError
from console.provider.models import ProviderAccount
from console.provider.spending import Reservation, Spent

DEADLINE = 20.0


@dataclass(frozen=True, slots=True)
class Found:
    """``said``: what is wrong, or what answered; ``what_to_do``: the next step where something is wrong."""

    well: bool
    said: str
    what_to_do: str = ""


def try_account(*, account: ProviderAccount, member: Membership, model: str = "") -> Found:
    """Call with ``model`` (empty: the first that is listed), book it, and keep what came of it with the account."""
    require(member, Action.MANAGE_PROVIDER, account)
    try:
        found = probe(endpoint_of(account), workspace=account.workspace_id, model=model.strip())
    except DomainError as error:
        found = Found(False, error.message, error.what_to_do)
    ProviderAccount.objects.filter(pk=account.pk).update(
        tested_at=timezone.now(),
        tested_well=found.well,
        tested_said=f"{found.said} {found.what_to_do}".strip()[:500],
    )
    return found


def probe(endpoint: Endpoint, *, workspace: int, model: str = "") -> Found:
    """Raises DomainError for what is wrong, in the words that a run would use."""
    models = _models(endpoint)
    names = [known.id for known in models]
    if model and names and model not in names:
        return Found(False, f"It does not list a model {model[:80]}.", f"It lists {', '.join(names[:5])}.")
    reply = _one_call(endpoint, model or next(iter(names), settings.REMIT_JUDGE_MODEL), workspace)
    listed = f", and it lists {len(names)} model{'s'[: len(names) != 1]}" if names else ""
    return Found(True, f"{reply.model} answered in {reply.seconds:.2f} s{listed}.{_pace(reply)}")


def _models(endpoint: Endpoint) -> tuple[Model, ...]:
    try:
        return list_models(endpoint, anew=True)
    except ProviderError as error:
        if error.kind not in WITHOUT_LIST:
            raise
        return ()


def _one_call(endpoint: Endpoint, model: str, workspace: int) -> Reply:
    """Booked like any other call: a test of an account is no way round the budget."""
    call = Call(
        model, ({"role": "user", "content": "Say: ready"},), max_tokens=16, cache="off", deadline=DEADLINE
    )
    most = spending.reservation_for(call)
    month = spending.open_month(workspace)
    if not spending.reserve_month(month.pk, most, leases=1):
        raise DomainError("The budget of this month has no room for a test.", "Raise it, or wait.")
    spent = Spent(calls=1)
    try:
        reply = client.create(endpoint, call)
    except ProviderError as error:
        limiter.record(endpoint, call, error)
        raise _explained(error, model) from error
    else:
        limiter.record(endpoint, call, reply)
        cost = pricing.cost(reply.model, reply.usage, timezone.now())
        spent = Spent(1, reply.usage.total_input, reply.usage.output_tokens, cost or spending.NOTHING)
        return reply
    finally:
        _settle(month.pk, most, spent)


def _settle(month: int, most: Reservation, spent: Spent) -> None:
    spending.settle_month(month, most, spent, leases=1)


def _explained(error: ProviderError, model: str) -> DomainError:
    """Two answers mean something else here than in a run, whose address is known to be good."""
    if error.kind == "malformed":
        return DomainError(
            f"Something answers at this address, but not as the Messages API does{_words(error)}.",
            "Check the address: it ends before /v1/messages.",
        )
    if error.kind == "not_found":
        return DomainError(
            f"It knows neither the model {model[:80]} nor, perhaps, the Messages API{_words(error)}.",
            "Name a model that it has; check that the address ends before /v1/messages.",
        )
    return error


def _words(error: ProviderError) -> str:
    return f" ({error.detail.rstrip('.')})" if error.detail else ""


def _pace(reply: Reply) -> str:
    limit = reply.limits.requests
    return f" It allows {limit.per_minute:,} requests a minute." if limit else ""
