"""The text under check, as the checks see it: made readable, cut into sentences, each read when first needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_

from policies.text.frames import OVER, Frame, Part, match_part, orders
from policies.text.lexicon import Lexicon
from policies.text.lines import Line
from policies.text.operators import Operators
from policies.text.passages import Passages, Stand

_NEXT = 2  # sentences in which a frame begun before may be completed


@dataclass(frozen=True, slots=True)
class SectionText:
    """One section's text exactly as it was given; ``id`` is None for a bare text."""

    id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """Code points of a section's text as it was given; ``section`` is the index of the section."""

    section: int
    start: int
    end: int


class Document:
    """All sections of one prompt in order."""

    def __init__(self, sections: Sequence[SectionText], lexicon: Lexicon) -> None:
        self.sections = tuple(sections)
        self.lexicon = lexicon
        self.lines: list[Line] = []
        self._stands: list[Stand] = []  # by line
        passages = _passages(lexicon)
        for index, section in enumerate(self.sections):
            for stand, lines in passages.read(index, section.text):
                self.lines += lines
                self._stands += [stand] * len(lines)

    @cached_property
    def mask(self) -> int:
        """The classes of all sentences together."""
        return reduce(or_, (line.mask for line in self.lines), 0)

    def begin(self, frame: Frame, at: int) -> tuple[int, int] | None:
        """Where in line ``at`` the first part of ``frame`` is found: words from the line's first one."""
        line = self.lines[at]
        found = match_part(frame.parts[0], line.reading())
        first = line.sentence.first
        return None if found is None else (found[0] - first, found[1] - first)

    def complete(self, frame: Frame, at: int, begun: tuple[int, int]) -> Place | None:
        """The whole place of ``frame`` whose first part was found at ``begun`` of line ``at``."""
        if frame.nowhere & self.mask:
            return None
        first = self.lines[at].sentence.first
        start = first + begun[0]
        place = self._place(at, start, first + begun[1])
        for part in frame.parts[1:]:
            more = self._part(part, at, start)
            if more is None:
                return None
            if more.section == place.section:
                place = Place(place.section, min(place.start, more.start), max(place.end, more.end))
        return None if frame.around and self._orders_around(frame.around, at) else place

    def _orders_around(self, mask: int, at: int) -> bool:
        """Whether any of these classes is ordered in the sentence, or the two before or after it in the section."""
        section = self._stands[at].section
        return any(
            self.lines[number].mask & mask
            and self._stands[number].section == section
            and orders(mask, self.lines[number].reading())
            for number in range(max(at - _NEXT, 0), min(at + _NEXT + 1, len(self.lines)))
        )

    def _part(self, part: Part, at: int, start: int) -> Place | None:
        """The part in the same sentence, not before what it completes, or in one of the next."""
        section, block = self._stands[at].section, self._block(at)
        over = max(part.blocks, OVER) if self.lines[at].leads else part.blocks
        for number in range(at + part.later, min(at + _NEXT + 1, len(self.lines))):
            if self._stands[number].section != section or self._block(number) - block > over:
                break
            line = self.lines[number]
            if not part.possible(line.mask):
                continue
            found = match_part(part, line.reading(), start if number == at else 0)
            if found is not None:
                return self._place(number, *found)
        return None

    def _block(self, at: int) -> int:
        return self._stands[at].block + self.lines[at].sentence.block

    def _place(self, at: int, first: int, last: int) -> Place:
        stand = self._stands[at]
        start, end = stand.span(self.lines[at], first, last - 1)
        return Place(stand.section, start, end)


def _passages(lexicon: Lexicon) -> Passages:
    known = lexicon.prepared.get("passages")
    if not isinstance(known, Passages):
        known = lexicon.prepared["passages"] = Passages(lexicon, Operators(lexicon))
    return known
