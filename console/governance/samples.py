"""How much evidence an organisation asks for beyond the policy: each scenario played so often, from a risk score on."""

from __future__ import annotations

from django.db import transaction

from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.governance.models import OrganisationBounds
from console.governance.services import locked_bounds, next_bounds, pack_in_force, record_bounds
from console.problems import Invalid

MOST = 50  # samples of a scenario: as many as a policy may ask for


@transaction.atomic
def set_samples(
    *, member: Membership, samples: int, from_risk: int, reason: str, version: int
) -> OrganisationBounds | None:
    """Ask for ``samples`` of each scenario where the risk score is ``from_risk`` or more; 1 asks for nothing more.

    It is the next version of the bounds, so that what was approved before is stale. None when nothing changed. Raises
    NotAllowed, Invalid, StaleBounds.
    """
    require(member, Action.SET_BOUNDS)
    workspace = member.workspace
    highest = pack_in_force(workspace).review.risk_highest
    if not 1 <= samples <= MOST:
        raise Invalid(f"{samples} samples of each scenario can't be asked for.", f"Choose 1 to {MOST}.")
    if not 0 <= from_risk <= highest:
        raise Invalid(f"There is no risk score {from_risk}.", f"Choose 0 to {highest}.")
    now = locked_bounds(workspace, version)
    if (samples, from_risk) == ((now.samples, now.samples_from_risk) if now else (1, 0)):
        return None
    row = next_bounds(
        workspace,
        now,
        samples=samples,
        samples_from_risk=from_risk,
        reason=reason.strip()[:500],
        by=member.user,
    )
    record_bounds(workspace, member.actor, row, row.statement, "review.samples")
    return row
