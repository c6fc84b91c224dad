"""What the bounds page shows, for the view that saves and for the one that previews."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from console.accounts.models import Membership
from console.accounts.permissions import Action, can
from console.governance import bounds_form
from console.governance.samples import MOST
from console.governance.services import governance_of
from console.problems import DomainError


def context(member: Membership, submitted: QueryDict, problem: DomainError | None) -> dict[str, Any]:
    """``submitted`` is shown again when ``problem`` says why it could not be used, so that nothing is lost."""
    now = governance_of(member.workspace)
    of_rows = submitted if problem and "samples" not in submitted else None
    return {
        "nav": "bounds",
        "pack": now.pack,
        "bounds": now.bounds,
        "rows": bounds_form.rows(now.pack, now.bounds.statement, of_rows),
        "history": member.workspace.bounds.select_related("by")[:20],
        "may_set": can(member, Action.SET_BOUNDS),
        "levels": now.pack.review.levels,
        "asked": submitted if problem and "samples" in submitted else None,
        "most_samples": MOST,
        "known_models": sorted({name for level in now.pack.review.levels for name in level.models}),
        "problem": problem,
    }
