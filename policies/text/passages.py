"""A text in passages, each made readable and read once: while somebody types, all but one are known.

A passage is some paragraphs, so long that most hold a few sentences. Its reading depends on its own words, the text's
languages, and what is open where it begins (headings, lead-ins, tags); under another one of these it is read anew.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

from policies.text.fold import Folded, mostly_latin
from policies.text.lexicon import Lexicon
from policies.text.lines import Line
from policies.text.normalise import normalise
from policies.text.operators import Operators
from policies.text.outline import Marks, State
from policies.text.reader import Reader
from policies.text.sentences import Segmenter
from policies.text.templates import filled_in
from policies.text.tokens import Tokens, tokenise

_SHORTEST, _LONGEST = 300, 2500  # characters, where there is a blank line or another place to cut
_CUT = re.compile(r"\n[ \t\r]*\n\s*|\n(?=[-*#•] |\d{1,2}[.)] )")
_SECTIONS, _SHORT = 64, 20_000  # sections whose cuts are kept, of at most so many characters
MOST_KEPT = 600_000  # characters of all passages that are kept
_TOO_LONG = 60_000  # characters of a passage that is not kept
_READINGS = 4  # of one passage
_SENTENCES = 40_000  # after as many, a text is cut by length alone


class Read(NamedTuple):
    """A passage read: its sentences, how many blocks it has, what is open behind it."""

    lines: tuple[Line, ...]
    blocks: int
    state: State


@dataclass(slots=True)
class Passage:
    readable: Folded
    tokens: Tokens
    signs: frozenset[str]
    readings: dict[tuple[Reader, State], Read] = field(default_factory=dict)


class Stand(NamedTuple):
    """Where a passage stands in the prompt; the same of all its lines."""

    section: int
    start: int  # in the section's text, values of variables filled in
    block: int
    filled: Folded

    def span(self, line: Line, first: int, last: int) -> tuple[int, int]:
        """Code points of the section's text as it was given of the words ``first`` to ``last``, both included."""
        start, end = line.tokens.span(first, last)
        return self.filled.span(self.start + start, self.start + end)


class Passages:
    """The passages that were met lately, by their text."""

    def __init__(self, lexicon: Lexicon, operators: Operators) -> None:
        self._lexicon, self._operators = lexicon, operators
        self._marks = Marks(lexicon)
        self._kept: OrderedDict[tuple[str, bool], Passage] = OrderedDict()
        self.size = 0  # characters of what is kept
        self.counted = 0  # passages that were new
        self._lock = Lock()

    def read(self, section: int, text: str) -> Iterator[tuple[Stand, tuple[Line, ...]]]:
        """The sentences of a section, passage by passage."""
        filled, latin, cuts = _known_cut(text) if len(text) <= _SHORT else _cut(text)
        passages = [self._passage(filled.text[a:b], latin) for a, b, _ in cuts]
        reader = self._lexicon.reader(frozenset().union(*(passage.signs for passage in passages)))
        state, block, count = State(), 0, 0
        for passage, (start, _, blank) in zip(passages, cuts, strict=True):
            read = self._read(passage, reader, state._replace(blank=blank, crowded=count > _SENTENCES))
            yield Stand(section, start, block, filled), read.lines
            state, block, count = read.state, block + read.blocks, count + len(read.lines)

    def _passage(self, text: str, latin: bool) -> Passage:
        key = (text, latin)
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return known
        self.counted += 1
        readable = normalise(text, self._lexicon, latin)
        tokens = tokenise(readable)
        passage = Passage(readable, tokens, self._lexicon.signs(readable.text, tokens.words))
        if len(text) <= _TOO_LONG:
            self._keep(key, passage)
        return passage

    def _keep(self, key: tuple[str, bool], passage: Passage) -> None:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = passage
                self.size += len(key[0])
            while self.size > MOST_KEPT:
                (text, _), _ = self._kept.popitem(last=False)
                self.size -= len(text)

    def _read(self, passage: Passage, reader: Reader, state: State) -> Read:
        known = passage.readings.get((reader, state))
        if known is None:
            segmenter = Segmenter(passage.tokens, self._marks, reader, state)
            sentences = segmenter.run()
            lines = tuple(Line(one, passage.tokens, reader, self._operators) for one in sentences)
            known = Read(lines, segmenter.blocks, segmenter.state())
            if len(passage.readings) >= _READINGS:
                passage.readings.clear()
            passage.readings[reader, state] = known
        return known


class _CutUp(NamedTuple):
    """A section's text with values of variables filled in, and where its passages begin and end."""

    filled: Folded
    latin: bool
    cuts: tuple[tuple[int, int, bool], ...]


def _cut(text: str) -> _CutUp:
    filled = filled_in(text)
    return _CutUp(filled, mostly_latin(filled.text), tuple(_cuts(filled.text)))


@lru_cache(maxsize=_SECTIONS)
def _known_cut(text: str) -> _CutUp:
    return _cut(text)


def _cuts(text: str) -> Iterator[tuple[int, int, bool]]:
    """Where passages begin and end, and whether a blank line stands before them."""
    start, blank = 0, True
    for match in _CUT.finditer(text):
        paragraph = match.end() > match.start() + 1
        if match.end() - start >= (_SHORTEST if paragraph else _LONGEST):
            yield start, match.end(), blank
            start, blank = match.end(), paragraph
    if start < len(text) or not start:
        yield start, len(text), blank
