"""What the Compose page shows of a draft. Each region asks only for its part, and a part is worked out once."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.text import slugify

from console.accounts.models import Membership
from console.prompts import presence
from console.prompts.acknowledgements import Key, acknowledged, key_of
from console.prompts.checking import under
from console.prompts.draft_form import KINDS, VARIABLE_TYPES, schema_text
from console.prompts.drafts import Checked, check
from console.prompts.models import Acknowledgement, Draft
from console.prompts.snippets import newest_references
from console.provider.pricing import estimate, price_list
from policies import (
    Check,
    EffectiveSetting,
    Finding,
    Pack,
    Piece,
    Severity,
    Tier,
    check_for,
    estimate_tokens,
    placeholders,
)

_EMPTY_SCHEMA = schema_text({"type": "object", "properties": {}})
KIND_TITLES = {"free": "Text", **{kind: kind.capitalize() for kind in KINDS if kind != "free"}}


@dataclass(frozen=True, slots=True)
class SectionView:
    """One section as its sheet shows it. ``first`` is the number of its first line, counted through all sections.

    ``include`` is the reference of a snippet in the place of a text ("" while none is chosen), None elsewhere.
    """

    id: str
    kind: str
    title: str
    text: str
    include: str | None
    first: int

    @property
    def label(self) -> str:
        kind = "Snippet" if self.include is not None else KIND_TITLES.get(self.kind, self.kind)
        return self.title or kind

    @property
    def lines(self) -> int:
        return self.text.count("\n") + 1

    @property
    def facts(self) -> str:
        """``41 tokens · 3 variables``"""
        if self.include is not None:
            return "snippet"
        names = {place.name for place in placeholders(self.text)}
        variables = f" · {len(names)} variable{'s' * (len(names) > 1)}" if names else ""
        return f"{estimate_tokens(self.text)} tokens{variables}"


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

    @property
    def undeclared(self) -> str:
        """The name of a variable that the text uses and nobody declared."""
        return self.finding.quote.strip("{} \t") if self.finding.code == "VAR101" else ""

    @property
    def may_acknowledge(self) -> bool:
        return self.finding.severity is Severity.WARN and self.acknowledgement is None

    @property
    def mark(self) -> dict[str, Any]:
        """What the editor needs to underline it."""
        title = self.check.title if self.check else ""
        return {**self.finding.as_dict(), "title": title, "anchor": self.anchor, "about": self.about}


@dataclass(frozen=True, slots=True)
class Control:
    """A setting with what only the page adds: whether a condition may be chosen, and what users may be given."""

    setting: EffectiveSetting
    conditions: tuple[str, ...]

    @property
    def grants(self) -> list[tuple[str, str, bool]]:
        """Value, label, and whether users have it."""
        behavior, given = self.setting.behavior, set(self.setting.grants)
        return [(value, behavior.label(value), value in given) for value in self.setting.grantable]

    @property
    def granted(self) -> str:
        return ", ".join(label for _, label, given in self.grants if given)


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    controls: tuple[Control, ...]

    @property
    def moved(self) -> int:
        return sum(control.setting.moved for control in self.controls)


@dataclass(frozen=True, slots=True)
class CompiledPart:
    """A stretch of the compiled text. ``href`` leads to what it was made from; "" for line breaks in between."""

    text: str
    kind: str = ""
    id: str = ""
    href: str = ""
    source_start: int = 0


@dataclass(frozen=True, slots=True)
class Here:
    """Somebody else who has the draft open; ``where`` is the section in words."""

    name: str
    initials: str
    section: str
    where: str


class Composition:
    """A draft as ``member`` sees it on the Compose page."""

    def __init__(self, draft: Draft, member: Membership) -> None:
        self.draft, self.member = draft, member
        self.content: Mapping[str, Any] = draft.content

    @cached_property
    def checked(self) -> Checked:
        return check(self.member.workspace, self.content)

    @property
    def pack(self) -> Pack:
        return self.checked.governance.pack

    # --- the text

    @cached_property
    def sections(self) -> list[SectionView]:
        views: list[SectionView] = []
        first = 1
        for section in self.content.get("sections", ()):
            include = section.get("include")
            reference = None if include is None else _reference(include)
            kind = section.get("kind", "free")
            view = SectionView(
                section.get("id", ""),
                kind,
                section.get("title", ""),
                section.get("text", ""),
                reference,
                first,
            )
            views.append(view)
            first += view.lines if include is None else 0
        return views

    @property
    def size(self) -> str:
        """``5 sections, 355 tokens``"""
        count = len(self.sections)
        tokens = sum(estimate_tokens(section.text) for section in self.sections)
        return f"{count} section{'s' * (count != 1)}, {tokens:,} tokens"

    @property
    def facts(self) -> dict[str, Any]:
        """What the page says of its sections, for the scripts that keep it true while somebody types."""
        sections = {section.id: {"facts": section.facts, "label": section.label} for section in self.sections}
        counts = {
            "variables": len(self.content.get("variables", {})),
            "tools": len(self.content.get("tools", ())),
        }
        return {"size": self.size, "sections": sections, **counts}

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return list(KIND_TITLES.items())

    @property
    def variables(self) -> list[dict[str, Any]]:
        defaults = {"type": "string", "required": True, "max_length": 2_000, "trusted": False}
        return [
            {**defaults, **spec, "name": name} for name, spec in self.content.get("variables", {}).items()
        ]

    @property
    def variable_types(self) -> tuple[str, ...]:
        return VARIABLE_TYPES

    @property
    def declared(self) -> list[dict[str, Any]]:
        """What the editor completes and colours."""
        return [{"name": v["name"], "trusted": v["trusted"]} for v in self.variables]

    @property
    def tools(self) -> list[dict[str, Any]]:
        defaults = {"description": "", "reversible": False, "requires_confirmation": True}
        return [
            {**defaults, **tool, "schema": schema_text(tool.get("input_schema", {"type": "object"}))}
            for tool in self.content.get("tools", ())
        ]

    @property
    def blank_section(self) -> SectionView:
        return SectionView("__ID__", "__KIND__", "", "", None, 1)

    @property
    def blank_snippet(self) -> SectionView:
        return SectionView("__ID__", "free", "", "", "", 1)

    @cached_property
    def snippets(self) -> list[str]:
        """References to the newest revision of every snippet here."""
        return newest_references(self.member.workspace)

    @property
    def blank_variable(self) -> dict[str, Any]:
        return {"name": "", "type": "string", "required": True, "max_length": 2_000, "trusted": False}

    @property
    def blank_tool(self) -> dict[str, Any]:
        return {
            "name": "",
            "description": "",
            "schema": _EMPTY_SCHEMA,
            "reversible": False,
            "requires_confirmation": True,
        }

    @cached_property
    def others(self) -> list[Here]:
        """Who else has the draft open."""
        labels = {section.id: section.label for section in self.sections}
        return [
            Here(there.user.shown_name, there.user.initials, there.section, labels.get(there.section, ""))
            for there in presence.others(self.draft, self.member)
        ]

    @property
    def review_waits(self) -> str:
        """Why no review can be asked for yet; "" when one can."""
        base = self.draft.base
        if self.blocks:
            return (
                f"{self.blocks} finding{'s' * (self.blocks > 1)} block{'s' * (self.blocks == 1)} this draft."
            )
        if base is None:
            return "Snapshot a revision first: a review is of a revision."
        return (
            ""
            if base.content == self.content
            else f"The draft changed since r{base.number}: snapshot it first."
        )

    # --- what speaks against it

    @cached_property
    def findings(self) -> list[FindingView]:
        seen: Counter[str] = Counter()
        accepted = acknowledged(self.draft.prompt)
        return [self._finding(finding, seen, accepted) for finding in self.checked.verdict.findings]

    def _finding(
        self, finding: Finding, seen: Counter[str], accepted: Mapping[Key, Acknowledgement]
    ) -> FindingView:
        known = check_for(finding.code)
        where = finding.span.section or "" if finding.span else finding.path
        said = hashlib.sha256(f"{where}\n{finding.quote}".encode()).hexdigest()[:8]
        anchor = f"finding-{finding.code}-{said}"
        seen[anchor] += 1
        return FindingView(
            finding=finding,
            check=known,
            anchor=anchor if seen[anchor] == 1 else f"{anchor}-{seen[anchor]}",
            place=self._place(finding),
            about=reverse("governance:code", args=[self.member.workspace.slug, finding.code])
            if known
            else "",
            target="" if finding.span else _target(finding.path),
            acknowledgement=accepted.get(key_of(finding)) if finding.severity is Severity.WARN else None,
            offer=self._offer(finding),
        )

    def _offer(self, finding: Finding) -> Offer | None:
        """The text moves a behaviour: to move the setting as well is what the finding's advice says."""
        setting = self.checked.effective.get(finding.rule)
        if setting is None or not finding.code.startswith("SET30"):
            return None
        for option in setting.options:
            words = f"Set {setting.title} to {option.label}"
            if option.state == "permitted" and not option.selected and f"{words}." in f"{finding.fix}.":
                return Offer(setting.id, option.value, words)
        return None

    def _place(self, finding: Finding) -> str:
        if finding.span is None:
            return self._named(finding.path)
        section = next((s for s in self.sections if s.id == finding.span.section), None)
        if section is None or section.include is not None:
            return section.label if section else ""
        return f"line {section.first + section.text.count(chr(10), 0, finding.span.start)}"

    def _named(self, path: str) -> str:
        """The part of the page that a path leads to, in its own words."""
        part, _, rest = path.partition(".")
        if part in ("settings", "grants"):
            return self.pack.title_of(".".join(rest.split(".")[:2]))
        name = rest.split(".")[0]
        if part == "parameters":
            return "Stop sequences" if name == "stop_sequences" else self.pack.title_of(f"parameter.{name}")
        if part == "tools" and name.isdecimal() and int(name) < len(self.tools):
            return f"tool {self.tools[int(name)].get('name', '')}"
        return f"{part.rstrip('s')} {name}" if part in ("variables", "tools", "sections") else part

    @property
    def marks(self) -> list[dict[str, Any]]:
        return [view.mark for view in self.findings]

    @cached_property
    def counts(self) -> Counter[Severity]:
        return Counter(view.finding.severity for view in self.findings)

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
        worst = next((view for view in self.findings if view.finding.severity is Severity.BLOCK), None)
        moved = (
            s
            for s in self.checked.effective.settings
            if s.moved and worst and worst.finding.rule in s.behavior.keeps
        )
        setting = next(moved, None)
        return (worst, setting) if worst and setting else None

    @property
    def ranks(self) -> list[dict[str, Any]]:
        """The priority order with counts, as the strip takes it."""
        wins = self.conflict[0].finding.tier if self.conflict else None
        return [self._rank(spec, wins) for spec in self.pack.tiers]

    def _rank(self, spec: Any, wins: Tier | None) -> dict[str, Any]:
        found = [view.finding for view in self.findings if view.finding.tier is spec.id]
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
        wins = next(spec.strip for spec in self.pack.tiers if spec.id is worst.finding.tier)
        return (
            f"{worst.place.capitalize() or 'The draft'} follows “{setting.title}”, which you may set, "
            f"but breaks “{self.pack.title_of(worst.finding.rule)}”, which always holds. {wins} decides."
        )

    # --- settings

    @cached_property
    def groups(self) -> list[Group]:
        """The settings by the block of the prompt that they write, then the request's parameters."""
        settings = self.checked.effective.settings
        groups = [
            Group(block.title, self._controls(s for s in settings if s.behavior.block == block.tag))
            for block in self.pack.blocks
        ]
        request = (s for s in settings if s.id.startswith("parameter.") and s.id != "parameter.model")
        return [group for group in (*groups, Group("Request", self._controls(request))) if group.controls]

    def _controls(self, settings: Iterator[EffectiveSetting]) -> tuple[Control, ...]:
        switches = tuple(v["name"] for v in self.variables if v["type"] == "boolean")
        return tuple(Control(s, switches if s.when or _conditional(s) else ()) for s in settings)

    @cached_property
    def controls_state(self) -> str:
        """What the controls were made of: while it stays the same, an edit of the text need not render them again."""
        parts = ("domain", "audience", "settings", "grants", "parameters", "variables", "tools", "model")
        made_of = [self.content.get(part) for part in parts]
        said = json.dumps([under(self.checked.governance), *made_of], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @property
    def moved(self) -> int:
        return sum(group.moved for group in self.groups)

    @property
    def stop_sequences(self) -> str:
        stops = self.content.get("parameters", {}).get("stop_sequences", ())
        return "\n".join(map(str, stops))

    @property
    def unknown_domain(self) -> str:
        """A domain that the policy does not know, as the draft states it."""
        stated = str(self.content.get("domain", "general"))
        return "" if self.pack.domain(stated) else stated

    @property
    def models(self) -> list[str]:
        return sorted({model for price in price_list() for model in price.models})

    # --- what it compiles to

    @cached_property
    def compiled(self) -> list[CompiledPart]:
        """The compiled text in parts, without a gap."""
        compiled = self.checked.compiled
        parts: list[CompiledPart] = []
        end = 0
        if compiled is None:
            return parts
        for piece in compiled.source_map:
            if piece.start > end:
                parts.append(CompiledPart(compiled.text[end : piece.start]))
            text = compiled.text[piece.start : piece.end]
            parts.append(CompiledPart(text, piece.kind, piece.id, self._source(piece), piece.source_start))
            end = piece.end
        return parts

    def _source(self, piece: Piece) -> str:
        if piece.kind in ("setting", "grant"):
            return f"#{control_id(piece.id)}"
        if piece.kind == "tool":
            return "#tools"
        return f"#section-{piece.id}" if any(s.id == piece.id for s in self.sections) else ""

    @property
    def tokens(self) -> int:
        return self.checked.compiled.tokens if self.checked.compiled else 0

    @property
    def cost(self) -> Decimal | None:
        """US dollars for the prompt of one call, where the model's price is known."""
        model = str(self.checked.effective["parameter.model"].value)
        return estimate(model, input_tokens=self.tokens, output_tokens=0, at=datetime.now(UTC))


def _reference(include: Any) -> str:
    """``house-style@4`` as it is typed; "" while nothing is."""
    if not isinstance(include, Mapping) or not include.get("snippet"):
        return ""
    return f"{include['snippet']}@{include.get('at', '')}"


def control_id(setting: str) -> str:
    """The DOM id of a setting's control."""
    return f"bound-{slugify(setting)}"


def _conditional(setting: EffectiveSetting) -> bool:
    """Whether a condition makes a difference: something is open only under one, or the value is not the default."""
    return setting.conditional != setting.permitted or setting.moved


def _target(path: str) -> str:
    """Where in the page a finding without a place in the text leads."""
    part, _, rest = path.partition(".")
    if part in ("settings", "grants"):
        return f"#{control_id('.'.join(rest.split('.')[:2]))}"
    if part == "parameters":
        name = rest.partition(".")[0]
        return "#stop-sequences" if name == "stop_sequences" else f"#{control_id(f'parameter.{name}')}"
    return f"#{part}" if part in ("variables", "tools", "model", "domain", "audience") else ""
