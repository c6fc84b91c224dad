"""Suites, runs, chats and their conversations. The conversation's row is the truth; the queue only wakes workers."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property

from console.provider.models import Account, Month
from console.trials.scenarios import played


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
    # Of a generated version: the policy and the draft it was made for, and the ids that it brought (see probe_suites.py).
    origin = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["suite", "number"], name="one_suite_version")]

    def __str__(self) -> str:
        return f"{self.suite} v{self.number}"

    @cached_property
    def played(self) -> list[dict[str, Any]]:
        """The scenarios as runs play them, one for each row of a matrix."""
        return played(self.scenarios)


class Run(Account):
    """Revisions x scenarios x samples on one model."""

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        CANCELLING = "cancelling", "Cancelling"
        STOPPING = "stopping", "Stopping"
        FINISHED = "finished", "Finished"
        CANCELLED = "cancelled", "Cancelled"
        STOPPED = "stopped", "Stopped by its budget"

    OPEN = (Status.RUNNING, Status.CANCELLING, Status.STOPPING)

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField()  # counts in the workspace; what people call it by
    prompt = models.ForeignKey("prompts.Prompt", null=True, on_delete=models.PROTECT, related_name="runs")
    suite_version = models.ForeignKey(SuiteVersion, on_delete=models.PROTECT, related_name="runs")
    model = models.CharField(max_length=100)
    samples = models.PositiveSmallIntegerField(default=1)
    concurrency = models.PositiveSmallIntegerField(default=8)
    # Conversations beyond that which a command's own workers make ready while its calls are under way.
    ahead = models.PositiveSmallIntegerField(default=0, db_default=0)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.RUNNING)
    endpoint = models.CharField(max_length=200)  # the origin that answers, for the record
    base_url = models.CharField(
        max_length=500, blank=True
    )  # set by a command only; empty: the configured one
    rehearsal = models.BooleanField(default=False)
    # Workers serve one pool: "" is that of the running workers, others belong to a command with its own.
    pool = models.CharField(max_length=40, blank=True)
    # Who judges and who plays the users; empty: nobody (what needs a judge is then not graded).
    judge_model = models.CharField(max_length=120, blank=True)
    user_model = models.CharField(max_length=120, blank=True)
    compares = models.BooleanField(default=False)  # the judge also says which of two answers it prefers
    economy = models.BooleanField(
        default=False, db_default=False
    )  # the answers come in message batches (see batches/)
    # The run whose users are repeated word by word; empty: simulated users react.
    repeats = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    # None: the deployment's own configuration, or base_url
    account = models.ForeignKey(
        "provider.ProviderAccount", null=True, on_delete=models.PROTECT, related_name="runs"
    )
    max_seconds = models.PositiveIntegerField(null=True)
    paused_until = models.DateTimeField(null=True)  # the rate limiter asked to wait
    reason = models.CharField(max_length=300, blank=True)  # why it stopped, when it did not simply finish
    planned = models.PositiveIntegerField(default=0)
    # Computed once every planned cell is in (see results.py): rates, comparisons, words.
    result = models.JSONField(null=True)
    quality = models.JSONField(null=True)  # what it measures of each subject (see quality.py)
    digest = models.CharField(max_length=80, blank=True)  # of the evidence, once every planned cell is in
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "number"], name="one_run_number"),
            # INVARIANT: counted in the claiming transaction, so that no number of workers exceeds it.
            models.CheckConstraint(
                condition=Q(in_flight__lte=F("concurrency") + F("ahead")), name="run_within_concurrency"
            ),
        ]
        indexes = [
            models.Index(fields=["pool", "id"], condition=Q(status="running"), name="runs_to_serve"),
            models.Index(
                fields=["pool"],
                condition=Q(economy=True, status__in=("running", "cancelling", "stopping")),
                name="economy_runs",
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.number}"

    @property
    def is_open(self) -> bool:
        """Whether something may still change: such a run never looks final."""
        return self.status in self.OPEN

    @property
    def is_complete(self) -> bool:
        """Whether every planned cell is in, so that words about the result are allowed."""
        return self.status == self.Status.FINISHED


class StartKey(models.Model):
    """The name that a program gave to its starting of a run: the same request sent twice starts one (see start_keys.py)."""

    token = models.ForeignKey("accounts.Token", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)  # of what was asked for
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="one_run_a_start_key")]

    def __str__(self) -> str:
        return f"{self.key} of token {self.token_id}"


class Chat(models.Model):
    """Somebody trying a prompt by hand, with one or two subjects that answer the same messages."""

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="chats")
    prompt = models.ForeignKey("prompts.Prompt", on_delete=models.CASCADE, related_name="chats")
    key = models.UUIDField(default=uuid.uuid4)
    # None: the workspace's default, as it is when a message is sent
    account = models.ForeignKey(
        "provider.ProviderAccount", null=True, on_delete=models.PROTECT, related_name="chats"
    )
    model = models.CharField(max_length=100, blank=True)  # empty: each subject answers on its own
    values = models.JSONField(default=dict)  # of the prompt's variables
    rehearsal = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["created_by", "key"], name="one_chat_a_key")]
        indexes = [models.Index(fields=["prompt", "created_by", "-created_at"])]

    def __str__(self) -> str:
        return f"chat {self.pk}"


class Subject(models.Model):
    """What answers: a revision, a draft, or a draft file that a command brought, frozen as it was sent."""

    run = models.ForeignKey(Run, null=True, on_delete=models.CASCADE, related_name="subjects")
    chat = models.ForeignKey(Chat, null=True, on_delete=models.CASCADE, related_name="subjects")
    position = models.PositiveSmallIntegerField()  # 0 is the baseline
    revision = models.ForeignKey(
        "prompts.Revision", null=True, on_delete=models.PROTECT, related_name="subjects"
    )
    label = models.CharField(max_length=200)
    digest = models.CharField(max_length=80)
    params = models.JSONField()  # of messages.create, ``system`` with its variables still open
    variables = models.JSONField(default=dict)  # name -> declaration, in the draft's form
    tools = models.JSONField(default=list)  # in the draft's form: with reversible and requires_confirmation
    left_out = models.JSONField(default=list)  # parameters that were not sent, since the model has none such

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="one_subject_a_position"),
            models.UniqueConstraint(fields=["chat", "position"], name="one_subject_a_column"),
            models.CheckConstraint(
                condition=Q(run__isnull=True) ^ Q(chat__isnull=True), name="subject_of_run_or_chat"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Conversation(models.Model):
    """One cell of a run, or one column of a chat (``run`` empty)."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        ERROR = "error", "Error"
        CANCELLED = "cancelled", "Cancelled"

    workspace = models.ForeignKey(
        "accounts.Workspace", on_delete=models.CASCADE, related_name="conversations"
    )
    # Both are found by the constraints below: every index more is written at every claim.
    run = models.ForeignKey(
        Run, null=True, on_delete=models.CASCADE, related_name="conversations", db_index=False
    )
    chat = models.ForeignKey(
        Chat, null=True, on_delete=models.CASCADE, related_name="conversations", db_index=False
    )
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="conversations")
    scenario = models.CharField(max_length=120, blank=True)
    sample = models.PositiveSmallIntegerField(default=1)
    # Batches are taken in order; inside one, those with the fewest turns go first (see leases.py).
    batch = models.PositiveIntegerField(default=0)
    # Its next call belongs in a message batch: no worker takes it. The batch it went in stays on record.
    economy = models.BooleanField(default=False, db_default=False)
    message_batch = models.ForeignKey(
        "trials.MessageBatch", null=True, on_delete=models.RESTRICT, related_name="conversations"
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    error_kind = models.CharField(max_length=30, blank=True)
    error = models.CharField(max_length=500, blank=True)
    # --- the lease
    run_after = models.DateTimeField(null=True)
    lease_token = models.BigIntegerField(null=True)
    lease_until = models.DateTimeField(null=True)
    lease_holder = models.CharField(
        max_length=80, blank=True
    )  # the process, so that its supervisor can end its leases
    claims = models.PositiveSmallIntegerField(default=0)  # claimants that died with it since its last step
    reserved_tokens = models.BigIntegerField(
        default=0
    )  # of the call in flight, in the accounts of run and month
    reserved_cost = models.DecimalField(max_digits=14, decimal_places=6, default=Decimal(0))
    month = models.ForeignKey(
        Month, null=True, on_delete=models.PROTECT, related_name="+"
    )  # on which it is booked
    # --- where it stands
    turns = models.PositiveSmallIntegerField(default=0)  # ended ones
    step = models.PositiveSmallIntegerField(default=1)  # the next call
    attempt = models.PositiveSmallIntegerField(default=1)  # of that call
    waited = models.FloatField(default=0.0)  # seconds spent between attempts of that call
    # Of the judge's questions the next one; empty while the conversation is held (see judging/phase.py).
    judged = models.PositiveSmallIntegerField(null=True)
    # What the user says, turn by turn, where a run's users are repeated; empty: as the scenario has it.
    script = models.JSONField(null=True)
    # --- what was said (see transcript.py)
    messages = models.JSONField(default=list)
    calls = models.PositiveSmallIntegerField(default=0)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=6, default=Decimal(0))
    milliseconds = models.PositiveIntegerField(default=0)  # of the calls
    # --- what the graders made of it
    verdict = models.CharField(
        max_length=10, blank=True
    )  # pass, fail, error, not_graded; of all expectations
    ungraded = models.PositiveSmallIntegerField(default=0)  # expectations that nothing could grade
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "subject", "scenario", "sample"],
                name="one_cell",
                condition=Q(run__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["chat", "subject"], name="one_column", condition=Q(chat__isnull=False)
            ),
            models.CheckConstraint(
                condition=Q(run__isnull=True) ^ Q(chat__isnull=True), name="conversation_of_run_or_chat"
            ),
            # INVARIANT: whoever works on it holds a lease, and nobody else does.
            models.CheckConstraint(
                condition=~Q(status="running") | Q(lease_token__isnull=False, lease_until__isnull=False),
                name="running_is_leased",
            ),
        ]
        indexes = [
            models.Index(fields=["run", "status"]),
            # In the order in which they are taken. By an expression, which no other index can answer: right after a run
            # began, the planner knows too little of its rows to choose this one, and would sort them at every claim.
            models.Index(
                Coalesce(F("run"), 0),
                F("batch"),
                F("turns"),
                F("id"),
                condition=Q(status="waiting", economy=False),
                name="conversations_to_take",
            ),
            models.Index(fields=["lease_until"], condition=Q(status="running"), name="conversations_leased"),
        ]

    def __str__(self) -> str:
        return f"{self.scenario} #{self.sample}" if self.run_id else f"column of chat {self.chat_id}"


