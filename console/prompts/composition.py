"""What the Compose page shows of a draft. Each region asks only for its part, and a part is worked out once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from console.accounts.models import Membership
from console.governance.services import Governance
from console.prompts import presence
from console.prompts.checking import under
from console.prompts.controls import Group, control_id, groups_of, moved_of
from console.prompts.draft_form import VARIABLE_TYPES
from console.prompts.drafts import Checked, check
from console.prompts.finding_list import FindingList
from console.prompts.judge import Judged, with_judge
from console.prompts.models import Draft
from console.prompts.sheets import (
    BLANK_SECTION,
    BLANK_SNIPPET,
    BLANK_TOOL,
    BLANK_VARIABLE,
    KIND_TITLES,
    SectionView,
    sections_of,
    tools_of,
    variables_of,
)
from console.prompts.snippets import newest_references
from console.provider.pricing import estimate, price_list
from policies import Pack, Piece, estimate_tokens


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

    def __init__(self, draft: Draft, member: Membership, governance: Governance | None = None) -> None:
        self.draft, self.member, self._governance = draft, member, governance
        self.content: Mapping[str, Any] = draft.content

    @cached_property
    def checked(self) -> Checked:
        return check(self.member.workspace, self.content, governance=self._governance)

    @property
    def pack(self) -> Pack:
        return self.checked.governance.pack

    # What new rows are made of, and what their fields offer.
    kinds = tuple(KIND_TITLES.items())
    variable_types = VARIABLE_TYPES
    blank_section, blank_snippet = BLANK_SECTION, BLANK_SNIPPET
    blank_variable, blank_tool = BLANK_VARIABLE, BLANK_TOOL

    # --- the text

    @cached_property
    def sections(self) -> list[SectionView]:
        return sections_of(self.content)

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

    @cached_property
    def variables(self) -> list[dict[str, Any]]:
        return variables_of(self.content)

    @cached_property
    def tools(self) -> list[dict[str, Any]]:
        return tools_of(self.content)

    @property
    def declared(self) -> list[dict[str, Any]]:
        """What the editor completes and colours."""
        return [{"name": v["name"], "trusted": v["trusted"]} for v in self.variables]

    @cached_property
    def snippets(self) -> list[str]:
        """References to the newest revision of every snippet here."""
        return newest_references(self.member.workspace)

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
        base, blocks = self.draft.base, self.findings.blocks
        if blocks:
            return f"{blocks} finding{'s' * (blocks > 1)} block{'s' * (blocks == 1)} this draft."
        if base is None:
            return "Snapshot a revision first: a review is of a revision."
        return (
            ""
            if base.content == self.content
            else f"The draft changed since r{base.number}: snapshot it first."
        )

    @cached_property
    def findings(self) -> FindingList:
        return FindingList(self._with_judge[0], self.sections, self.draft.prompt)

    @property
    def judged(self) -> Judged:
        """What the judge says of exactly this text."""
        return self._with_judge[1]

    @cached_property
    def _with_judge(self) -> tuple[Checked, Judged]:
        return with_judge(self.member.workspace, self.checked, self.draft.prompt)

    # --- settings

    @cached_property
    def groups(self) -> list[Group]:
        return groups_of(self.checked)

    @cached_property
    def controls_state(self) -> str:
        """What the controls were made of: while it stays the same, an edit of the text need not render them again."""
        parts = ("domain", "audience", "settings", "grants", "parameters", "variables", "tools", "model")
        made_of = [self.content.get(part) for part in parts]
        said = json.dumps([under(self.checked.governance), *made_of], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @property
    def moved(self) -> int:
        return moved_of(self.checked)

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
