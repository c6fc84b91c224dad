"""Suites, runs and their conversations. The conversation's row is the truth; the queue only wakes workers."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q


class Suite(models.Model):
    """A named set of scenarios; what it holds is in its versions."""

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="suites")
    slug = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    # The prompts that this suite is meant for; their pages offer it first.
    prompts = models.ManyToManyField("prompts.Prompt", blank=True, related_name="suites")

    class Meta:
        ordering = ["title"]
        constraints = [models.UniqueConstraint(fields=["workspace", "slug"], name="one_suite_slug")]

    def __str__(self) -> str:
        return self.slug


class SuiteVersion(models.Model):
    """An immutable list of scenarios in their exchanged form."""

    suite = models.ForeignKey(Suite, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=80)
    scenarios = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["suite", "number"], name="one_suite_version")]

    def __str__(self) -> str:
        return f"{self.suite} v{self.number}"


class Run(models.Model):
    """Revisions x scenarios x samples on one model."""

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        CANCELLING = "cancelling", "Cancelling"
        FINISHED = "finished", "Finished"
        CANCELLED = "cancelled", "Cancelled"
        STOPPED = "stopped", "Stopped by its budget"

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField()  # counts in the workspace; what people call it by
    prompt = models.ForeignKey("prompts.Prompt", null=True, on_delete=models.PROTECT, related_name="runs")
    suite_version = models.ForeignKey(SuiteVersion, on_delete=models.PROTECT, related_name="runs")
    model = models.CharField(max_length=100)
    samples = models.PositiveSmallIntegerField(default=1)
    concurrency = models.PositiveSmallIntegerField(default=8)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.RUNNING)
    endpoint = models.CharField(max_length=200)  # the origin that answered, for the record
    rehearsal = models.BooleanField(default=False)
    budget = models.JSONField(default=dict)  # turns, tokens, money, seconds; absent = the workspace's default
    reason = models.CharField(max_length=300, blank=True)  # why it stopped, when it did not simply finish
    planned = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=6, default=Decimal(0))
    digest = models.CharField(max_length=80, blank=True)  # of the evidence, once every planned cell is in
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["workspace", "number"], name="one_run_number")]

    def __str__(self) -> str:
        return f"run {self.number}"


class Subject(models.Model):
    """One column of a run: a revision, or a draft file that a command brought, frozen as it was sent."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="subjects")
    position = models.PositiveSmallIntegerField()  # 0 is the baseline
    revision = models.ForeignKey(
        "prompts.Revision", null=True, on_delete=models.PROTECT, related_name="subjects"
    )
    label = models.CharField(max_length=200)
    digest = models.CharField(max_length=80)
    params = models.JSONField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="one_subject_a_position")]

    def __str__(self) -> str:
        return self.label


class Conversation(models.Model):
    """One cell of a run, or a chat (``run`` empty)."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        ERROR = "error", "Error"
        CANCELLED = "cancelled", "Cancelled"

    workspace = models.ForeignKey(
        "accounts.Workspace", on_delete=models.CASCADE, related_name="conversations"
    )
    run = models.ForeignKey(Run, null=True, on_delete=models.CASCADE, related_name="conversations")
    subject = models.ForeignKey(Subject, null=True, on_delete=models.CASCADE, related_name="conversations")
    # A chat belongs to a prompt and a person instead of a run.
    prompt = models.ForeignKey("prompts.Prompt", null=True, on_delete=models.CASCADE, related_name="chats")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    scenario = models.CharField(max_length=120, blank=True)
    sample = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    error_kind = models.CharField(max_length=30, blank=True)
    error = models.CharField(max_length=500, blank=True)
    # --- the lease (see leases.py)
    run_after = models.DateTimeField(null=True)
    lease_token = models.BigIntegerField(null=True)
    lease_until = models.DateTimeField(null=True)
    claims = models.PositiveSmallIntegerField(default=0)  # claimants that died with it
    # --- what was said: the messages as the API takes and gives them
    messages = models.JSONField(default=list)
    turns = models.PositiveSmallIntegerField(default=0)
    calls = models.PositiveSmallIntegerField(default=0)
    verdict = models.CharField(
        max_length=10, blank=True
    )  # pass, fail, error, not_graded; of all expectations
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "subject", "scenario", "sample"],
                name="one_cell",
                condition=Q(run__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["run", "status"]),
            models.Index(
                fields=["run_after", "id"], condition=Q(status="waiting"), name="conversations_to_take"
            ),
            models.Index(fields=["lease_until"], condition=Q(status="running"), name="conversations_leased"),
        ]

    def __str__(self) -> str:
        return f"{self.scenario} #{self.sample}"


class Step(models.Model):
    """One API call, committed when it ends: the ledger of what was asked, answered and paid."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="steps")
    step = models.PositiveSmallIntegerField()
    attempt = models.PositiveSmallIntegerField(default=1)
    turn = models.PositiveSmallIntegerField()
    ok = models.BooleanField()
    error_kind = models.CharField(max_length=30, blank=True)
    error = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=120, blank=True)
    model = models.CharField(max_length=100, blank=True)
    stop_reason = models.CharField(max_length=40, blank=True)
    stop_details = models.JSONField(null=True)
    content = models.JSONField(default=list)  # the reply's blocks
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cache_read_tokens = models.PositiveIntegerField(default=0)
    cache_write_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    saved = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    milliseconds = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["step", "attempt"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "step", "attempt"], name="one_step_an_attempt"),
        ]

    def __str__(self) -> str:
        return f"step {self.step}.{self.attempt}"


class Verdict(models.Model):
    """What a grader says of one expectation of a conversation."""

    class Word(models.TextChoices):
        PASS = "pass", "passes"
        FAIL = "fail", "fails"
        ERROR = "error", "error"
        NOT_GRADED = "not_graded", "not graded"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="verdicts")
    expect = models.PositiveSmallIntegerField()  # index into the scenario's expectations
    kind = models.CharField(max_length=40)
    verdict = models.CharField(max_length=10, choices=Word.choices)
    turn = models.PositiveSmallIntegerField(null=True)
    reason = models.TextField(blank=True)
    limit = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["expect"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "expect"], name="one_verdict_an_expectation")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.verdict}"