class Step(models.Model):
    """One API call, committed when it ends: the ledger of what was asked, answered and paid."""

    class Role(models.TextChoices):
        ASSISTANT = "assistant", "Assistant"
        USER = "user", "Simulated user"
        JUDGE = "judge", "Judge"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="steps")
    step = models.PositiveSmallIntegerField()
    attempt = models.PositiveSmallIntegerField(default=1)
    turn = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.ASSISTANT)
    ok = models.BooleanField()
    error_kind = models.CharField(
        max_length=30, blank=True
    )  # "lost": the worker died, what it cost is not known
    error = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=120, blank=True)
    model = models.CharField(max_length=100, blank=True)
    stop_reason = models.CharField(max_length=40, blank=True)
    stop_details = models.JSONField(null=True)
    content = models.JSONField(default=list)  # the reply's blocks
    input_tokens = models.PositiveIntegerField(default=0)  # all three kinds together
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
    turn = models.PositiveSmallIntegerField(null=True)  # the one it judges; empty: the whole
    reason = models.TextField(blank=True)
    limits = models.JSONField(default=list)  # limits that it bears on
    judge = models.CharField(max_length=80, blank=True)  # which judge said it; empty: no model did
    details = models.JSONField(default=dict)  # of a judge: quotes, addressed, model, rehearsal

    class Meta:
        ordering = ["expect"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "expect"], name="one_verdict_an_expectation")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.verdict}"


