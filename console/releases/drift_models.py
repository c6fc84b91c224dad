"""Releases that are watched: when their evidence is played again, what came of it, and what was made of that."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Watch(models.Model):
    """A schedule on a release, or on whatever a label of a prompt points to."""

    class Every(models.IntegerChoices):
        DAY = 86_400, "every day"
        WEEK = 604_800, "every week"
        MONTH = 2_592_000, "every 30 days"

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="watches")
    prompt = models.ForeignKey("prompts.Prompt", on_delete=models.CASCADE, related_name="watches")
    label = models.CharField(max_length=40, blank=True)  # empty: the release
    release = models.ForeignKey(
        "releases.Release", null=True, on_delete=models.PROTECT, related_name="watches"
    )
    every = models.PositiveIntegerField(choices=Every.choices, default=Every.WEEK)
    # Of each re-run; empty: the deployment's default. The workspace's month counts beside it.
    max_cost = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    # Re-runs go in message batches, where the suite and the provider allow it; else as ordinary calls.
    economy = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(label="") ^ Q(release__isnull=True), name="watch_of_label_or_release"
            ),
            models.UniqueConstraint(
                fields=["prompt", "label"],
                condition=Q(ended_at=None) & ~Q(label=""),
                name="one_watch_a_label",
            ),
            models.UniqueConstraint(
                fields=["release"], condition=Q(ended_at=None, label=""), name="one_watch_a_release"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prompt}@{self.label}" if self.label else str(self.release)

    @property
    def name(self) -> str:
        return self.label or f"release {self.release.number if self.release else ''}"


class Check(models.Model):
    """One run of the evidence played again. INVARIANT: one for each cause, whoever wakes and how often."""

    class Status(models.TextChoices):
        WAITING = "waiting", "waits to start"
        RUNNING = "running", "running"
        CONFIRMING = "confirming", "running once more to confirm"
        DONE = "done", "compared"
        FAILED = "failed", "unknown"

    OPEN = (Status.WAITING, Status.RUNNING, Status.CONFIRMING)

    watch = models.ForeignKey(Watch, on_delete=models.CASCADE, related_name="checks")
    release = models.ForeignKey("releases.Release", on_delete=models.PROTECT, related_name="checks")
    evidence = models.ForeignKey("trials.Run", on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(max_length=200)  # tick:12, model:…, asked:…
    why = models.CharField(max_length=200)
    run = models.ForeignKey("trials.Run", null=True, on_delete=models.PROTECT, related_name="checks")
    confirmation = models.ForeignKey(
        "trials.Run", null=True, on_delete=models.PROTECT, related_name="confirmed_checks"
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    word = models.CharField(max_length=20, blank=True)
    sentence = models.CharField(max_length=1000, blank=True)
    result = models.JSONField(default=dict)  # see drift_compare.py
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["watch", "cause", "evidence"], name="one_check_a_cause")
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(status__in=["waiting", "running", "confirming"]),
                name="checks_open",
            )
        ]

    def __str__(self) -> str:
        return f"check {self.pk} of {self.watch}"


class Alarm(models.Model):
    """The evidence no longer holds: open until somebody closes it with a reason."""

    watch = models.ForeignKey(Watch, on_delete=models.CASCADE, related_name="alarms")
    check_row = models.ForeignKey(Check, on_delete=models.CASCADE, related_name="alarms")
    sentence = models.CharField(max_length=1000)
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["watch"], condition=Q(closed_at=None), name="one_open_alarm")
        ]

    def __str__(self) -> str:
        return f"alarm of {self.watch}"
