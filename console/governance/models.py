"""Which policy holds in a workspace, and how far the organisation narrowed it."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class PublishedPack(models.Model):
    """A policy that a workspace published: the bytes of its TOML, and the digest of what they mean. Immutable."""

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.PROTECT, related_name="packs")
    name = models.CharField(max_length=64)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    digest = models.CharField(max_length=80)
    source = models.BinaryField()
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name", "version"], name="one_pack_version")
        ]

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class KeptPack(models.Model):
    """All that a policy said when it was published or put in force, by its digest; the same for every workspace.

    The files of the program change with its releases, what was decided does not.
    """

    digest = models.CharField(max_length=80, primary_key=True)
    content = models.BinaryField()
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.digest


class PolicyInForce(models.Model):
    """The pack of a workspace, by name, version and digest. The newest row counts; older ones are its history."""

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="policies")
    pack = models.CharField(max_length=80)
    version = models.CharField(max_length=20)
    digest = models.CharField(max_length=80)
    since = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.pack}@{self.version}"


class OrganisationBounds(models.Model):
    """A workspace's own bounds, versioned. ``statement`` maps behaviour ids to bounds in their JSON form; what evidence a
    review needs beyond the policy is a bound too, so that an approval binds it.
    """

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE, related_name="bounds")
    version = models.PositiveIntegerField()
    statement = models.JSONField(default=dict)
    # How often a scenario must have been played where the risk is that high: at least as often as the policy asks.
    samples = models.PositiveSmallIntegerField(default=1, db_default=1)
    samples_from_risk = models.PositiveSmallIntegerField(default=0, db_default=0)
    # On which models besides the revision's own, where the risk is that high.
    further_models = models.JSONField(default=list, db_default=[])
    reason = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["workspace", "version"], name="one_bounds_version")]

    def __str__(self) -> str:
        return f"bounds {self.version}"
