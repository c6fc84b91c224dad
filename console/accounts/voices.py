"""What reviewers may speak for in a workspace: the kinds of reviewer and the domains of its policy.

Which policy is in force is known further up; that app says so when it starts (``speaks_by``), since this one imports
nothing above it.
"""

from __future__ import annotations

from collections.abc import Callable

from console.accounts.models import Workspace
from policies import Pack, load_pack

_policy_of: list[Callable[[Workspace], Pack]] = []


def speaks_by(policy_of: Callable[[Workspace], Pack]) -> None:
    """From now on, ``policy_of`` answers which policy a workspace has."""
    _policy_of[:] = [policy_of]


def policy_of(workspace: Workspace) -> Pack:
    """The policy in force; the newest built-in one where nobody answers for it."""
    return _policy_of[0](workspace) if _policy_of else load_pack()
