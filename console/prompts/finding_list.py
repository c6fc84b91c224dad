"""What speaks against a draft, with its place in the page, and which rule wins where two disagree."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.urls import reverse

from console.prompts.acknowledgements import Key, acknowledged, key_of
from console.prompts.checking import Checked
from console.prompts.controls import control_id
from console.prompts.judge import BY_JUDGE
from console.prompts.models import Acknowledgement, Prompt
from console.prompts.sheets import SectionView
from policies import Check, EffectiveSetting, Finding, Severity, Tier, check_for


@dataclass(frozen=True, slots=True)
class Offer:
    """A setting that a finding advises to move, where it is open: one press does it."""

    id: str
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding with its place in the page. ``anchor`` stays the same while its words and its section do."""

    finding: Finding
    check: type[Check] | None
    anchor: str
    place: str
    about: str
    target: str
    acknowledgement: Acknowledgement | None
    offer: Offer | None
    remedies: tuple[tuple[str, str], ...] = ()  # edits that a press does, with their words

    @property
    def undeclared(self) -> str:
        """The name of a variable that the text uses and nobody declared."""
        return self.finding.quote.strip("{} \t") if self.finding.code == "VAR101" else ""

    @property
    def by_judge(self) -> bool:
        return self.finding.code in BY_JUDGE

    @property
    def may_acknowledge(self) -> bool:
        return self.finding.severity is Severity.WARN and self.acknowledgement is None

    @property
    def mark(self) -> dict[str, Any]:
        """What the editor needs to underline it."""
        title = self.check.title if self.check else ""
        return {**self.finding.as_dict(), "title": title, "anchor": self.anchor, "about": self.about}


