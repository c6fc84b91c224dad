"""From the audit to deliveries, and each delivery to its end. Rows decide; messages only wake somebody.

The audit's numbers have no gap and rise in the order of commits, so one number a webhook says what was looked at. A
delivery is leased, sent outside of any transaction, and written behind its lease; whoever dies leaves it to the sweep.
"""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from console import queue
from console.audit.models import Chain, Entry
from console.problems import DomainError
from console.releases.models import Attempt, Delivery, Webhook
from console.releases.webhooks import outbound, signing
from console.releases.webhooks.events import Event, event_of, kind_of
from console.releases.webhooks.outbound import Undelivered
from console.sealed import unseal

FAN_OUT, DELIVER = "webhooks.fan_out", "webhooks.deliver"
# Seconds to wait after each failed attempt; after the last there is none.
WAITS = (5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200)
LEASE = timedelta(seconds=60)  # much longer than a request may take
KEPT = timedelta(days=30)
PIECE = 200  # entries of the audit that are looked at in one transaction
_slots = threading.BoundedSemaphore(8)  # of a worker's threads: a receiver may be slow, others have work

Status = Delivery.Status


@dataclass(frozen=True, slots=True)
class Lease:
    delivery: Delivery
    token: uuid.UUID


def tell(workspace_id: int) -> None:
    """Have the webhooks of a workspace told now, rather than at the next sweep."""
    for pk in Webhook.objects.filter(workspace=workspace_id).values_list("pk", flat=True):
        queue.wake(FAN_OUT, pk)


def fan_out(pk: int) -> None:
    """Make deliveries of what the audit has and this webhook has not seen. Two at once: the second leaves it."""
    with transaction.atomic():
        hook = (
            Webhook.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
            .select_related("workspace")
            .filter(pk=pk)
            .first()
        )
        if hook is None:
            return
        unseen = Entry.objects.filter(chain__name=hook.workspace.chain, seq__gt=hook.seen)
        entries = list(unseen.order_by("seq")[:PIECE])
        if not entries:
            return
        for entry in entries:
            if kind_of(entry) in hook.kinds:
                add(hook, event_of(entry, hook.workspace.slug))
        hook.seen = entries[-1].seq
        hook.save(update_fields=["seen"])
        if len(entries) == PIECE:
            queue.wake(FAN_OUT, pk)


def add(hook: Webhook, event: Event) -> Delivery:
    """A delivery of the event, in the caller's transaction; somebody is woken for it."""
    delivery, made = Delivery.objects.get_or_create(
        webhook=hook,
        event=event.id,
        defaults={"kind": event.kind, "about": event.about[:200], "body": event.body},
    )
    if made:
        queue.wake(DELIVER, delivery.pk)
    return delivery


def deliver(pk: int) -> None:
    """Make the next attempt, if one is due and nobody is at it."""
    if not _slots.acquire(blocking=False):
        return  # the sweep sends for somebody
    try:
        if (lease := _take(pk)) is not None:
            _write(lease, *_attempt(lease.delivery))
    finally:
        _slots.release()


def due() -> QuerySet[Delivery]:
    """What may be sent now. A test goes out even where the webhook pauses."""
    ready = Q(status=Status.WAITING) & (Q(run_after=None) | Q(run_after__lte=Now()))
    left_behind = Q(status=Status.SENDING, lease_until__lt=Now())
    return Delivery.objects.filter(ready | left_behind).filter(
        Q(webhook__paused_at=None) | Q(kind="webhook.test")
    )


def sweep() -> None:
    """Find what nobody was woken for, and forget what is old."""
    heads = Chain.objects.filter(seq__gt=0).values_list("name", "seq")
    hooks = Webhook.objects.select_related("workspace").only("seen", "workspace__id")
    newest = dict(heads) if (waiting := list(hooks)) else {}
    for hook in waiting:
        if newest.get(hook.workspace.chain, 0) > hook.seen:
            fan_out(hook.pk)
    for pk in due().order_by("run_after", "pk").values_list("pk", flat=True)[:100]:
        queue.wake(DELIVER, pk)
    old = Delivery.objects.exclude(status__in=Delivery.PENDING).filter(created_at__lt=timezone.now() - KEPT)
    Delivery.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:500])).delete()


