"""What an imported text would be as a draft: where it stands against the policy, and the settings that its words ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Any

from django.utils.text import slugify

from console.accounts.models import Membership, Workspace
from console.governance.services import Governance, governance_of
from console.prompts.checking import Checked, check
from console.prompts.drafts import RESERVED_SLUGS, create_prompt
from console.prompts.importers import Imported
from console.prompts.models import Prompt
from policies import Behavior, EffectiveSetting, Finding, Severity, contains
from policies.checks import SectionText, scan
from policies.validate import lexicon_of


@dataclass(frozen=True, slots=True)
class Proposal:
    """A setting that the text moves. ``open`` says whether it may be moved there; ``why`` who closed it, and what opens it."""

    behavior: Behavior
    value: str
    quote: str
    open: bool
    why: str = ""
    set: bool = False

    @property
    def label(self) -> str:
        return self.behavior.label(self.value)


@dataclass(frozen=True, slots=True)
class Found:
    """A finding with its place in the section's text, from 1; None where it is not about text."""

    finding: Finding
    line: int | None
    column: int | None

    @property
    def where(self) -> str:
        span = self.finding.span
        return f"{span.section}:{self.line}:{self.column}" if span else self.finding.path


@dataclass(frozen=True, slots=True)
class Preview:
    """An import before anything is kept."""

    imported: Imported
    content: dict[str, Any]
    proposals: tuple[Proposal, ...]
    checked: Checked

    @property
    def findings(self) -> tuple[Found, ...]:
        """Worst first."""
        return tuple(map(self._found, self.checked.verdict.findings))

    def _found(self, finding: Finding) -> Found:
        if finding.span is None:
            return Found(finding, None, None)
        section = self.checked.draft.section(finding.span.section or "")
        before = section.text[: finding.span.start] if section else ""
        return Found(finding, before.count("\n") + 1, finding.span.start - before.rfind("\n"))

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(sorted(self.content.get("variables", {})))

    @property
    def title(self) -> str:
        """As the prompt would be listed."""
        return str(self.content.get("title") or self.imported.name)[:200]

    @property
    def wanted_slug(self) -> str:
        """The draft's own, else made of the name; nothing of a path is left in it."""
        own = self.content.get("slug") or slugify(self.title.replace("/", "-").replace("_", "-"))
        return str(own)[:64].strip("-") or "prompt"

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
    model: str = "",
    governance: Governance | None = None,
) -> Preview:
    """The draft that would be made. ``take``: ids of proposed settings to set; None takes all that are open.

    ``model`` is for a prompt that brings none.
    """
    governance = governance or governance_of(workspace)
    content = (
        ({"model": model} if model else {})
        | imported.content
        | ({"domain": domain} if domain else {})
        | ({"audience": audience} if audience else {})
    )
    proposals = tuple(
        replace(p, set=p.open and (take is None or p.behavior.id in take))
        for p in _proposals(workspace, content, governance)
    )
    settings = {p.behavior.id: {"value": p.value} for p in proposals if p.set} | content.get("settings", {})
    content |= {"settings": settings} if settings else {}
    return Preview(imported, content, proposals, check(workspace, content, governance=governance))


def free_slugs(member: Membership, wanted: Iterable[str]) -> Iterator[str]:
    """For each the slug itself, or with the lowest number that neither a prompt nor one before it has; one statement."""
    slugs = Prompt.objects.filter(workspace=member.workspace_id).values_list("slug", flat=True)
    used = {*slugs, *RESERVED_SLUGS}
    for slug in wanted:
        numbered = (f"{slug[:58].rstrip('-')}-{number}" for number in count(2))
        free = next(name for name in chain([slug], numbered) if name not in used)
        used.add(free)
        yield free


def keep(member: Membership, shown: Preview, *, slug: str, title: str = "") -> Prompt:
    """The draft as a prompt of the member's workspace. Raises as ``create_prompt`` does."""
    return create_prompt(
        member=member,
        slug=slug,
        title=title or shown.title,
        content=shown.content,
        imported_from=shown.imported.form,
    )


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
            why = "" if within else _closed(setting, move.value)
            found[move.behavior] = Proposal(setting.behavior, move.value, move.quote, within, why)
    return tuple(found.values())


def _closed(setting: EffectiveSetting, value: str) -> str:
    """``closed by the policy for finance; open in …``, to be read after a comma."""
    closure = setting.reach.closure(value)
    if closure is None:
        return "open only under a condition: a boolean variable that your application fills in"
    return f"{closure.why[0].lower()}{closure.why[1:]}; {closure.opens}"
