"""What somebody was told, and how they want to be told."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from console.accounts.mailed import Mailed


class Kind(models.TextChoices):
    """Why somebody is told. The label completes “Tell me when …”."""

    ASKED = "asked", "a review is asked of me"
    MENTIONED = "mentioned", "somebody mentions me"
    READY = "ready", "what I may release is approved"
    DECIDED = "decided", "somebody decides on my review"
    REPLIED = "replied", "somebody comments on my review or in my thread"
    STALE = "stale", "what I approved has changed"
    RELEASED = "released", "what I asked for or planned goes out, does not, or is taken back"
    RAN = "ran", "a run that I started ends, if it took a while"


MAILED = [Kind.ASKED.value, Kind.READY.value, Kind.MENTIONED.value, Kind.STALE.value, Kind.RELEASED.value]


def all_kinds() -> list[str]:
    return list(Kind.values)


def usually_mailed() -> list[str]:
    return list(MAILED)


class Notification(Mailed):
    """One thing that one member was told."""

    member = models.ForeignKey("accounts.Membership", on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    key = models.CharField(max_length=120)  # of the event: who is told of it twice is told once
    title = models.CharField(max_length=200)
    text = models.CharField(max_length=400, blank=True)
    address = models.CharField(max_length=300)  # a path of this console
    at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["member", "kind", "key"], name="told_once")]
        indexes = [
            models.Index(fields=["member", "-at"], name="notification_of_member"),
            models.Index(fields=["member"], name="notification_unread", condition=Q(read_at=None)),
            models.Index(fields=["mail_after"], name="notification_mail_due", condition=Q(mail="due")),
        ]

    def __str__(self) -> str:
        return self.title


class Preferences(models.Model):
    """What a member wants shown in the console and sent by mail; without a row, what is usual."""

    member = models.OneToOneField("accounts.Membership", on_delete=models.CASCADE, related_name="preferences")
    shown = ArrayField(models.CharField(max_length=12, choices=Kind.choices), default=all_kinds, blank=True)
    mailed = ArrayField(
        models.CharField(max_length=12, choices=Kind.choices), default=usually_mailed, blank=True
    )

    def __str__(self) -> str:
        return f"preferences of {self.member}"