def _take(pk: int) -> Lease | None:
    """The attempt is counted when it is taken: a delivery that kills whoever sends it ends like others."""
    token = uuid.uuid4()
    with transaction.atomic():
        row = due().select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(pk=pk).first()
        if row is None:
            return None
        if row.attempts > len(WAITS):  # the last one died with it
            _give_up(row)
            return None
        Delivery.objects.filter(pk=pk).update(
            status=Status.SENDING, lease_token=token, lease_until=Now() + LEASE, attempts=F("attempts") + 1
        )
    return Lease(Delivery.objects.select_related("webhook").get(pk=pk), token)


def _attempt(delivery: Delivery) -> tuple[Attempt, bool]:
    """One request, and whether it arrived. No transaction is open meanwhile."""
    began = time.monotonic()
    attempt = Attempt(delivery=delivery)
    try:
        body = delivery.body.encode()
        headers = signing.signed(delivery.event, int(time.time()), body, _secrets(delivery.webhook))
        answer = outbound.post(
            delivery.webhook.url,
            body,
            {**headers, "content-type": "application/json", "user-agent": "Remit-Webhooks/1"},
        )
    except (Undelivered, DomainError) as error:
        attempt.error = str(error)[:300]
    else:
        attempt.status, attempt.answer = answer.status, answer.text.replace("\0", "")[:1000]
        if 300 <= answer.status < 400:
            attempt.error = (
                "It answered with a redirect, and none is followed: give the address that it leads to."
            )
        elif not 200 <= answer.status < 300:
            attempt.error = "A status from 200 to 299 says that it arrived."
    attempt.milliseconds = int((time.monotonic() - began) * 1000)
    return attempt, not attempt.error


def _secrets(hook: Webhook) -> list[str]:
    sealed = [hook.secret]
    if hook.former is not None and hook.former_until and hook.former_until > timezone.now():
        sealed.append(hook.former)
    return [unseal(bytes(each)).decode() for each in sealed]


@transaction.atomic
def _write(lease: Lease, attempt: Attempt, arrived: bool) -> None:
    row = lease.delivery
    free: dict[str, Any] = {"lease_token": None, "lease_until": None}
    held = Delivery.objects.filter(pk=row.pk, lease_token=lease.token, status=Status.SENDING)
    over = arrived or attempt.status == 410 or row.attempts > len(WAITS)
    if arrived:
        written = held.update(status=Status.DELIVERED, finished_at=Now(), run_after=None, **free)
    elif over:
        written = held.update(status=Status.FAILED, finished_at=Now(), run_after=None, **free)
    else:
        again = Now() + timedelta(seconds=WAITS[row.attempts - 1])
        written = held.update(status=Status.WAITING, run_after=again, **free)
    # INVARIANT: whoever holds no valid lease changes nothing. That the request was made is noted all the same.
    attempt.save()
    if not written:
        return
    hook = Webhook.objects.filter(pk=row.webhook_id)
    if arrived:
        hook.exclude(failing_since=None).update(failing_since=None)
    elif over:
        hook.filter(failing_since=None).update(failing_since=Now())
    if attempt.status == 410:
        hook.filter(paused_at=None).update(paused_at=Now())


def _give_up(row: Delivery) -> None:
    Delivery.objects.filter(pk=row.pk).update(
        status=Status.FAILED, finished_at=Now(), lease_token=None, lease_until=None, run_after=None
    )
    Webhook.objects.filter(pk=row.webhook_id, failing_since=None).update(failing_since=Now())