class Preference(models.Model):
    """Which of two conversations a judge prefers, asked in both orders. Of the candidate's side."""

    class Word(models.TextChoices):
        BETTER = "better", "preferred"
        WORSE = "worse", "not preferred"
        TIE = "tie", "tie"
        ERROR = "error", "no verdict"

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, related_name="preference")
    baseline = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    # What was said in each order, the candidate first and then second: better, worse, tie or error.
    said = models.JSONField(default=list)
    word = models.CharField(max_length=10, choices=Word.choices, blank=True)  # empty: not asked to the end
    reason = models.TextField(blank=True)
    judge = models.CharField(max_length=80)
    rehearsal = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"preference in {self.conversation}: {self.word}"


class Rating(models.Model):
    """What a person says of a conversation, or of one expectation of it."""

    class Word(models.TextChoices):
        PASS = "pass", "holds"
        FAIL = "fail", "fails"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="ratings")
    expect = models.PositiveSmallIntegerField(null=True)  # index; empty: the whole conversation
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    word = models.CharField(max_length=4, choices=Word.choices)
    score = models.PositiveSmallIntegerField(null=True)  # 1 to 5, if given
    note = models.CharField(max_length=1000, blank=True)
    # Given without seeing what the machine says and which revision it is: only such ones measure a judge.
    blind = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "expect", "by"], name="one_rating_a_person", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__range=(1, 5)), name="score_from_1_to_5"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.by}: {self.word}"


class Tick(models.Model):
    """A beat of a schedule that somebody took: however many beats run, one tick is one piece of work."""

    schedule = models.CharField(max_length=40)
    tick = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "tick"], name="one_taker_a_tick")]

    def __str__(self) -> str:
        return f"{self.schedule} {self.tick}"


# Django finds an app's models here.
from console.trials.batch_models import MessageBatch  # noqa: E402, F401
