"""Webhooks made, tried, paused, given new secrets, and removed: each a decision that is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.audit.acts import Act
from console.audit.models import Chain
from console.audit.services import Subject, record
from console.problems import DomainError, Invalid
from console.queue import wake
from console.releases.models import Delivery, Webhook
from console.releases.webhooks import outbox
from console.releases.webhooks.events import NAMES, test_event
from console.releases.webhooks.outbound import target_of
from console.releases.webhooks.signing import new_secret
from console.sealed import seal

FORMER_SIGNS = timedelta(hours=24)
MOST = 20  # webhooks of a workspace


@transaction.atomic
def create_webhook(*, member: Membership, name: str, url: str, kinds: Sequence[str]) -> tuple[Webhook, str]:
    """A webhook that is told of what happens from now on, and its secret, which is shown this once.

    Raises NotAllowed, Invalid.
    """
    require(member, Action.MANAGE_WEBHOOKS)
    name, url = name.strip(), url.strip()
    if not name:
        raise Invalid("A webhook needs a name.", "Say what listens there.")
    target_of(url)
    if len(url) > 500:
        raise Invalid("The address is longer than 500 characters.", "Shorten it.")
    if member.workspace.webhooks.count() >= MOST:
        raise Invalid(f"There are {MOST} webhooks, the most of a workspace.", "Remove one first.")
    secret = new_secret()
    hook = Webhook.objects.create(
        workspace=member.workspace,
        name=name[:120],
        url=url,
        kinds=_known(kinds),
        secret=seal(secret.encode()),
        seen=_head(member),
        created_by=member.user,
    )
    _record(hook, Act.WEBHOOK_CREATED, member, {"kinds": hook.kinds})
    return hook, secret


@transaction.atomic
def rotate_secret(*, hook: Webhook, member: Membership) -> str:
    """A new secret; for a day the former one signs as well, so that the receiver can change in between."""
    require(member, Action.MANAGE_WEBHOOKS, hook)
    secret = new_secret()
    row = Webhook.objects.select_for_update(no_key=True).get(pk=hook.pk)
    row.former, row.former_until = row.secret, timezone.now() + FORMER_SIGNS
    row.secret = seal(secret.encode())
    row.save(update_fields=["former", "former_until", "secret"])
    _record(hook, Act.WEBHOOK_ROTATED, member, {})
    return secret


@transaction.atomic
def pause(*, hook: Webhook, member: Membership, paused: bool) -> None:
    """Hold deliveries back, or let them go on: what happened meanwhile is sent then."""
    require(member, Action.MANAGE_WEBHOOKS, hook)
    now = timezone.now() if paused else None
    rows = Webhook.objects.filter(pk=hook.pk, paused_at__isnull=paused)
    if rows.update(paused_at=now):
        _record(hook, Act.WEBHOOK_CHANGED, member, {"paused": paused})
        waiting = hook.deliveries.filter(status=Delivery.Status.WAITING).order_by("pk")
        for pk in waiting.values_list("pk", flat=True)[: 0 if paused else 100]:
            wake(outbox.DELIVER, pk)


@transaction.atomic
def send_test(*, hook: Webhook, member: Membership) -> Delivery:
    """An event of the kind webhook.test, sent and signed like all others."""
    require(member, Action.MANAGE_WEBHOOKS, hook)
    return outbox.add(hook, test_event(member.workspace.slug, member.user.shown_name))


@transaction.atomic
def replay(*, delivery: Delivery, member: Membership) -> None:
    """Send it again, with the same id: a receiver that has it already can tell. Raises DomainError while it is under way."""
    require(member, Action.MANAGE_WEBHOOKS, delivery.webhook)
    over = Delivery.objects.filter(pk=delivery.pk).exclude(status__in=Delivery.PENDING)
    if not over.update(status=Delivery.Status.WAITING, attempts=0, run_after=None, finished_at=None):
        raise DomainError("It is under way already.", "Wait until it arrived or was given up.")
    detail = {"event": delivery.event, "kind": delivery.kind}
    _record(delivery.webhook, Act.WEBHOOK_REPLAYED, member, detail)
    wake(outbox.DELIVER, delivery.pk)


@transaction.atomic
def remove_webhook(*, hook: Webhook, member: Membership) -> None:
    """End it, with its log; that it was there stays in the audit."""
    require(member, Action.MANAGE_WEBHOOKS, hook)
    _record(hook, Act.WEBHOOK_REMOVED, member, {})
    Webhook.objects.filter(pk=hook.pk).delete()


def _head(member: Membership) -> int:
    head = Chain.objects.filter(name=member.workspace.chain).values_list("seq", flat=True).first()
    return head or 0


def _known(kinds: Sequence[str]) -> list[str]:
    unknown = sorted(set(kinds) - set(NAMES))
    if unknown:
        raise Invalid(f"There is no event “{unknown[0][:40]}”.", f"Choose from {', '.join(NAMES)}.")
    if not kinds:
        raise Invalid("No event is chosen.", "Tick those that the receiver wants.")
    return [kind for kind in NAMES if kind in set(kinds)]


def _record(hook: Webhook, act: Act, member: Membership, detail: dict[str, Any]) -> None:
    # Of the address only the host: its path and query may hold a key.
    host = target_of(hook.url).host if act is Act.WEBHOOK_CREATED else ""
    record(
        chain=member.workspace.chain,
        actor=member.actor,
        act=act,
        subject=Subject("webhook", str(hook.pk), hook.name),
        detail={**detail, **({"host": host} if host else {})},
    )
