"""Requests to approve one revision, what people decided, and what they said on the way."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Review(models.Model):
    """A request to approve one revision. It binds to digests; whether they still fit is computed when it is read."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        CHANGES = "changes", "Changes asked"
        WITHDRAWN = "withdrawn", "Withdrawn"
        RELEASED = "released", "Released"

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="reviews")
    number = models.PositiveIntegerField()  # counts in the workspace
    prompt = models.ForeignKey("prompts.Prompt", on_delete=models.PROTECT, related_name="reviews")
    revision = models.ForeignKey("prompts.Revision", on_delete=models.PROTECT, related_name="reviews")
    # What it is compared with: the revision in production when it was asked for, or none.
    against = models.ForeignKey("prompts.Revision", null=True, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    message = models.TextField(blank=True)
    label = models.CharField(max_length=40, default="production")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    runs = models.ManyToManyField("trials.Run", blank=True, related_name="reviews")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "number"], name="one_review_number"),
            models.UniqueConstraint(
                fields=["revision"], name="one_open_review_a_revision", condition=Q(status="open")
            ),
        ]

    def __str__(self) -> str:
        return f"review {self.number}"


class Decision(models.Model):
    """One person's approval, or request for changes, bound to exactly what the page showed."""

    class Word(models.TextChoices):
        APPROVE = "approve", "approves"
        CHANGES = "changes", "asks for changes"

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="decisions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    word = models.CharField(max_length=8, choices=Word.choices)
    reason = models.TextField(blank=True)
    revision_digest = models.CharField(max_length=80)
    pack_digest = models.CharField(max_length=80)
    bounds_version = models.PositiveIntegerField()
    evidence_digest = models.CharField(max_length=80)
    at = models.DateTimeField(auto_now_add=True)
    # A later word of the same person replaces an earlier one, which stays in the record.
    superseded = models.BooleanField(default=False)

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "by"], name="one_word_a_person", condition=Q(superseded=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by} {self.word}"


class Thread(models.Model):
    """A discussion anchored at a line of a section, at a setting, or at the whole review (``anchor`` empty)."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="threads")
    anchor = models.CharField(max_length=120, blank=True)  # section:<id>:<line>, setting:<id>, cell:<id>
    quote = models.TextField(blank=True)
    resolved = models.BooleanField(default=False)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.anchor or "review"


class Comment(models.Model):
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="comments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return self.text[:60]
