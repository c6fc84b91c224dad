"""Under what a line stands: headings, lead-ins, tags, columns of tables and labels that are open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from policies.text.layout import STOPS, Row
from policies.text.lexicon import Lexicon
from policies.text.reader import Reader
from policies.text.tokens import Tokens

_TITLE = 40  # tokens of a line that may say what it heads
_TAGS = 64  # open at once
_LABEL = 8  # tokens of a label and its colon
_COLONS = frozenset(":：")


class State(NamedTuple):
    """What is open where a passage begins: all that its reading takes from what stands before it."""

    headings: tuple[tuple[int, int], ...] = ()  # (level, base)
    lead: tuple[int, int, bool] | None = None  # (base, indent, of a bullet)
    tags: tuple[tuple[str, int], ...] = ()
    columns: tuple[int | None, ...] = ()
    blank: bool = True  # a blank line stands before it
    crowded: bool = False  # the text had more sentences already than anybody writes


class Marks:
    """The lexicon's classes of headings, labels and speakers, as masks."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.negative = lexicon.bit("op.heading_neg")
        self.answer = lexicon.bit("op.answer")
        self.weak = lexicon.bit("op.heading_weak")
        self.mention = lexicon.bit("op.heading_mention")
        self.positive = lexicon.bit("op.heading_pos")
        self.user = lexicon.bit("op.speaker_user")
        self.model = lexicon.bit("op.speaker_model")
        self.third = lexicon.bit("op.third")


class Outline:
    """What is open, kept up while the lines of a passage go by."""

    def __init__(self, tokens: Tokens, marks: Marks, reader: Reader, state: State) -> None:
        self._tokens, self._words, self._reader, self._marks = tokens, tokens.words, reader, marks
        self._headings = list(state.headings)
        self._lead = state.lead
        self._tags = list(state.tags)
        self.columns = list(state.columns)  # of the table that is open: what each column heads

    def state(self) -> State:
        """What is open after the last line."""
        return State(tuple(self._headings), self._lead, tuple(self._tags), tuple(self.columns))

    def kind_of(self, first: int, last: int) -> int | None:
        """What these words say of what stands under them, if anything."""
        return self.kind(self.mask(first, last))

    def kind(self, mask: int) -> int | None:
        if mask & self._marks.mention:
            return 0
        if mask & self._marks.negative:
            return -1
        if mask & self._marks.weak:
            return -2
        if mask & self._marks.positive:
            return 1
        return None

    def mask(self, first: int, last: int) -> int:
        words = tuple(self._words[first : min(last, first + 2 * _TITLE)])
        if last - first <= _TITLE:
            return self._reader.mask(words)
        mask = 0
        for at, _, found in self._reader.spots(words):
            mask |= found if at < _TITLE else 0
        return mask

    # --- headings and lead-ins -----------------------------------------------------------------------------------

    def looks_like_heading(self, line: Row) -> bool:
        """A short line of its own in bold or capitals, or ended by a colon-less title before a blank line."""
        words = self._words
        if line.bullet or line.last - line.first > 9 or not line.blank_before:
            return False
        text = self._tokens.folded.text[self._tokens.start(line.first) : self._tokens.end(line.last - 1)]
        if words[line.last - 1] in STOPS or words[line.last - 1] in ",;":
            return False
        stripped = text.strip("*_=[]: ")
        bold = (line.bold or text.startswith(("__", "==", "[", "---"))) and text.rstrip(": ").endswith(
            ("**", "__", "==", "]", "---")
        )
        return bool(stripped) and (
            bold
            or (stripped.isupper() and len(stripped) > 3)
            or (text[:1].isupper() and not text.endswith(":"))
        )

    def heading(self, line: Row) -> int:
        """Open a heading; what it says of what stands under it."""
        level = line.level or 7
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        kind = self.kind_of(line.first, line.last)
        if kind is None:
            kind = self._headings[-1][1] if self._headings and line.level else 1
        self._headings.append((level, kind))
        self._lead = None
        return kind

    def lead_in(self, line: Row, base: int) -> None:
        """Open what a line with a colon at its end leads to."""
        kind = self.kind_of(line.first, line.last)
        self._lead = (base if kind is None else kind, line.indent, line.bullet)

    def base(self, line: Row) -> int:
        lead = self._lead
        if lead is not None:
            hangs = line.bullet and (line.indent > lead[1] or not lead[2])
            follows = not line.blank_before and not lead[2]
            if hangs or follows:
                return lead[0]
            if not line.bullet or line.indent <= lead[1]:
                self._lead = None
        if self._tags and self._tags[-1][1] != 1:
            return self._tags[-1][1]
        if self._headings:
            return self._headings[-1][1]
        return 1

    def label(self, line: Row) -> int:
        """Index after the colon of a leading label, or 0."""
        words = self._words
        if _COLONS.isdisjoint(words[line.first : line.first + _LABEL]):
            return 0
        for at in range(line.first, min(line.last - 1, line.first + _LABEL)):
            if words[at] in _COLONS:
                return at + 1
            if words[at] in STOPS or words[at] in ",;(":
                return 0
        return 0

    # --- tables --------------------------------------------------------------------------------------------------

    def open_table(self, above: Row, line: Row) -> None:
        """A row of dashes below a line makes it the heads of a Markdown table."""
        marks = self._words[line.first : line.last]
        if "|" in marks and "-" in marks and all(mark in "|-:" for mark in marks):
            self.columns = [self.kind_of(first, last) for first, last in self.cells(above)]

    def cells(self, line: Row) -> Iterator[tuple[int, int]]:
        first = line.first + (self._words[line.first] == "|")
        for at in range(first, line.last):
            if self._words[at] == "|":
                yield first, at
                first = at + 1
        if first < line.last:
            yield first, line.last

    # --- tags ----------------------------------------------------------------------------------------------------

    def tag(self, at: int, last: int) -> int:
        """Index after the tag that opens at ``at``, or 0."""
        words = self._words
        nxt = words[at + 1]
        if not (nxt in "/!" or nxt[0].isalpha()):
            return 0
        if nxt == "!":  # a comment is text like any other
            return at + 2
        for end in range(at + 1, min(last, at + 40)):
            if words[end] == ">":
                return end + 1
            if words[end] == "<":
                return 0
        return 0

    def open_tag(self, at: int, end: int, base: int) -> int:
        """Open or close a tag; what it says of what follows it."""
        words = self._words
        if words[at + 1] == "!":
            return base
        closing = words[at + 1] == "/"
        name = words[at + 2] if closing and at + 2 < end else words[at + 1]
        if closing:
            for index in range(len(self._tags) - 1, -1, -1):
                if self._tags[index][0] == name:
                    del self._tags[index:]
                    break
            return self._tags[-1][1] if self._tags else 1
        kind = self.kind_of(at + 1, end - 1)
        if kind is None:
            kind = self._tags[-1][1] if self._tags else base
        self._tags.append((name, kind))
        del self._tags[:-_TAGS]
        self._lead = None
        return kind
