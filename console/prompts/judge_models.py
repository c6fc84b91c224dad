"""What the judge was asked and what it said. A judgement's row is the truth; the queue only wakes workers."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class JudgeSettings(models.Model):
    """What a workspace settled about its judge; no row means the defaults."""

    workspace = models.OneToOneField(
        "accounts.Workspace", on_delete=models.CASCADE, related_name="judge_settings"
    )
    model = models.CharField(max_length=120, blank=True)  # empty: the installation's default
    on = models.BooleanField(default=True)
    at = models.DateTimeField(auto_now=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"judge of {self.workspace}"


class Judgement(models.Model):
    """One text, read by one judge under one policy. Whoever asks again for the same gets this one."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Reading"
        DONE = "done", "Judged"
        FAILED = "failed", "Failed"

    PENDING = (Status.WAITING, Status.RUNNING)

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="judgements")
    prompt = models.ForeignKey("prompts.Prompt", on_delete=models.CASCADE, related_name="judgements")
    # What the verdict binds to: the words, the policy, and the judge (instructions, form of the answer, model).
    subject_digest = models.CharField(max_length=64)
    pack_digest = models.CharField(max_length=64)
    judge_version = models.CharField(max_length=64)
    subject = models.JSONField()  # what is read, see judge_subject.py
    pack = models.CharField(max_length=120)  # name@version
    model = models.CharField(max_length=120)
    endpoint = models.CharField(max_length=200, blank=True)  # who answered, for the record
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    # The verdict.
    findings = models.JSONField(default=list)  # {rule, severity, quote, why, suggestion}
    addressed = ArrayField(models.TextField(), default=list)  # quotes that speak to the judge
    discarded = models.JSONField(
        default=list
    )  # sentences: what it said and the text or the policy does not have
    # The work: see judge_queue.py.
    run_after = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    claims = models.PositiveSmallIntegerField(default=0)  # workers that died with it
    attempt = models.PositiveSmallIntegerField(default=1)
    waited = models.FloatField(default=0.0)
    error_kind = models.CharField(max_length=20, blank=True)
    error = models.CharField(max_length=500, blank=True)
    log = models.JSONField(default=list)  # what came of each call
    # What it cost. While a worker has it, the most that its call may take is reserved in the month's account.
    calls = models.PositiveIntegerField(default=0)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=6, null=True)  # null: no price is known
    month = models.DateField(null=True)
    reserved_tokens = models.PositiveBigIntegerField(default=0)
    reserved_cost = models.DecimalField(max_digits=14, decimal_places=6, default=0)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "subject_digest", "pack_digest", "judge_version"],
                name="one_judgement_a_text",
            )
        ]
        indexes = [
            models.Index(
                fields=["status"],
                name="judgement_pending",
                condition=models.Q(status__in=("waiting", "running")),
            ),
            models.Index(fields=["prompt", "-id"], name="judgement_of_prompt"),
        ]

    def __str__(self) -> str:
        return f"judgement {self.pk} of {self.prompt}"

    @property
    def pending(self) -> bool:
        return self.status in self.PENDING

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens
