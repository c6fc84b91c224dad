"""What a workspace brings to the engine's command line: its policy, its bounds, its snippets."""

from __future__ import annotations

from functools import partial

from console.accounts.services import workspace_named
from console.governance.packs import load, refs
from console.governance.services import governance_of
from console.prompts.snippets import resolver
from policies.command_line import NOWHERE, Surroundings


def surroundings_of(slug: str | None) -> Surroundings:
    """Nothing without a workspace, so that files can be checked where no database is. Raises DomainError."""
    if slug is None:
        return NOWHERE
    workspace = workspace_named(slug)
    governance = governance_of(workspace)
    return Surroundings(
        governance.pack,
        governance.bounds.organisation,
        resolver(workspace),
        partial(load, workspace),
        partial(refs, workspace),
    )
