"""The record of who decided what: one gapless, hash-linked chain a workspace and one for the installation."""

from __future__ import annotations

from django.db import models


class Chain(models.Model):
    """The head of a chain. Its row is locked by every act that is recorded, which makes ``seq`` gapless."""

    name = models.CharField(max_length=80, unique=True)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"{self.name}@{self.seq}"


class Entry(models.Model):
    """One act. Never updated or deleted: a trigger refuses, and the application's role lacks the right."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="entries")
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=16)  # person, token, system
    actor_id = models.CharField(max_length=40, blank=True)
    actor_name = models.CharField(max_length=150)
    act = models.CharField(max_length=60)  # prompt:revision:created
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.CharField(max_length=80, blank=True)
    subject_name = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    prev = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-seq"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "seq"], name="audit_entry_seq"),
            models.UniqueConstraint(fields=["chain", "prev"], name="audit_entry_prev"),
        ]
        indexes = [models.Index(fields=["chain", "-seq"]), models.Index(fields=["chain", "act"])]

    def __str__(self) -> str:
        return f"{self.seq} {self.act}"
