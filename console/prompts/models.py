"""Prompts, their working copies and their immutable revisions."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

PRODUCTION = "production"  # the label that a prompt is live under


class Prompt(models.Model):
    """A named thing that an operator maintains; a snippet is a prompt that others include."""

    class Kind(models.TextChoices):
        PROMPT = "prompt", "Prompt"
        SNIPPET = "snippet", "Snippet"

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="prompts")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PROMPT)
    slug = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    folder = models.CharField(max_length=120, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["title", "slug"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "slug"], name="one_slug_a_workspace"),
            models.CheckConstraint(condition=Q(slug__regex=r"^[a-z0-9-]{1,64}$"), name="prompt_slug_form"),
        ]

    def __str__(self) -> str:
        return self.slug


class Draft(models.Model):
    """A working copy. Every save states the version that it read, so that nobody overwrites silently.

    A prompt's main draft is called ``main``; the others are proposals, which are merged back into it or closed.

    ``content`` is a draft in its exchanged form (see ``policies.draft``), possibly invalid while somebody types.
    """

    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="drafts")
    name = models.CharField(max_length=64, default="main")
    base = models.ForeignKey("Revision", null=True, on_delete=models.PROTECT, related_name="+")
    content = models.JSONField()
    # Of a proposal: what it said, or main did, when the two were last the same; why it is; and how it ended.
    fork = models.JSONField(null=True)
    purpose = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True)
    merged_as = models.PositiveIntegerField(null=True)  # version of main
    version = models.PositiveIntegerField(default=1)
    # Everyone who changed this draft since its base: none of them may approve what comes of it.
    editors = ArrayField(models.BigIntegerField(), default=list, blank=True)
    # For lists: how many findings block it, and under which policy and bounds that was counted.
    blocks = models.PositiveIntegerField(default=0)
    checked_under = models.CharField(max_length=100, blank=True)
    # Counted with it: the rules and behaviours that its findings speak for.
    rules = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prompt", "name"], name="one_draft_a_name")]

    def __str__(self) -> str:
        return f"{self.prompt}, draft {self.name}"

    @property
    def is_main(self) -> bool:
        return self.name == "main"


class DraftVersion(models.Model):
    """A version that was saved, kept for a while: what a merge goes back to, and where an overwritten word can be found."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    content = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    # A page was made of it, so that somebody may still be typing into it: such versions are kept longer.
    read = models.BooleanField(default=False)

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["draft", "version"], name="one_version_a_save")]

    def __str__(self) -> str:
        return f"{self.draft} v{self.version}"


class DraftCopy(models.Model):
    """What somebody typed into a version that others had already left behind, until it is merged."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="copies")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()  # the one that it was typed into
    content = models.JSONField()
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["draft", "by"], name="one_copy_a_person")]

    def __str__(self) -> str:
        return f"{self.draft}, copy of {self.by}"


class Presence(models.Model):
    """Who has a draft open, and where. A row that was not refreshed for a while says nothing."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="presences")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    section = models.CharField(max_length=64, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["draft", "user"], name="one_presence_a_person")]

    def __str__(self) -> str:
        return f"{self.user} in {self.draft}"


class Revision(models.Model):
    """An immutable, content-addressed snapshot: the same draft under the same pack has the same digest."""

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    digest = models.CharField(max_length=80)
    content = models.JSONField()  # the draft as it was, includes still by reference
    snippets = models.JSONField(default=dict)  # reference -> digest of the snippet's revision, pinned
    compiled = models.TextField()
    params = models.JSONField()  # goes into messages.create(messages=…, **params)
    source_map = models.JSONField(default=list)
    pack = models.CharField(max_length=120)  # name@version
    pack_digest = models.CharField(max_length=80)
    bounds_version = models.PositiveIntegerField(default=0)
    domain = models.CharField(max_length=40)
    findings = models.JSONField(
        default=list
    )  # as they were at the snapshot; counted anew wherever they decide
    blocked = models.BooleanField(default=False)
    message = models.CharField(max_length=500, blank=True)
    editors = ArrayField(models.BigIntegerField(), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["prompt", "number"], name="one_number_a_revision")]

    def __str__(self) -> str:
        return f"{self.prompt}@{self.number}"

    @property
    def workspace_id(self) -> int:
        return self.prompt.workspace_id


class Acknowledgement(models.Model):
    """A warning that somebody accepted, with the reason that a reviewer reads. Limits cannot be acknowledged."""

    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="acknowledgements")
    code = models.CharField(max_length=20)
    quote_digest = models.CharField(max_length=64)  # of the quoted text: another wording is another finding
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["prompt", "code", "quote_digest"], name="one_acknowledgement_a_finding"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} in {self.prompt}"


# Django finds an app's models here.
from console.prompts.judge_models import Judgement, JudgeSettings  # noqa: E402, F401
