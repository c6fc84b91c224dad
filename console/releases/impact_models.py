"""What another policy, or other bounds, would change: counted in the background, kept as a record."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Impact(models.Model):
    """A comparison of all drafts and live releases of a workspace under two policies with their bounds.

    The rows are the queue: ``draft_at`` and ``release_at`` say how far the count came, so that it goes on from there
    whoever was killed.
    """

    class Kind(models.TextChoices):
        POLICY = "policy", "Policy"
        BOUNDS = "bounds", "Bounds"

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="impacts")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=6, choices=Kind.choices)
    before_pack = models.CharField(max_length=120)  # name@version
    before_digest = models.CharField(max_length=80)
    before_bounds = models.JSONField(default=dict)  # a statement, as OrganisationBounds keeps it
    after_pack = models.CharField(max_length=120)
    after_digest = models.CharField(max_length=80)
    after_bounds = models.JSONField(default=dict)
    bounds_version = models.PositiveIntegerField(default=0)  # the one that the proposal was made on
    reason = models.CharField(max_length=500, blank=True)
    draft_at = models.BigIntegerField(default=0)
    release_at = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=1000, blank=True)  # why it could not be counted to its end
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["workspace", "number"], name="one_impact_number")]
        indexes = [models.Index(fields=["id"], condition=Q(finished_at=None), name="impacts_to_count")]

    def __str__(self) -> str:
        return f"impact {self.number}"

    @property
    def is_open(self) -> bool:
        return self.finished_at is None

    @property
    def same_version(self) -> bool:
        """Whether a newer program says otherwise under the same version: then only digests tell the two apart."""
        return self.kind == self.Kind.POLICY and self.before_pack == self.after_pack


class ImpactItem(models.Model):
    """One draft or one live release: what blocks it before and after."""

    class Outcome(models.TextChoices):
        BLOCKED = "blocked", "newly blocked"
        ALLOWED = "allowed", "newly allowed"
        FINDINGS = "findings", "other findings"
        SAME = "same", "the same"

    impact = models.ForeignKey(Impact, on_delete=models.CASCADE, related_name="items")
    prompt = models.ForeignKey("prompts.Prompt", on_delete=models.CASCADE, related_name="+")
    release = models.ForeignKey("releases.Release", null=True, on_delete=models.CASCADE, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    other_bytes = models.BooleanField(
        default=False
    )  # it would compile to another text: approvals become stale
    new = models.JSONField(default=list)  # findings that appear: [{"code", "severity", "message"}]
    gone = models.JSONField(default=list)
    renamed = models.JSONField(default=list)  # ids that it uses and that are called otherwise: [[old, new]]

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["impact", "prompt"], condition=Q(release=None), name="one_item_a_draft"
            ),
            models.UniqueConstraint(fields=["impact", "release"], name="one_item_a_release"),
        ]

    def __str__(self) -> str:
        return f"{self.impact}, {self.prompt}: {self.outcome}"
