"""What an imported text would be as a draft: where it stands against the policy, and the settings that its words ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.accounts.models import Workspace
from console.governance.services import Governance, governance_of
from console.prompts.checking import Checked, check
from console.prompts.importers import Imported
from policies import Behavior, Severity, contains
from policies.checks import SectionText, scan
from policies.validate import lexicon_of


@dataclass(frozen=True, slots=True)
class Proposal:
    """A setting that the text moves. ``open`` says whether the domain lets it be moved there."""

    behavior: Behavior
    value: str
    quote: str
    open: bool

    @property
    def label(self) -> str:
        return self.behavior.label(self.value)


@dataclass(frozen=True, slots=True)
class Preview:
    """An import before anything is kept."""

    imported: Imported
    content: dict[str, Any]
    proposals: tuple[Proposal, ...]
    checked: Checked

    @property
    def passes(self) -> int:
        """How many limits the text holds."""
        broken = {
            finding.limit for finding in self.checked.verdict.findings if finding.severity is Severity.BLOCK
        }
        return sum(rule.id not in broken for rule in self.checked.governance.pack.limits)


def preview(
    workspace: Workspace,
    imported: Imported,
    *,
    domain: str = "",
    audience: list[str] | None = None,
    take: list[str] | None = None,
) -> Preview:
    """The draft that would be made. ``take``: ids of proposed settings to set; None takes all that are open."""
    governance = governance_of(workspace)
    content = (
        imported.content
        | ({"domain": domain} if domain else {})
        | ({"audience": audience} if audience else {})
    )
    proposals = _proposals(workspace, content, governance)
    taken = [p for p in proposals if p.open and (take is None or p.behavior.id in take)]
    settings = {p.behavior.id: {"value": p.value} for p in taken} | content.get("settings", {})
    content |= {"settings": settings} if settings else {}
    return Preview(imported, content, proposals, check(workspace, content, governance=governance))


def _proposals(
    workspace: Workspace, content: Mapping[str, Any], governance: Governance
) -> tuple[Proposal, ...]:
    """The first move of each behaviour that the draft does not state itself."""
    effective = check(workspace, content, governance=governance).effective
    sections = [SectionText(s["id"], s.get("text", "")) for s in content["sections"]]
    found: dict[str, Proposal] = {}
    for move in scan(sections, lexicon_of(governance.pack)).moves:
        setting = effective.get(move.behavior)
        stated = move.behavior in content.get("settings", {})
        if setting is None or stated or move.behavior in found or move.value == setting.default:
            continue
        if contains(setting.policy, move.value):
            within = contains(setting.permitted, move.value)
            found[move.behavior] = Proposal(setting.behavior, move.value, move.quote, within)
    return tuple(found.values())
