"""What a judge reads of a draft: every word that reaches the model, and the way from a quote back to its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import policies
from console.prompts.checking import Checked
from console.provider.judging.quotes import find
from policies import Compiled, Piece, Span
from policies.variable_defaults import with_defaults


@dataclass(frozen=True, slots=True)
class Words:
    """One text of the prompt. ``kind`` is prompt or tool; ``id`` the tool's name."""

    kind: str
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Subject:
    """All that is judged. The digest covers the domain and the audience too: what is right depends on them."""

    domain: str
    audience: tuple[str, ...]
    words: tuple[Words, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "domain": self.domain,
            "audience": list(self.audience),
            "words": [asdict(part) for part in self.words],
        }

    @property
    def digest(self) -> str:
        return policies.digest(self.as_dict())


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands: a span in a section, or a path to what is not text of a section. ``quote`` as it is there."""

    quote: str
    span: Span | None = None
    path: str = ""


def subject_of(checked: Checked) -> Subject | None:
    """What is judged of a draft; None where a snippet is missing, so that nobody knows all its words."""
    if checked.compiled is None:
        return None
    draft = checked.draft
    filled = with_defaults(checked.compiled.text, draft.variables)
    prompt = Words("prompt", "", filled.text if filled else checked.compiled.text)
    tools = (Words("tool", tool.name, "\n".join(_said(tool))) for tool in draft.tools)
    return Subject(draft.domain, tuple(sorted(draft.audience)), (prompt, *tools))


def subject_from(data: Mapping[str, Any]) -> Subject:
    """The value that ``as_dict`` wrote."""
    return Subject(data["domain"], tuple(data["audience"]), tuple(Words(**part) for part in data["words"]))


def _said(tool: policies.Tool) -> Iterator[str]:
    """The tool's own words: its description, and the names and texts of its schema in their order."""
    yield tool.description
    stack: list[Any] = [tool.input_schema]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            stack.extend(value for pair in [*item.items()][::-1] for value in reversed(pair))
        elif isinstance(item, list | tuple):
            stack.extend(reversed(item))


# --- quotes


def occurs(quote: str, subject: Subject) -> bool:
    return any(find(quote, part.text) for part in subject.words)


def place_of(quote: str, subject: Subject, checked: Checked) -> Place:
    """Where the draft has the words that were quoted from what it compiles to."""
    for part in subject.words:
        found = find(quote, part.text)
        if found and part.kind == "tool":
            names = [tool.name for tool in checked.draft.tools]
            return Place(part.text[slice(*found)], path=f"tools.{names.index(part.id)}")
        if found and checked.compiled:
            return _in_compiled(found, part.text, checked)
    return Place(quote)


def _in_compiled(found: tuple[int, int], text: str, checked: Checked) -> Place:
    """The part of the quote that lies in one section, the longest; else what setting the words were made of."""
    compiled = checked.compiled
    assert compiled is not None
    filled = with_defaults(compiled.text, checked.draft.variables)
    start, end = filled.source(*found) if filled else found
    pieces = sorted(_pieces(compiled, start, end), key=lambda cut: cut[1] - cut[2])
    for piece, begin, finish in pieces:
        if piece.kind == "section":
            at = piece.source_start + begin - piece.start
            return Place(compiled.text[begin:finish], Span(piece.id, at, at + finish - begin))
    path = next((path for piece, _, _ in pieces if (path := _path(piece, checked))), "sections")
    return Place(text[slice(*found)], path=path)


def _pieces(compiled: Compiled, start: int, end: int) -> Iterator[tuple[Piece, int, int]]:
    for piece in compiled.source_map:
        begin, finish = max(start, piece.start), min(end, piece.end)
        if begin < finish:
            yield piece, begin, finish


def _path(piece: Piece, checked: Checked) -> str:
    if piece.kind == "tool":
        names = [tool.name for tool in checked.draft.tools]
        return f"tools.{names.index(piece.id)}" if piece.id in names else "tools"
    return {"setting": f"settings.{piece.id}", "grant": f"grants.{piece.id}"}.get(piece.kind, "")
