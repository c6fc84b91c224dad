"""People, workspaces and who may do what where."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from console.accounts.mailed import Mailed
from console.audit.services import Actor


class User(AbstractUser):
    """A person. Roles belong to memberships; the Django flags for staff are not used."""

    name = models.CharField(max_length=150, blank=True)

    @property
    def shown_name(self) -> str:
        return self.name or self.username

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.shown_name.split()[:2]).upper()

    @property
    def actor(self) -> Actor:
        return Actor("person", str(self.pk), self.shown_name)


class Workspace(models.Model):
    """A wall: nothing is reached but through the workspace it belongs to."""

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    # In a playground rehearsal may count as evidence, and everything made there says so.
    playground = models.BooleanField(default=False)
    # Members need a second factor to come in, and a fresh one to approve and to release.
    requires_mfa = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(User, through="Membership", related_name="workspaces")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def chain(self) -> str:
        """The name of this workspace's audit chain."""
        return f"workspace:{self.pk}"


class Role(models.TextChoices):
    VIEWER = "viewer", "Viewer"
    AUTHOR = "author", "Author"
    REVIEWER = "reviewer", "Reviewer"
    APPROVER = "approver", "Approver"
    ADMIN = "admin", "Admin"
    AUDITOR = "auditor", "Auditor"


class Membership(models.Model):
    """A person in a workspace.

    ``domains`` narrows a reviewer to some domains; empty means all. ``specialties`` are the policy's kinds of reviewer
    (clinical, legal …) that this person speaks for.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=16, choices=Role.choices), default=list)
    domains = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    specialties = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    # Set where an application acts for this person: then the token's rights narrow what the roles allow.
    token: Token | None = None

    class Meta:
        ordering = ["user__username"]
        constraints = [
            models.UniqueConstraint(fields=["user", "workspace"], name="one_membership_a_workspace")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace}"

    @property
    def actor(self) -> Actor:
        return self.token.actor if self.token else self.user.actor


class Right(models.TextChoices):
    """What a token may be used for; what it reaches is in its scopes."""

    FETCH = "fetch", "fetch what a label points to"
    READ = "read", "read prompts, releases, suites and runs, and export"
    VALIDATE = "validate", "validate drafts and texts"
    IMPORT = "import", "import prompts as drafts"
    RUN = "run", "start and cancel runs"
    MOVE = "move", "move labels"
    AUDIT = "audit", "read the audit"


def fetch_only() -> list[str]:
    return [Right.FETCH.value]


class Token(models.Model):
    """A key of an application in one workspace: ``rights`` say what for, ``scopes`` how far. Only its hash is kept.

    Beyond fetching it acts for the person who made it, and never goes further than that person's roles at the moment.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=24)  # what people recognise it by
    hash = models.CharField(max_length=64, unique=True)  # SHA-256 of the whole secret
    scopes = ArrayField(models.CharField(max_length=120))  # "aria@production", "*@production", "aria@*" …
    rights = ArrayField(models.CharField(max_length=16, choices=Right.choices), default=fetch_only)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)  # to the minute

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> Actor:
        return Actor("token", str(self.pk), self.name)

    def covers(self, slug: str, label: str) -> bool:
        """Whether the token may read what ``label`` of prompt ``slug`` points to."""
        wanted = {f"{s}@{name}" for s in (slug, "*") for name in (label, "*")}
        return not wanted.isdisjoint(self.scopes)

    @property
    def slugs(self) -> set[str] | None:
        """The prompts that the token reaches at some label; None: all."""
        found = {scope.partition("@")[0] for scope in self.scopes}
        return None if "*" in found else found


class Invitation(Mailed):
    """A place in a workspace for whoever holds the link: once, until it expires. Only the link's hash is kept, and while
    a letter is due the sealed ``secret`` that it takes.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(blank=True)  # where it was sent; empty: somebody handed over the link
    roles = ArrayField(models.CharField(max_length=16, choices=Role.choices))
    hash = models.CharField(max_length=64, unique=True)
    secret = models.BinaryField(null=True)
    mailed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    renewed_at = models.DateTimeField(
        default=timezone.now, db_default=Now()
    )  # when the present link was made
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["mail_after"], name="invitation_mail_due", condition=Q(mail="due")),
        ]

    def __str__(self) -> str:
        return f"{self.email or 'a link'} to {self.workspace}"

    @property
    def expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def shown_name(self) -> str:
        return self.email or f"link of {self.created_at:%d %b %Y %H:%M}"
