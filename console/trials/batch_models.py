"""A batch of messages at the provider."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class MessageBatch(models.Model):
    """Calls of an economy run that go to the provider together. The row is the truth: see batches/."""

    class Status(models.TextChoices):
        FORMED = "formed", "to be sent"
        SENDING = "sending", "being sent"  # whether the provider has it is not known before it said so
        IN_PROGRESS = "in_progress", "in progress"
        CANCELING = "canceling", "being cancelled"
        DONE = "done", "done"
        GIVEN_UP = "given_up", "given up"

    OPEN = (Status.FORMED, Status.SENDING, Status.IN_PROGRESS, Status.CANCELING)
    AT_PROVIDER = (Status.IN_PROGRESS, Status.CANCELING)

    run = models.ForeignKey("trials.Run", on_delete=models.CASCADE, related_name="batches")
    number = models.PositiveSmallIntegerField()  # counts in the run
    marker = models.CharField(max_length=12)  # with which the name of each of its requests begins
    provider_id = models.CharField(max_length=120, blank=True)
    # Found in the provider's list after a death: whether it is this one, its answers tell.
    is_found = models.BooleanField(default=False)
    not_ours = models.JSONField(default=list)  # ids that were found and belonged to somebody else
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.FORMED)
    requests = models.PositiveIntegerField()
    succeeded = models.PositiveIntegerField(default=0)  # as the provider counts, as are the next three
    errored = models.PositiveIntegerField(default=0)
    canceled = models.PositiveIntegerField(default=0)
    expired = models.PositiveIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=1)  # at what is to be done next
    sends = models.PositiveSmallIntegerField(default=0)  # those that may have been accepted
    error = models.CharField(max_length=500, blank=True)  # of the last attempt
    created_at = models.DateTimeField(auto_now_add=True)
    tried_at = models.DateTimeField(null=True)  # the last sending
    sent_at = models.DateTimeField(null=True)  # by the provider's clock, as are the next two
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)  # every answer is in, or it was given up
    # --- who looks after it
    run_after = models.DateTimeField(null=True)
    lease_token = models.BigIntegerField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="one_batch_number"),
            # INVARIANT: the answers of a batch go to one row only.
            models.UniqueConstraint(
                fields=["provider_id"], name="one_row_a_provider_batch", condition=~Q(provider_id="")
            ),
        ]
        indexes = [
            models.Index(
                fields=["run_after"],
                condition=Q(status__in=("formed", "sending", "in_progress", "canceling")),
                name="batches_to_follow",
            )
        ]

    def __str__(self) -> str:
        return f"batch {self.number} of {self.run_id}"

    @property
    def answered(self) -> int:
        return self.succeeded + self.errored + self.canceled + self.expired
