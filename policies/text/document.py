"""The text under check, as the checks see it: folded, decoded, cut into sentences, each read when first needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from policies.text.frames import Frame, Part, match_part
from policies.text.lexicon import Lexicon, Reader
from policies.text.normalise import normalise
from policies.text.operators import Operators
from policies.text.scope import Reading, Spot, spots_of
from policies.text.sentences import Segmenter, Sentence
from policies.text.tokens import Tokens, tokenise

_NEXT = 2  # sentences in which a frame begun before may be completed
_BLOCKS = 2


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


class Line:
    """A sentence with its spots; read (polarity, scope) on demand."""

    __slots__ = ("_reading", "mask", "section", "sentence", "spots", "tokens")

    def __init__(self, section: int, sentence: Sentence, tokens: Tokens, spots: list[Spot]) -> None:
        self.section, self.sentence, self.tokens, self.spots = section, sentence, tokens, spots
        self.mask = 0
        for spot in spots:
            self.mask |= spot.mask
        self._reading: Reading | None = None

    def reading(self, operators: Operators) -> Reading:
        if self._reading is None:
            self._reading = Reading(self.sentence, self.tokens, self.spots, operators)
        return self._reading


class Document:
    """All sections of one prompt in order."""

    def __init__(self, sections: Sequence[SectionText], lexicon: Lexicon) -> None:
        self.sections = tuple(sections)
        self.lexicon = lexicon
        self._tell = lexicon.bit("speech.tell")
        self.lines: list[Line] = []
        for index, section in enumerate(self.sections):
            readable = normalise(section.text, lexicon)
            self._add(index, tokenise(readable), lexicon.reader(readable.text))
        operators = lexicon.prepared.get("operators")
        self._operators = operators if isinstance(operators, Operators) else Operators(lexicon)
        lexicon.prepared["operators"] = self._operators

    def _add(self, section: int, tokens: Tokens, reader: Reader) -> None:
        for sentence in Segmenter(tokens, self.lexicon, reader).run():
            spots = spots_of(sentence, tokens.words, reader)
            if sentence.said:
                spots.append(Spot(sentence.first, sentence.first + 1, self._tell))
            self.lines.append(Line(section, sentence, tokens, spots))

    def find(self, frame: Frame, at: int) -> Place | None:
        """Where ``frame`` is found with its first part in line ``at``."""
        line = self.lines[at]
        found = match_part(frame.parts[0], line.reading(self._operators))
        if found is None:
            return None
        place = self._place(line, *found)
        start = found[0]
        for part in frame.parts[1:]:
            more = self._complete(part, at, start)
            if more is None:
                return None
            if more.section == place.section:
                place = Place(place.section, min(place.start, more.start), max(place.end, more.end))
        return place

    def _complete(self, part: Part, at: int, start: int) -> Place | None:
        """The part in the same sentence, not before what it completes, or in one of the next."""
        origin = self.lines[at]
        for line in self.lines[at : at + _NEXT + 1]:
            if line.section != origin.section or line.sentence.block - origin.sentence.block > _BLOCKS:
                break
            if not part.possible(line.mask):
                continue
            found = match_part(part, line.reading(self._operators), start if line is origin else 0)
            if found is not None:
                return self._place(line, *found)
        return None

    def _place(self, line: Line, first: int, last: int) -> Place:
        start, end = line.tokens.span(first, last - 1)
        return Place(line.section, start, end)


def lines_with(document: Document, mask: int) -> Iterator[int]:
    """Indexes of the lines that hold any class of ``mask``."""
    return (i for i, line in enumerate(document.lines) if line.mask & mask)
