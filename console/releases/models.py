"""What was approved and let out, the labels that point to it, and the keys that sign it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from console.releases.drift_models import Alarm, Check, Watch
from console.releases.impact_models import Impact, ImpactItem
from console.releases.webhook_models import Attempt, Delivery, Webhook

__all__ = [
    "Alarm",
    "Attempt",
    "Check",
    "Checkpoint",
    "Delivery",
    "Impact",
    "ImpactItem",
    "Label",
    "LabelMove",
    "PlannedMove",
    "Release",
    "Share",
    "SigningKey",
    "Watch",
    "Webhook",
]

LABEL_FORM = r"^[a-z][a-z0-9-]{0,39}$"


class Release(models.Model):
    """An approved revision with its evidence. Immutable: ``statement`` is what was said once, ``digest`` its SHA-256."""

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="releases")
    prompt = models.ForeignKey("prompts.Prompt", on_delete=models.PROTECT, related_name="releases")
    # Rises in a prompt, so that an older bundle is recognised as a rollback.
    number = models.PositiveIntegerField()
    revision = models.ForeignKey("prompts.Revision", on_delete=models.PROTECT, related_name="releases")
    review = models.OneToOneField("reviews.Review", on_delete=models.PROTECT, related_name="release")
    statement = models.BinaryField()
    digest = models.CharField(max_length=80)
    signatures = models.JSONField()  # of the DSSE envelope: [{"keyid", "sig"}]
    playground = models.BooleanField(default=False)
    # Let out although its review did not stand: the statement says so, and verifiers refuse it unless they are told to.
    broken_glass = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["prompt", "number"], name="one_release_number")]

    def __str__(self) -> str:
        return f"{self.prompt} release {self.number}"


class Label(models.Model):
    """A movable pointer: one row, never copied, so that a name points to one release."""

    prompt = models.ForeignKey("prompts.Prompt", on_delete=models.CASCADE, related_name="labels")
    name = models.CharField(max_length=40)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="labels")
    protected = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["prompt", "name"], name="one_label_a_name"),
            models.CheckConstraint(condition=Q(name__regex=LABEL_FORM), name="label_name_form"),
        ]

    def __str__(self) -> str:
        return self.name


class LabelMove(models.Model):
    """The history of a label: who moved it, from where to where, and why.

    ``before`` is None where the label was made, ``after`` where it was retired.
    """

    prompt = models.ForeignKey("prompts.Prompt", on_delete=models.CASCADE, related_name="label_moves")
    name = models.CharField(max_length=40)
    before = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    # Of a retirement: whether the label was protected, and is when it comes back.
    protected = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} to {self.after}" if self.after else f"{self.name} retired"


class PlannedMove(models.Model):
    """A move of a label that is to happen later. Whether it may is counted again when it does."""

    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        REFUSED = "refused", "Refused"

    prompt = models.ForeignKey("prompts.Prompt", on_delete=models.CASCADE, related_name="planned_moves")
    name = models.CharField(max_length=40)
    # What it replaces, as whoever planned it saw; None: nothing.
    before = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="+")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="planned_moves")
    at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PLANNED)
    outcome = models.CharField(max_length=500, blank=True)  # why it was refused
    settled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["prompt", "name"], name="one_planned_move_a_label", condition=Q(status="planned")
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} to {self.release} at {self.at:%Y-%m-%d %H:%M}"


class Share(models.Model):
    """A part of a label's fetches that gets another release: the candidate. Rows stay as the record.

    Who is in the part is decided by the key that a fetch states, the same way every time (``salt``).
    """

    prompt = models.ForeignKey("prompts.Prompt", on_delete=models.CASCADE, related_name="shares")
    name = models.CharField(max_length=40)  # of the label
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="shares")
    percent = models.PositiveSmallIntegerField()
    salt = models.CharField(max_length=32)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    outcome = models.CharField(max_length=200, blank=True)  # how it ended

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["prompt", "name"], name="one_share_a_label", condition=Q(ended_at=None)
            ),
            models.CheckConstraint(condition=Q(percent__gte=1, percent__lte=99), name="share_percent"),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % of {self.name} to {self.release}"


class Checkpoint(models.Model):
    """A signed word of how far an audit chain was and what its head was (see ``checkpoints.py``)."""

    chain = models.CharField(max_length=80)
    count = models.BigIntegerField()
    head = models.CharField(max_length=64)
    at = models.DateTimeField()
    keyid = models.CharField(max_length=64)
    sig = models.CharField(max_length=100)

    class Meta:
        ordering = ["chain", "-count"]
        constraints = [models.UniqueConstraint(fields=["chain", "count"], name="one_checkpoint_a_count")]

    def __str__(self) -> str:
        return f"{self.chain}@{self.count}"


class SigningKey(models.Model):
    """An Ed25519 key of this installation. One is current; the retired ones still verify what they signed."""

    keyid = models.CharField(max_length=64, unique=True)  # SHA-256 of the public key, raw
    name = models.CharField(max_length=40, unique=True)  # 2026-a: what people call it
    public = models.BinaryField()  # 32 bytes
    private = models.BinaryField()  # sealed by the installation's secret (see keys.py)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)  # of the revocation

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            # INVARIANT: at most one key signs at a time.
            models.UniqueConstraint(
                models.Value(1), name="one_current_key", condition=Q(retired_at=None, revoked_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        return "revoked" if self.revoked_at else "retired" if self.retired_at else "current"
