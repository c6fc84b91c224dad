"""Everything that ``pack check`` promises of a pack, each fault with its place, its line, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.forms import Problem
from policies.own_patterns import finds
from policies.pack import Pack
from policies.pack_floor import loosened
from policies.pack_library import list_packs, load_pack, merged_source
from policies.pack_lines import by_name, line_of, lines_of
from policies.pack_reading import PackError, parse_pack
from policies.patterns import SLOWEST, seconds_for
from policies.validate import lexicon_of, own_words_blocked

_AT_LINE = re.compile(r"\(at line (\d+)")  # how the reader of TOML says it


@dataclass(frozen=True, slots=True)
class Fault:
    """Something for which a pack cannot be used. ``line`` of the text it was written in, where that is known."""

    path: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"Line {self.line}, " if self.line else ""
        return f"{where}{self.path}: {self.message}" if self.path else f"{where}{self.message}"


@dataclass(frozen=True, slots=True)
class Looked:
    """What a text is as a pack: ``pack`` where it has the form of one, and everything that speaks against it."""

    pack: Pack | None
    faults: tuple[Fault, ...]


def look_at(source: str | bytes, name: str = "given", *, published: bool = False) -> Looked:
    """Read a pack from one TOML text and check it. Never raises on content.

    One that extends a built-in pack, or that an organisation wants to be ``published``, permits no more than that.
    """
    text = source if isinstance(source, str) else source.decode("utf-8", "replace")
    try:
        data = merged_source(source, name)
    except PackError as error:
        return Looked(None, tuple(_with_lines(error.problems, text, {})))
    try:
        pack = parse_pack(data, name)
    except PackError as error:
        return Looked(None, tuple(_with_lines(error.problems, text, data)))
    faults = list(faults_of(pack))
    if published or pack.extends:
        faults += beyond_built_in(pack)
    return Looked(pack, tuple(_with_lines(faults, text, data)))


def faults_of(pack: Pack) -> Iterator[Problem]:
    """Words of the pack that its own checks would block, and patterns that do not what they say."""
    for fault in own_words_blocked(pack):
        id, _, sentence = fault.partition(": ")
        yield Problem(id, sentence)
    lexicon = lexicon_of(pack)
    for pattern in pack.patterns:
        path = f"patterns.{pattern.id}"
        if seconds_for(pattern.pattern, case=False) > SLOWEST:
            yield Problem(
                f"{path}.pattern",
                f'"{pattern.pattern[:60]}" would hold checks up: take out a repeat that follows another one.',
            )
            continue
        for text in pattern.blocks:
            if not finds(pattern, text, lexicon):
                yield Problem(f"{path}.blocks", f"the pattern finds nothing in “{text[:80]}”.")
        for text in pattern.passes:
            if finds(pattern, text, lexicon):
                yield Problem(f"{path}.passes", f"the pattern finds something in “{text[:80]}”.")


def beyond_built_in(pack: Pack) -> tuple[Problem, ...]:
    """What the pack permits beyond the built-in one that it extends, or else beyond the one that it is nearest to."""
    names = {ref.name for ref in list_packs()}
    if pack.name in names:
        return (
            Problem("name", f'"{pack.name}" is the name of a built-in policy; give yours a name of its own.'),
        )
    if pack.extends:
        return tuple(loosened(pack, load_pack(pack.extends)))
    objections = [tuple(loosened(pack, load_pack(name))) for name in sorted(names)]
    return min(objections, key=len)


def _with_lines(problems: Iterable[Problem], source: str, data: Mapping[str, Any]) -> Iterator[Fault]:
    lines = lines_of(source)
    for problem in problems:
        said = _AT_LINE.search(problem.message)
        line = int(said[1]) if said else line_of(problem.path, lines, data) if problem.path else None
        yield Fault(by_name(problem.path, data), problem.message, line)
