"""Sections, variables and tools as the sheets and rows of the Compose page show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.prompts.draft_form import KINDS, schema_text
from policies import estimate_tokens, placeholders

Content = Mapping[str, Any]
KIND_TITLES = {"free": "Text", **{kind: kind.capitalize() for kind in KINDS if kind != "free"}}

_VARIABLE = {"type": "string", "required": True, "max_length": 2_000, "trusted": False}
_TOOL = {"description": "", "reversible": False, "requires_confirmation": True}
# What a button of the page makes a new row of; scripts fill in the id.
BLANK_VARIABLE: Content = {**_VARIABLE, "name": ""}
BLANK_TOOL: Content = {**_TOOL, "name": "", "schema": schema_text({"type": "object", "properties": {}})}


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
        return f"{estimate_tokens(self.text):,} tokens{variables}"


BLANK_SECTION = SectionView("__ID__", "__KIND__", "", "", None, 1)
BLANK_SNIPPET = SectionView("__ID__", "free", "", "", "", 1)


def sections_of(content: Content) -> list[SectionView]:
    """The sections in their order, their lines numbered through."""
    views: list[SectionView] = []
    first = 1
    for section in content.get("sections", ()):
        include = section.get("include")
        view = SectionView(
            id=section.get("id", ""),
            kind=section.get("kind", "free"),
            title=section.get("title", ""),
            text=section.get("text", ""),
            include=None if include is None else _reference(include),
            first=first,
        )
        views.append(view)
        first += view.lines if include is None else 0
    return views


def variables_of(content: Content) -> list[dict[str, Any]]:
    return [{**_VARIABLE, **spec, "name": name} for name, spec in content.get("variables", {}).items()]


def tools_of(content: Content) -> list[dict[str, Any]]:
    return [
        {**_TOOL, **tool, "schema": schema_text(tool.get("input_schema", {"type": "object"}))}
        for tool in content.get("tools", ())
    ]


def _reference(include: Any) -> str:
    """``house-style@4`` as it is typed; "" while nothing is."""
    if not isinstance(include, Mapping) or not include.get("snippet"):
        return ""
    return f"{include['snippet']}@{include.get('at', '')}"
