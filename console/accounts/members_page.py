"""What the page of the members shows."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet

from console.accounts.invitations import DAYS, listed_invitations
from console.accounts.mailed import MOST_ATTEMPTS
from console.accounts.mfa import FACTORS
from console.accounts.models import Membership, Role
from console.accounts.permissions import Action, can
from console.accounts.voices import policy_of
from policies import current_name

LINK = "invitation"  # what a session keeps until the page shows it


def members_page(member: Membership) -> dict[str, Any]:
    pack, manages = policy_of(member.workspace), can(member, Action.MANAGE_MEMBERS)
    invitations = list(listed_invitations(member)) if manages else []
    factors = Authenticator.objects.filter(user=OuterRef("user"), type__in=FACTORS)
    found = members_of(member).annotate(has_factor=Exists(factors))
    return {
        "nav": "members",
        "members": [_under_current_names(each) for each in found],
        "roles": Role.choices,
        "specialties": pack.specialties,
        "domains": pack.domains,
        "may_manage": manages,
        "invitations": invitations,
        # Looked at again while somebody sees it leave; what is tried again later is not waited for.
        "mailing": any(row.mail == row.Mail.DUE and not row.problem for row in invitations),
        "most_attempts": MOST_ATTEMPTS,
        "days": DAYS,
    }


def members_of(member: Membership) -> QuerySet[Membership]:
    return Membership.objects.filter(workspace=member.workspace_id).select_related("user")


def _under_current_names(member: Membership) -> Membership:
    """For the page only, so that what was given under an earlier policy is still ticked."""
    member.specialties = [current_name(name) for name in member.specialties]
    return member
