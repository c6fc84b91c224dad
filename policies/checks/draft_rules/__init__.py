"""Checks of a draft's form: settings, grants, variables, tools, parameters, snippets; codes and documentation."""

from __future__ import annotations

from collections.abc import Iterator

from policies.checks.draft_rules import context, grants, moves, sections, settings, stops, tools, variables
from policies.checks.draft_rules.base import DraftCase, DraftRule
from policies.checks.draft_rules.moves import findings_of_moves
from policies.findings import Finding

__all__ = ["DRAFT_RULES", "DraftCase", "DraftRule", "findings_of_moves", "run"]

_CHECKED = (
    *context.RULES,
    *settings.RULES,
    *grants.RULES,
    *variables.RULES,
    *tools.RULES,
    *stops.RULES,
    *sections.RULES,
)
DRAFT_RULES: tuple[type[DraftRule], ...] = (*_CHECKED, *moves.RULES)


def run(case: DraftCase) -> Iterator[Finding]:
    """Every rule over one draft, moves of the text excepted (``findings_of_moves``)."""
    for rule in _CHECKED:
        yield from rule.check(case)
