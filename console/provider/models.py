"""The limiter's state: one row for a key and model, shared by every worker."""

from __future__ import annotations

from django.db import models


class RateLimit(models.Model):
    """How fast one key may call one model, and how much of that is taken.

    Each ``*_until`` is the moment at which what was taken so far would have flowed in at the permitted rate: the
    bucket is full when it lies in the past, and empty when it lies a window ahead. A null limit is not known yet.
    """

    # A fingerprint of address and key: the key itself is never stored.
    endpoint = models.CharField(max_length=24)
    model = models.CharField(max_length=200)
    requests_per_minute = models.PositiveIntegerField(null=True)
    input_tokens_per_minute = models.PositiveBigIntegerField(null=True)
    output_tokens_per_minute = models.PositiveBigIntegerField(null=True)
    requests_until = models.DateTimeField(null=True)
    input_until = models.DateTimeField(null=True)
    output_until = models.DateTimeField(null=True)
    # Nobody calls before this moment: the provider asked everyone who shares the key to wait.
    paused_until = models.DateTimeField(null=True)
    learned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "model"], name="one_rate_limit_a_key_and_model")
        ]

    def __str__(self) -> str:
        return f"{self.model} at {self.endpoint}"
