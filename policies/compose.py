"""From a draft to what is sent: the compiled prompt, the request parameters, and a map back to the sources.

Deterministic: the same draft, pack and snippets give the same bytes and the same digest. Values outside the bounds
never reach the text, since the text is made from what ``resolve`` says holds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.canonical import digest, plain
from policies.draft import Draft, Section, SectionKind, SnippetResolver, Thinking
from policies.layers import Effective, EffectiveSetting, resolve
from policies.organisation import Organisation
from policies.pack import Pack
from policies.placeholders import placeholders
from policies.snippets import Expanded, Part, Pin, expand
from policies.tokens import estimate_tokens


class ComposeError(ValueError):
    """A snippet cannot be put in place; says which and why in one sentence."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Code points ``start`` to ``end`` of the compiled text, and where they come from.

    ``kind`` is section, setting, grant, tool or frame (tags and fixed words); ``id`` the section's, the behaviour's
    or the tool's. For a section ``source_start`` is the offset into its text (into the snippet's, if ``snippet``).
    """

    start: int
    end: int
    kind: str
    id: str
    source_start: int = 0
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a draft compiles to. ``params`` goes into ``messages.create(**params, messages=…)`` once filled."""

    text: str
    params: Mapping[str, Any]
    source_map: tuple[Piece, ...]
    snippets: tuple[Pin, ...]
    pack_ref: str
    pack_digest: str
    digest: str
    tokens: int

    def locate(self, offset: int) -> Piece | None:
        """The piece that a code point of the text belongs to; None for the line breaks between pieces."""
        at = bisect_right(self.source_map, offset, key=lambda piece: piece.start) - 1
        piece = self.source_map[at] if at >= 0 else None
        return piece if piece and offset < piece.end else None


@dataclass(slots=True)
class _Writer:
    """Text and pieces as they grow; keeps the length, so that offsets cost nothing."""

    chunks: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    length: int = 0

    def add(self, text: str, kind: str, id: str, source_start: int = 0, snippet: str = "") -> None:
        if text:
            self.pieces.append(Piece(self.length, self.length + len(text), kind, id, source_start, snippet))
            self.gap(text)

    def gap(self, text: str) -> None:
        self.chunks.append(text)
        self.length += len(text)


def compose(
    draft: Draft,
    pack: Pack,
    organisation: Organisation | None = None,
    *,
    snippets: SnippetResolver | None = None,
    effective: Effective | None = None,
) -> Compiled:
    """Compile a draft. ``effective`` is what ``resolve`` says of the same, where the caller has it.

    Raises ComposeError where a snippet is missing, goes in circles or lies too deep.
    """
    expanded = expand(draft.sections, snippets)
    for problem in expanded.problems:
        raise ComposeError(
            f'The snippet "{problem.reference}" in section "{problem.section}" {problem.message}'
        )
    effective = effective or resolve(draft, pack, organisation)
    writer = _Writer()
    _write(writer, draft, pack, effective, expanded)
    text = "".join(writer.chunks)
    params = _params(draft, effective, text)
    return Compiled(
        text=text,
        params=params,
        source_map=tuple(writer.pieces),
        snippets=expanded.pins,
        pack_ref=pack.ref,
        pack_digest=pack.digest,
        digest=_digest(params, pack, expanded.pins),
        tokens=estimate_tokens(text),
    )


def _digest(params: Mapping[str, Any], pack: Pack, pins: tuple[Pin, ...]) -> str:
    pinned = [[pin.slug, pin.at, pin.digest] for pin in pins]
    return digest({"params": params, "pack": {"ref": pack.ref, "digest": pack.digest}, "snippets": pinned})


def _write(writer: _Writer, draft: Draft, pack: Pack, effective: Effective, expanded: Expanded) -> None:
    """Sections in their order; the blocks of settings stand after the first one, where the role is given."""
    by_section: dict[str, list[Part]] = {}
    for part in expanded.parts:
        if part.text.strip("\n"):
            by_section.setdefault(part.host.id, []).append(part)
    written = [section for section in draft.sections if section.id in by_section]
    taken = {section.id for section in written}
    for section in written[:1]:
        _write_section(writer, section, by_section[section.id], pack)
    for tag, lines in _blocks(draft, pack, effective):
        _write_block(writer, _free_tag(tag, taken), lines)
    for section in written[1:]:
        _write_section(writer, section, by_section[section.id], pack)


