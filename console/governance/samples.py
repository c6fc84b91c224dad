"""How much evidence an organisation asks for beyond the policy, from a risk score on: how often each scenario must have been
played, and on which models besides the revision's own.
"""

from __future__ import annotations

import re

from django.db import transaction

from console.accounts.models import Membership
from console.accounts.permissions import Action, require
from console.governance.models import OrganisationBounds
from console.governance.services import locked_bounds, next_bounds, pack_in_force, record_bounds
from console.problems import Invalid
from policies import MODEL_NAME

MOST = 50  # samples of a scenario: as many as a policy may ask for
MOST_MODELS = 8


@transaction.atomic
def set_samples(
    *,
    member: Membership,
    samples: int,
    from_risk: int,
    models: tuple[str, ...] = (),
    reason: str,
    version: int,
) -> OrganisationBounds | None:
    """Ask for ``samples`` of each scenario where the risk score is ``from_risk`` or more, and for the same on ``models``;
    1 and none ask for nothing more.

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
    models = _checked(models)
    now = locked_bounds(workspace, version)
    before = (now.samples, now.samples_from_risk, tuple(now.further_models)) if now else (1, 0, ())
    if (samples, from_risk, models) == before:
        return None
    row = next_bounds(
        workspace,
        now,
        samples=samples,
        samples_from_risk=from_risk,
        further_models=list(models),
        reason=reason.strip()[:500],
        by=member.user,
    )
    changed = ("review.samples", (samples, from_risk) != before[:2]), ("review.models", models != before[2])
    record_bounds(workspace, member.actor, row, row.statement, *(name for name, did in changed if did))
    return row


def _checked(models: tuple[str, ...]) -> tuple[str, ...]:
    for name in models:
        if not re.fullmatch(MODEL_NAME, name):
            raise Invalid(
                f"“{name[:80]}” is no model's name.", "Name models such as claude-sonnet-5-5, with commas."
            )
    once = tuple(dict.fromkeys(models))
    if len(once) > MOST_MODELS:
        raise Invalid(f"{len(once)} models can't be asked for.", f"Name {MOST_MODELS} at most.")
    return once
