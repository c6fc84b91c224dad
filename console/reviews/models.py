"""Requests to approve one revision, what people decided, and what they said on the way."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from console.prompts.models import PRODUCTION


class Review(models.Model):
    """A request to approve one revision. What it binds to is computed whenever it is read (see ``ground.py``)."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        CHANGES = "changes", "Changes asked"
        WITHDRAWN = "withdrawn", "Withdrawn"
        REPLACED = "replaced", "Replaced"
        RELEASED = "released", "Released"

    UNDECIDED = (Status.OPEN, Status.CHANGES)

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="reviews")
    number = models.PositiveIntegerField()  # counts in the workspace
    prompt = models.ForeignKey("prompts.Prompt", on_delete=models.PROTECT, related_name="reviews")
    revision = models.ForeignKey("prompts.Revision", on_delete=models.PROTECT, related_name="reviews")
    # What it replaces. While the review is open, what the label points to now counts; afterwards this is the record.
    against = models.ForeignKey("prompts.Revision", null=True, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    message = models.TextField(blank=True)
    label = models.CharField(max_length=40, default=PRODUCTION)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    due = models.DateField(null=True)
    # Since when nothing is missing but the release, as far as was looked (see ``looking.py``): the release counts anew.
    ready_since = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)  # when somebody last looked (see ``looking.py``)
    runs = models.ManyToManyField("trials.Run", blank=True, related_name="reviews")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "number"], name="one_review_number"),
            models.UniqueConstraint(
                fields=["revision", "label"],
                name="one_review_a_revision",
                condition=Q(status__in=["open", "changes"]),
            ),
        ]

    def __str__(self) -> str:
        return f"review {self.number}"

    @property
    def is_open(self) -> bool:
        """Whether it can still be decided, discussed and released."""
        return self.status in self.UNDECIDED


class Assignment(models.Model):
    """Somebody of whom the review is asked. Where nobody is named it waits for everybody who may decide."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="assignments")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["review", "user"], name="asked_once_of_a_person")]

    def __str__(self) -> str:
        return f"{self.review} asked of {self.user}"


class Decision(models.Model):
    """One person's approval, or request for changes, bound to exactly what the page showed."""

    class Word(models.TextChoices):
        APPROVE = "approve", "approves"
        CHANGES = "changes", "asks for changes"

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="decisions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    word = models.CharField(max_length=8, choices=Word.choices)
    reason = models.TextField(blank=True)
    # The ground on which it was decided (see ``ground.py``): whatever differs later makes it stale.
    revision_digest = models.CharField(max_length=80)
    against_digest = models.CharField(max_length=80, blank=True)
    pack = models.CharField(max_length=120)  # name@version, for people
    pack_digest = models.CharField(max_length=80)
    bounds_version = models.PositiveIntegerField()
    evidence_digest = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    # A later word of the same person replaces an earlier one, which stays in the record.
    superseded = models.BooleanField(default=False)
    stale_told = models.BooleanField(default=False)  # whoever said it was told that it no longer counts
    # For the history: when it was first seen to be stale, and why. Whether it counts is computed, never read here.
    stale_at = models.DateTimeField(null=True)
    stale_because = models.CharField(max_length=500, blank=True, db_default="", default="")

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
    """A discussion: of a line, a setting, a run of the evidence, or the whole review (``anchor`` empty).

    Anchors are ``line-<section>-<n>``, ``was-<section>-<n>`` (the line as it was), ``setting-<id>``, ``run-<number>`` and
    ``cell-<run>-<scenario>``.
    """

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="threads")
    anchor = models.CharField(max_length=120, blank=True)
    quote = models.TextField(blank=True)  # the line as it was, for when the review is read elsewhere
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.anchor or "review"

    @property
    def resolved(self) -> bool:
        return self.resolved_at is not None


class Comment(models.Model):
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="comments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    mentions = ArrayField(
        models.CharField(max_length=150), default=list, blank=True
    )  # logins, of members then
    # Other words for the line that the thread is about; empty: without the line; None: nothing is suggested.
    suggestion = models.TextField(null=True)  # noqa: DJ001 (see above)
    applied_at = models.DateTimeField(null=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    applied_version = models.PositiveIntegerField(null=True)  # of the draft
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.text[:60]