def _write_section(writer: _Writer, section: Section, parts: list[Part], pack: Pack) -> None:
    tagged = section.kind is not SectionKind.FREE
    _part(writer, tagged)
    if section.kind is SectionKind.DATA and (note := pack.phrases.get("data")):
        writer.add(note.replace("{tag}", f"<{section.id}>"), "frame", section.id)
        writer.gap("\n")
    if tagged:
        writer.add(f"<{section.id}>", "frame", section.id)
        writer.gap("\n")
    for at, part in enumerate(parts):
        writer.gap("\n\n" if at else "")
        body = part.text.strip("\n")
        start = len(part.text) - len(part.text.lstrip("\n"))
        writer.add(body, "section", section.id, start, part.chain[-1] if part.chain else "")
    if tagged:
        writer.gap("\n")
        writer.add(f"</{section.id}>", "frame", section.id)


def _write_block(writer: _Writer, tag: str, lines: list[tuple[str, str, str]]) -> None:
    _part(writer, True)
    writer.add(f"<{tag}>", "frame", tag)
    for text, kind, id in lines:
        writer.gap("\n")
        writer.add(text, kind, id)
    writer.gap("\n")
    writer.add(f"</{tag}>", "frame", tag)


def _part(writer: _Writer, tagged: bool) -> None:
    """A line break before a tagged part that follows another, an empty line around free text."""
    if writer.length:
        after_tag = writer.chunks[-1].startswith("</")
        writer.gap("\n" if tagged and after_tag else "\n\n")


def _free_tag(tag: str, taken: set[str]) -> str:
    """The block's tag, or one beside it where a section has that name."""
    name, number = tag, 1
    while name in taken:
        number += 1
        name = f"{tag}_{number}"
    return name


def _blocks(
    draft: Draft, pack: Pack, effective: Effective
) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    lines: dict[str, list[tuple[str, str, str]]] = {block.tag: [] for block in pack.blocks}
    for setting in effective.settings:
        block = lines.get(setting.behavior.block)
        if block is not None:
            block.extend(_lines(setting))
            if setting.behavior.stated == "tools":
                block.extend(_tool_lines(draft, pack))
    for tag, block in lines.items():
        if block:
            yield tag, block


def _lines(setting: EffectiveSetting) -> Iterator[tuple[str, str, str]]:
    if setting.stated:
        yield setting.stated, "setting", setting.id
    if setting.granted:
        yield setting.granted, "grant", setting.id


def _tool_lines(draft: Draft, pack: Pack) -> Iterator[tuple[str, str, str]]:
    """The tools that ask first, and those that cannot be undone: the model sees neither in their schemas."""
    asking = [tool.name for tool in draft.tools if tool.requires_confirmation]
    final = [tool.name for tool in draft.tools if not tool.reversible]
    for names, phrase in ((asking, "tools_confirm"), (final, "tools_irreversible")):
        if names and (text := pack.phrases.get(phrase)):
            yield text.replace("{tools}", ", ".join(names)), "tool", names[0]


def _params(draft: Draft, effective: Effective, text: str) -> dict[str, Any]:
    """The request, by the types of the Messages API; what was left to the model's own default is left out."""
    params: dict[str, Any] = {
        "model": effective["parameter.model"].value,
        "max_tokens": effective["parameter.max_tokens"].value,
    }
    if text:
        params["system"] = text
    effort = effective["parameter.effort"]
    if effort.requested is not None or effort.value != effort.pack_default:
        params["output_config"] = {"effort": effort.value}
    if thinking := _thinking(draft, effective["parameter.thinking"]):
        params["thinking"] = thinking
    if draft.parameters.stop_sequences:
        params["stop_sequences"] = list(draft.parameters.stop_sequences)
    if draft.tools:
        params["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": plain(tool.input_schema)}
            for tool in draft.tools
        ]
    return params


def _thinking(draft: Draft, setting: EffectiveSetting) -> dict[str, Any] | None:
    if setting.value == setting.pack_default:
        return None
    stated: Thinking | None = draft.parameters.thinking if setting.ok else None
    if setting.value != "enabled":
        return {"type": setting.value}
    return {
        "type": "enabled",
        "budget_tokens": stated.budget_tokens if stated and stated.budget_tokens else 1024,
    }


def used_variables(draft: Draft, expanded: Expanded) -> set[str]:
    """Names of the variables that the compiled prompt would hold."""
    used = {found.name for part in expanded.parts for found in placeholders(part.text)}
    return used | {setting.when for setting in draft.settings.values() if setting.when}
