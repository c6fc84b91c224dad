"""The text under check, as the checks see it: made readable, cut into sentences, each read when first needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policies.text.frames import Frame, Part, match_part
from policies.text.lexicon import Lexicon
from policies.text.normalise import normalise
from policies.text.operators import Operators
from policies.text.reader import Known, Reader
from policies.text.scope import Reading
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
    """A sentence with what the lexicon says of it; read (polarity, scope) on demand."""

    __slots__ = ("_reading", "key", "known", "mask", "section", "sentence", "tokens")

    def __init__(self, section: int, sentence: Sentence, tokens: Tokens, reader: Reader, tell: int) -> None:
        self.section, self.sentence, self.tokens = section, sentence, tokens
        words = tuple(tokens.words[sentence.first : sentence.last])
        self.known: Known = reader.known(words)
        self.mask = self.known.mask | (tell if sentence.said else 0)
        self.key = (words, sentence.base, sentence.said)  # all that a reading depends on
        self._reading: Reading | None = None

    def reading(self, operators: Operators, tell: int) -> Reading:
        if self._reading is None:
            self._reading = Reading(self.sentence, self.tokens, self.known, operators, tell)
        return self._reading


class Document:
    """All sections of one prompt in order."""

    def __init__(self, sections: Sequence[SectionText], lexicon: Lexicon) -> None:
        self.sections = tuple(sections)
        self.lexicon = lexicon
        operators = lexicon.prepared.get("operators")
        self.operators = operators if isinstance(operators, Operators) else Operators(lexicon)
        lexicon.prepared["operators"] = self.operators
        self._tell = lexicon.bit("speech.tell")
        self.lines: list[Line] = []
        for index, section in enumerate(self.sections):
            readable = normalise(section.text, lexicon)
            tokens = tokenise(readable)
            reader = lexicon.reader(readable.text, tokens.words)
            for sentence in Segmenter(tokens, lexicon, reader).run():
                self.lines.append(Line(index, sentence, tokens, reader, self._tell))

    def begin(self, frame: Frame, at: int) -> tuple[int, int] | None:
        """Where in line ``at`` the first part of ``frame`` is found: words from the line's first one."""
        line = self.lines[at]
        found = match_part(frame.parts[0], line.reading(self.operators, self._tell))
        first = line.sentence.first
        return None if found is None else (found[0] - first, found[1] - first)

    def complete(self, frame: Frame, at: int, begun: tuple[int, int]) -> Place | None:
        """The whole place of ``frame`` whose first part was found at ``begun`` of line ``at``."""
        line = self.lines[at]
        start = line.sentence.first + begun[0]
        place = self._place(line, start, line.sentence.first + begun[1])
        for part in frame.parts[1:]:
            more = self._part(part, at, start)
            if more is None:
                return None
            if more.section == place.section:
                place = Place(place.section, min(place.start, more.start), max(place.end, more.end))
        return place

    def _part(self, part: Part, at: int, start: int) -> Place | None:
        """The part in the same sentence, not before what it completes, or in one of the next."""
        origin = self.lines[at]
        for line in self.lines[at + part.later : at + _NEXT + 1]:
            if line.section != origin.section or line.sentence.block - origin.sentence.block > _BLOCKS:
                break
            if not part.possible(line.mask):
                continue
            reading = line.reading(self.operators, self._tell)
            found = match_part(part, reading, start if line is origin else 0)
            if found is not None:
                return self._place(line, *found)
        return None

    def _place(self, line: Line, first: int, last: int) -> Place:
        start, end = line.tokens.span(first, last - 1)
        return Place(line.section, start, end)
