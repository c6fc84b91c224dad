"""What was approved and let out, and the labels that point to it."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Release(models.Model):
    """An approved revision with its evidence. Immutable; ``statement`` is the bytes that were said once."""

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="releases")
    prompt = models.ForeignKey("prompts.Prompt", on_delete=models.PROTECT, related_name="releases")
    number = (
        models.PositiveIntegerField()
    )  # rises per prompt, so that an older bundle is recognised as a rollback
    revision = models.ForeignKey("prompts.Revision", on_delete=models.PROTECT, related_name="releases")
    review = models.OneToOneField("reviews.Review", on_delete=models.PROTECT, related_name="release")
    statement = models.BinaryField()
    digest = models.CharField(max_length=80)
    playground = models.BooleanField(default=False)
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
            models.CheckConstraint(
                condition=models.Q(name__regex=r"^[a-z][a-z0-9-]{0,39}$"), name="label_name_form"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LabelMove(models.Model):
    """The history of a label: who moved it, from where to where, and why."""

    prompt = models.ForeignKey("prompts.Prompt", on_delete=models.CASCADE, related_name="label_moves")
    name = models.CharField(max_length=40)
    before = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.name} to {self.after}"
