"""What a row carries that a letter is made of: whether one is due, and what became of it. ``notifications.outbox`` sends."""

from __future__ import annotations

from datetime import timedelta

from django.db import models

# After each attempt but the last.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480))
MOST_ATTEMPTS = len(WAITS) + 1
SEND = "notifications.send"  # the task that looks for letters that are due


class Mailed(models.Model):
    """The row is the outbox: a letter that is taken and not sent comes back by itself."""

    class Mail(models.TextChoices):
        NONE = "none", "not by mail"
        DUE = "due", "due"
        SENT = "sent", "sent"
        FAILED = "failed", "given up"

    mail = models.CharField(max_length=6, choices=Mail.choices, default=Mail.NONE, db_default=Mail.NONE)
    # Not before; moved on by whoever takes it, so that it comes back.
    mail_after = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    problem = models.CharField(max_length=200, blank=True, db_default="")  # why the last attempt failed

    class Meta:
        abstract = True
