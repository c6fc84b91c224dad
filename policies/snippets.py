"""Snippets put in place of their references: at most five deep, without cycles, pinned by digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from policies.draft import Include, Section, SnippetResolver

MAX_DEPTH = 5
MAX_PARTS = 1_000
MAX_LENGTH = 2_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of text of a host section; ``chain`` are the references that led to it, none for its own text."""

    host: Section
    text: str
    chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pin:
    """What a reference stood for when it was resolved."""

    slug: str
    at: int | str
    digest: str


@dataclass(frozen=True, slots=True)
class SnippetProblem:
    """A reference that could not be followed. ``known`` is False where nobody could look it up."""

    section: str
    reference: str
    message: str
    known: bool = True


@dataclass(slots=True)
class _Expansion:
    resolver: SnippetResolver | None
    parts: list[Part] = field(default_factory=list)
    pins: dict[str, Pin] = field(default_factory=dict)
    problems: list[SnippetProblem] = field(default_factory=list)
    length: int = 0

    def section(self, host: Section, section: Section, chain: tuple[str, ...]) -> None:
        if section.include:
            self.include(host, section.include, chain)
            return
        self.length += len(section.text)
        if len(self.parts) >= MAX_PARTS or self.length > MAX_LENGTH:
            self.problem(
                host, " › ".join(chain) or host.id, "makes the prompt larger than is permitted; include less."
            )
            return
        self.parts.append(Part(host, section.text, chain))

    def include(self, host: Section, include: Include, chain: tuple[str, ...]) -> None:
        name = str(include)
        if len(self.problems) > MAX_PARTS:
            return None
        if include.snippet in {reference.partition("@")[0] for reference in chain}:
            return self.problem(
                host, name, f"includes itself by way of {' › '.join((*chain, name))}; break the circle."
            )
        if len(chain) >= MAX_DEPTH:
            return self.problem(
                host, name, f"lies more than {MAX_DEPTH} snippets deep; include it further up."
            )
        if self.resolver is None:
            return self.problem(
                host, name, "is not known here; check it where the snippet is kept.", known=False
            )
        snippet = self.resolver(include)
        if snippet is None:
            return self.problem(
                host, name, "does not exist; choose a snippet and a revision or label that do."
            )
        self.pins[name] = Pin(include.snippet, include.at, snippet.digest)
        for section in snippet.sections:
            self.section(host, section, (*chain, name))
        return None

    def problem(self, host: Section, reference: str, message: str, *, known: bool = True) -> None:
        self.problems.append(SnippetProblem(host.id, reference, message, known))


@dataclass(frozen=True, slots=True)
class Expanded:
    """All text of a draft in order, the pins of what was included, and what could not be."""

    parts: tuple[Part, ...]
    pins: tuple[Pin, ...]
    problems: tuple[SnippetProblem, ...]


def expand(sections: Sequence[Section], resolver: SnippetResolver | None) -> Expanded:
    """Follow every reference. Total: what cannot be followed is a problem, and adds no text."""
    expansion = _Expansion(resolver)
    for section in sections:
        expansion.section(section, section, ())
    pins = sorted(expansion.pins.values(), key=lambda pin: (pin.slug, str(pin.at)))
    return Expanded(tuple(expansion.parts), tuple(pins), tuple(expansion.problems))
