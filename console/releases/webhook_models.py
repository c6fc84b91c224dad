"""Who is told of changes, and what became of each telling."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Webhook(models.Model):
    """An address of another system. ``seen`` is the last entry of the audit that was looked at for it: the audit is the
    outbox, written in the transaction of the change itself.
    """

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=120)
    url = models.CharField(max_length=500)
    kinds = ArrayField(models.CharField(max_length=40))  # of events; see webhooks/events.py
    secret = models.BinaryField()  # sealed
    former = models.BinaryField(
        null=True
    )  # the secret before the last rotation, which signs as well for a day
    former_until = models.DateTimeField(null=True)
    seen = models.BigIntegerField()
    paused_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)  # a delivery was given up, and none arrived since
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One event for one webhook; ``body`` is what is sent and signed, the same bytes at every attempt."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Given up"

    PENDING = (Status.WAITING, Status.SENDING)

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=64)  # its id, which is the idempotency key
    kind = models.CharField(max_length=40)
    about = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)  # since it was made or last replayed
    run_after = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            # INVARIANT: however often the audit is looked through, an event is told once.
            models.UniqueConstraint(fields=["webhook", "event"], name="one_delivery_an_event")
        ]
        indexes = [
            models.Index(
                fields=["run_after"], name="delivery_pending", condition=Q(status__in=("waiting", "sending"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.webhook}"


class Attempt(models.Model):
    """One request: what was answered, or why nothing was."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField(auto_now_add=True)
    status = models.PositiveSmallIntegerField(null=True)
    milliseconds = models.PositiveIntegerField()
    error = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=1000, blank=True)  # its beginning, as text

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.status or self.error}"
