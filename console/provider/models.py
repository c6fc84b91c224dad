"""The limiter's state, the accounts of money, and the accounts at providers."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q


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


class Account(models.Model):
    """What was spent, what is reserved by calls in flight, and how far both may go together (see spending.py)."""

    calls = models.PositiveIntegerField(default=0)
    input_tokens = models.BigIntegerField(default=0)
    output_tokens = models.BigIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=6, default=Decimal(0))
    saved = models.DecimalField(max_digits=14, decimal_places=6, default=Decimal(0))  # by prompt caching
    in_flight = models.PositiveIntegerField(default=0)  # conversations under a lease
    reserved_tokens = models.BigIntegerField(default=0)
    reserved_cost = models.DecimalField(max_digits=14, decimal_places=6, default=Decimal(0))
    max_tokens = models.BigIntegerField(null=True)  # null: no limit
    max_cost = models.DecimalField(max_digits=14, decimal_places=6, null=True)

    class Meta:
        abstract = True


class Month(Account):
    """The account of a workspace in a calendar month (UTC)."""

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="months")
    month = models.DateField()  # its first day

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "month"], name="one_account_a_month")]

    def __str__(self) -> str:
        return f"{self.workspace}, {self.month:%Y-%m}"


class Budget(models.Model):
    """What the admins of a workspace allow it; null: only the installation limits it (see allowance.py)."""

    workspace = models.OneToOneField("accounts.Workspace", on_delete=models.CASCADE, related_name="budget")
    month_tokens = models.BigIntegerField(null=True)
    month_cost = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    run_tokens = models.BigIntegerField(null=True)
    run_cost = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    run_seconds = models.PositiveIntegerField(null=True)
    conversation_tokens = models.BigIntegerField(null=True)
    conversation_cost = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    conversation_seconds = models.PositiveIntegerField(null=True)
    conversation_calls = models.PositiveIntegerField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"budget of {self.workspace}"


class ProviderAccount(models.Model):
    """A named account of a workspace at a provider: where calls go, with which key, how fast."""

    class Kind(models.TextChoices):
        ANTHROPIC = "anthropic", "Anthropic"
        MESSAGES = "messages", "Another server that speaks the Messages API"
        BEDROCK = "bedrock", "Amazon Bedrock"
        VERTEX = "vertex", "Google Vertex AI"
        FOUNDRY = "foundry", "Microsoft Foundry"

    workspace = models.ForeignKey(
        "accounts.Workspace", on_delete=models.CASCADE, related_name="provider_accounts"
    )
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    base_url = models.CharField(max_length=500, blank=True)  # of the kind "messages"
    region = models.CharField(max_length=60, blank=True)  # bedrock and vertex
    project = models.CharField(max_length=120, blank=True)  # vertex: the project; foundry: the resource
    # Sealed; never shown again. Empty: the server asks for none.
    key = models.BinaryField(default=b"")
    key_at = models.DateTimeField(null=True)
    key_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    is_default = models.BooleanField(default=False)
    # What the workspace itself allows, for each model; what the provider says is learned and holds beside it.
    requests_per_minute = models.PositiveIntegerField(null=True)
    input_tokens_per_minute = models.PositiveBigIntegerField(null=True)
    output_tokens_per_minute = models.PositiveBigIntegerField(null=True)
    tested_at = models.DateTimeField(null=True)
    tested_well = models.BooleanField(default=False)
    tested_said = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)  # runs that used it keep its name

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "name"],
                name="one_provider_account_a_name",
                condition=Q(closed_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["workspace"], name="one_default_provider_account", condition=Q(is_default=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_key(self) -> bool:
        return bool(self.key)
