"""Which runs may go in batches: every conversation is one call, and the provider takes batches."""

from __future__ import annotations

from collections.abc import Sequence

from console.provider.batches import LONGEST, unsupported
from console.provider.endpoints import Endpoint
from console.trials.scenarios import Scenario
from console.trials.subjects import SubjectForm

SECONDS = int(LONGEST.total_seconds())


def why_not(endpoint: Endpoint, scenarios: Sequence[Scenario], subjects: Sequence[SubjectForm]) -> str:
    """Why a run cannot go in batches, as one sentence, or "". May ask the endpoint."""
    if subject := next((subject for subject in subjects if subject.tools), None):
        return f"{subject.label} has tools: a batch answers one call, and no tool can be answered in it."
    for scenario in scenarios:
        if wrong := _more_than_a_call(scenario):
            return f"Scenario “{scenario.title}” {wrong}: a batch answers one call of each conversation."
    return unsupported(endpoint)


def _more_than_a_call(scenario: Scenario) -> str:
    if scenario.simulated_user is not None:
        return "has a simulated user"
    if scenario.tools:
        return "has tools"
    return f"has {len(scenario.turns)} turns" if len(scenario.turns) > 1 else ""