class FindingList:
    """All findings of one check, worst first."""

    def __init__(self, checked: Checked, sections: Sequence[SectionView], prompt: Prompt) -> None:
        self._checked, self._sections, self._prompt = checked, sections, prompt
        self._pack, self._tools = checked.governance.pack, checked.draft.tools
        self._workspace = prompt.workspace.slug

    @cached_property
    def views(self) -> list[FindingView]:
        seen: Counter[str] = Counter()
        accepted = acknowledged(self._prompt)
        return [self._finding(finding, seen, accepted) for finding in self._checked.verdict.findings]

    def _finding(
        self, finding: Finding, seen: Counter[str], accepted: Mapping[Key, Acknowledgement]
    ) -> FindingView:
        known, by_judge = check_for(finding.code), finding.code in BY_JUDGE
        where = finding.span.section or "" if finding.span else finding.path
        said = hashlib.sha256(f"{where}\n{finding.quote}".encode()).hexdigest()[:8]
        anchor = f"finding-{finding.code}-{said}"
        seen[anchor] += 1
        return FindingView(
            finding=finding,
            # The title of the judge's code says nothing of the finding: its own sentence does.
            check=None if by_judge else known,
            anchor=anchor if seen[anchor] == 1 else f"{anchor}-{seen[anchor]}",
            place=f"{self._place(finding)} · judge".lstrip(" ·") if by_judge else self._place(finding),
            about=_about(self._workspace, finding.code) if known else "",
            target="" if finding.span else _target(finding.path),
            acknowledgement=accepted.get(key_of(finding)) if finding.severity is Severity.WARN else None,
            offer=self._offer(finding),
            remedies=tuple(self._remedies(finding)),
        )

    def _remedies(self, finding: Finding) -> Iterator[tuple[str, str]]:
        """A setting that the policy does not know has no control: it is renamed or removed from here."""
        part, _, id = finding.path.partition(".")
        if part not in ("settings", "grants") or "." not in id or id in self._pack.adjustables:
            return
        if new := self._pack.renamed.get(id):
            yield f"rename-setting:{id}={new}", f"Call it {self._pack.title_of(new)}"
        if id in self._checked.draft.settings or id in self._checked.draft.grants:
            yield f"forget-setting:{id}", f"Remove {id}"

    def _offer(self, finding: Finding) -> Offer | None:
        """The text moves a behaviour: to move the setting as well is what the finding's advice says."""
        setting = self._checked.effective.get(finding.rule)
        if setting is None or not finding.code.startswith("SET30"):
            return None
        set_to = f"Set {setting.title} to "
        for option in setting.options if set_to in finding.fix else ():
            words = f"{set_to}{option.label}"
            if option.state == "permitted" and not option.selected and f"{words}." in f"{finding.fix}.":
                return Offer(setting.id, option.value, words)
        return None

    def _place(self, finding: Finding) -> str:
        if finding.span is None:
            return self._named(finding.path)
        section = next((s for s in self._sections if s.id == finding.span.section), None)
        if section is None or section.include is not None:
            return section.label if section else ""
        return f"line {section.first + section.text.count(chr(10), 0, finding.span.start)}"

    def _named(self, path: str) -> str:
        """The part of the page that a path leads to, in its own words."""
        part, _, rest = path.partition(".")
        if part in ("settings", "grants"):
            return self._pack.title_of(".".join(rest.split(".")[:2]))
        name = rest.split(".")[0]
        if part == "parameters":
            return "Stop sequences" if name == "stop_sequences" else self._pack.title_of(f"parameter.{name}")
        if part == "tools" and name.isdecimal() and int(name) < len(self._tools):
            return f"tool {self._tools[int(name)].name}"
        return f"{part.rstrip('s')} {name}" if part in ("variables", "tools", "sections") else part

    @property
    def marks(self) -> list[dict[str, Any]]:
        return [view.mark for view in self.views]

    @cached_property
    def counts(self) -> Counter[Severity]:
        return Counter(view.finding.severity for view in self.views)

    @property
    def counted(self) -> str:
        """``3 block, 1 warning, 1 note``"""
        words = (
            (Severity.BLOCK, "block", "block"),
            (Severity.WARN, "warning", "warnings"),
            (Severity.INFO, "note", "notes"),
        )
        return ", ".join(
            f"{n} {one if n == 1 else many}" for severity, one, many in words if (n := self.counts[severity])
        )

    @property
    def blocks(self) -> int:
        return self.counts[Severity.BLOCK]

    @cached_property
    def conflict(self) -> tuple[FindingView, EffectiveSetting] | None:
        """The worst finding that blocks, and a moved setting that goes up to the rule which it breaks."""
        worst = next((view for view in self.views if view.finding.severity is Severity.BLOCK), None)
        moved = (
            s
            for s in self._checked.effective.settings
            if s.moved and worst and worst.finding.rule in s.behavior.keeps
        )
        setting = next(moved, None)
        return (worst, setting) if worst and setting else None

    @property
    def ranks(self) -> list[dict[str, Any]]:
        """The priority order with counts, as the strip takes it."""
        wins = self.conflict[0].finding.tier if self.conflict else None
        return [self._rank(spec, wins) for spec in self._pack.tiers]

    def _rank(self, spec: Any, wins: Tier | None) -> dict[str, Any]:
        found = [view.finding for view in self.views if view.finding.tier is spec.id]
        role = "decides" if spec.id is wins else "yields" if wins and spec.id is Tier.DEFAULT else ""
        severity = found[0].severity.value if found else ""  # worst first
        return {
            "tier": spec.id.value,
            "name": spec.strip,
            "count": len(found),
            "severity": severity,
            "role": role,
        }

    @property
    def why(self) -> str:
        """Which rule won, where the draft follows a setting further than it goes."""
        if self.conflict is None:
            return ""
        worst, setting = self.conflict
        wins = next(spec.strip for spec in self._pack.tiers if spec.id is worst.finding.tier)
        return (
            f"{worst.place.capitalize() or 'The draft'} follows “{setting.title}”, which you may set, "
            f"but breaks “{self._pack.title_of(worst.finding.rule)}”, which always holds. {wins} decides."
        )


@lru_cache(maxsize=1024)
def _about(workspace: str, code: str) -> str:
    """The address of a code's page."""
    return reverse("governance:code", args=[workspace, code])


def _target(path: str) -> str:
    """Where in the page a finding without a place in the text leads."""
    part, _, rest = path.partition(".")
    if part in ("settings", "grants"):
        return f"#{control_id('.'.join(rest.split('.')[:2]))}"
    if part == "parameters":
        name = rest.partition(".")[0]
        return "#stop-sequences" if name == "stop_sequences" else f"#{control_id(f'parameter.{name}')}"
    return f"#{part}" if part in ("variables", "tools", "model", "domain", "audience") else ""
