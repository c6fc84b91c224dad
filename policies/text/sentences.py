"""Cut tokens into sentences, and know under which heading, lead-in, tag or speaker each stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from policies.text.common_words import CONTINUING, DANGLING
from policies.text.lexicon import Lexicon
from policies.text.reader import Reader
from policies.text.tokens import Tokens

_STOPS = frozenset(".!?。！？؟।|")
_BULLETS = frozenset("-*•·‣◦▪+—>○●■□→✓✗✘❌✅⛔🚫")
_ABBREVIATIONS = frozenset(
    [
        "e",
        "g",
        "i",
        "eg",
        "ie",
        "mr",
        "mrs",
        "ms",
        "dr",
        "st",
        "no",
        "vs",
        "etc",
        "approx",
        "inc",
        "ltd",
        "prof",
        "art",
        "z",
        "b",
        "bzw",
        "ca",
        "p",
        "ex",
        "dept",
        "min",
        "max",
        "incl",
        "tel",
    ]
)
_BAD_MARKS = frozenset("✗✘❌⛔🚫")
_BREAKS = _STOPS | {"<"}
_TITLE = 40  # tokens of a line that may say what it heads
_SPEAKERS = frozenset("qau")  # 'Q: …' begins an example, no item
_LEADS = _STOPS | frozenset(":：")
_PIECE = 8  # tokens of a line that may be a piece of a sentence
_PIECES = 40
_SEAMS = 4  # one line of so many shows that it goes on in the next
_LONE = 4  # full stops in a row that count as sentences
_TAGS = 64  # open at once
_LONG = 120  # tokens: text without any full stop is cut so that no sentence grows without bound


@dataclass(slots=True)
class Sentence:
    """Tokens ``first`` to ``last`` (exclusive). ``base``: 1 stands as said, -1 under a prohibition, -2 under what is out of scope, 0 only mentioned."""

    first: int
    last: int
    base: int
    block: int
    said: bool = False  # the assistant's own words: a line of an example dialogue
    asked: bool = (
        False  # a user's words in an example dialogue: only mentioned, but what comes next answers them
    )
    lead_in: bool = False  # ends with a colon, what follows hangs on it
    item: bool = False
    mask: int = 0


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


@dataclass(slots=True)
class _Line:
    first: int
    last: int
    indent: int
    bullet: bool
    level: int  # of a Markdown heading, 0 if none
    blank_before: bool
    bad: bool
    bold: bool = False  # begins with two asterisks


def lines_of(tokens: Tokens, blank: bool) -> Iterator[_Line]:
    words, firsts = tokens.words, tokens.firsts
    for index, first in enumerate(firsts):
        end = firsts[index + 1] - 1 if index + 1 < len(firsts) else tokens.size
        if end > first:
            yield _line(words, first, end, tokens.indent(index), blank)
        blank = end == first


def _line(words: list[str], first: int, end: int, indent: int, blank: bool) -> _Line:
    at, level, bullet, bad = first, 0, False, False
    while at < end and words[at] == "#":
        level += 1
        at += 1
    bold = False
    while at < end - 1 and words[at] in _BULLETS:
        if words[at] == "*" == words[at + 1]:
            bold = True
            at += 2
            continue
        bullet = True
        bad = bad or words[at] in _BAD_MARKS
        at += 1
    if at + 1 < end and not level:
        numbered = (
            len(words[at]) <= 3
            and words[at + 1] in ".):"
            and (words[at].isdigit() or (len(words[at]) == 1 and words[at].isalpha()))
            and not (words[at] in _SPEAKERS and words[at + 1] == ":")
        )
        bracketed = words[at] == "(" and at + 2 < end and words[at + 2] == ")" and len(words[at + 1]) <= 3
        if numbered:
            at, bullet = at + 2, True
            while at + 1 < end and words[at].isdigit() and len(words[at]) <= 2:
                at += 2 if words[at + 1] in ".)" else 1
        elif bracketed:
            at, bullet = at + 3, True
    return _Line(at, end, indent, bullet, level, blank, bad, bold)


class Segmenter:
    """Walks the lines of a passage once; holds headings, lead-ins and tags that are open."""

    def __init__(self, tokens: Tokens, marks: Marks, reader: Reader, state: State) -> None:
        self.tokens, self.words, self.reader, self.marks = tokens, tokens.words, reader, marks
        self._headings = list(state.headings)
        self._lead = state.lead
        self._tags = list(state.tags)
        self._columns = list(state.columns)  # of the table that is open: what each column heads
        self._blank, self._crowded = state.blank, state.crowded
        self._pieces: list[_Line] = []  # short lines that may be one sentence
        self._pieces_base = 1
        self._block = self._lone = 0
        self.out: list[Sentence] = []

    @property
    def blocks(self) -> int:
        return self._block

    def state(self) -> State:
        """What is open after the last line."""
        return State(tuple(self._headings), self._lead, tuple(self._tags), tuple(self._columns))

    def run(self) -> list[Sentence]:
        held: _Line | None = None
        for line in lines_of(self.tokens, self._blank):
            if held is not None and self._rules_off(line):
                self._columns = self._heads(held)
            if held is not None and self._continues(held, line):
                held.last = line.last
                continue
            if held is not None:
                self._take(held)
            held = line
        if held is not None:
            self._take(held)
        self._join(None)
        return self.out

    def _continues(self, above: _Line, line: _Line) -> bool:
        """A line that was only wrapped: no mark of its own, small letter first, no end above it."""
        if line.blank_before or line.bullet or line.level or above.level or line.last - above.first > 400:
            return False
        words, start = self.words, self.tokens.start
        if words[above.last - 1] in _STOPS or words[above.last - 1] in ":：>;":
            return False
        long_enough = start(above.last - 1) - start(above.first) > 50
        return long_enough and self.tokens.folded.text[start(line.first)].islower()

    # --- a line --------------------------------------------------------------------------------------------------

    def _take(self, line: _Line) -> None:
        if line.first >= line.last:
            return
        words = self.words
        if line.blank_before or line.bullet or line.level:
            self._block += 1
        if line.level or self._looks_like_heading(line):
            self._join(None)
            self._heading(line)
            if not line.level:  # what looks like a title may be the first line of a sentence
                self._pieces, self._pieces_base = [line], self._headings[-1][1]
            return
        base = self._base(line)
        if line.bad:
            base = -1
        self._gather(line, base)
        if self._columns:
            if self._row(line, base):
                return
            self._columns = []
        ends_lead = words[line.last - 1] in (":", "：") or (
            words[line.last - 1] in "*_" and ":" in words[max(line.first, line.last - 3) : line.last]
        )
        said = asked = False
        at = line.first
        label_end = self._label(line)
        if label_end:
            label = self._mask(at, label_end)
            kind = self._kind(label)
            if label & self.marks.user and label_end - at <= 3:
                asked, base = base > 0, 0
            elif label_end - at <= 3 and (label & self.marks.model or self._answers(line)):
                said = base != 0
            elif kind is not None and base != 0 and (kind != -2 or label_end - at <= 4):
                base = kind
        begun = len(self.out)
        self._sentences(at, line.last, base, said, line)
        for sentence in self.out[begun:]:
            sentence.asked = asked
        if ends_lead:
            last = self.out[-1] if self.out else None
            lead_base = self._kind(self._mask(line.first, line.last))
            if lead_base is None:
                lead_base = base
            if last is not None:
                last.lead_in = True
            self._lead = (lead_base, line.indent, line.bullet)

    # --- one sentence cut into lines -----------------------------------------------------------------------------

    def _gather(self, line: _Line, base: int) -> None:
        """Short lines one after the other; the first may be any line that does not end its sentence."""
        short = line.last - line.first <= _PIECE
        if self._pieces and not line.blank_before and short and len(self._pieces) < _PIECES:
            self._pieces.append(line)
            return
        self._join(line)
        self._pieces, self._pieces_base = [line], base

    def _join(self, following: _Line | None) -> None:
        """Lines that go on in the next ones are read as one sentence, too: an order cut into bullets is still one."""
        pieces, self._pieces = self._pieces, []
        if pieces and self.words[pieces[0].last - 1] in _LEADS:
            del pieces[0]
        if not self._goes_on(pieces) or self._pieces_base == 0:
            return
        parts = [(self._tail(pieces[0]), pieces[0].last), *((line.first, line.last) for line in pieces[1:])]
        if following is not None and not following.blank_before and self._begun(following):
            parts.append((following.first, min(following.last, following.first + _PIECE)))
        first, last = self.tokens.join(at for start, end in parts for at in range(start, end))
        self._sentences(first, last, self._pieces_base, False, replace(pieces[0], first=first, last=last))

    def _goes_on(self, pieces: list[_Line]) -> bool:
        """Whether lines end or begin as no sentence does, or only the first of them begins with a capital."""
        if len(pieces) < 2:
            return False
        words = self.words
        begun = [self._begun(line) for line in pieces]
        if not begun[0] and all(begun[1:]) and words[pieces[0].last - 1] not in _STOPS:
            return True
        seams = sum(
            words[above.last - 1] in DANGLING or (goes_on and words[line.first] in CONTINUING)
            for (above, line), goes_on in zip(pairwise(pieces), begun[1:], strict=True)
        )
        return seams * _SEAMS >= len(pieces) - 1

    def _begun(self, line: _Line) -> bool:
        """Whether a line begins as what is in the midst of a sentence does: with no capital."""
        return not self.tokens.folded.text[self.tokens.start(line.first)].isupper()

    def _tail(self, line: _Line) -> int:
        """Where the last sentence of a line begins, which does not end in it."""
        for at in range(line.last - 2, line.first - 1, -1):
            if self.words[at] in _STOPS:
                return at + 1
        return line.first

    # --- tables --------------------------------------------------------------------------------------------------

    def _rules_off(self, line: _Line) -> bool:
        """The row of dashes below the heads of a Markdown table."""
        marks = self.words[line.first : line.last]
        return "|" in marks and "-" in marks and all(mark in "|-:" for mark in marks)

    def _heads(self, line: _Line) -> list[int | None]:
        return [self._kind(self._mask(first, last)) for first, last in self._cells(line)]

    def _cells(self, line: _Line) -> Iterator[tuple[int, int]]:
        first = line.first + (self.words[line.first] == "|")
        for at in range(first, line.last):
            if self.words[at] == "|":
                yield first, at
                first = at + 1
        if first < line.last:
            yield first, line.last

    def _row(self, line: _Line, base: int) -> bool:
        """A row of the open table, each cell under the head of its column; false where the table has ended."""
        if "|" not in self.words[line.first : line.last]:
            return False
        for at, (first, last) in enumerate(self._cells(line)):
            kind = self._columns[at] if at < len(self._columns) else None
            self._sentences(first, last, base if kind is None or base == 0 else kind, False, line)
        return True

    # --- lines ---------------------------------------------------------------------------------------------------

    def _answers(self, line: _Line) -> bool:
        """Whoever speaks right after the user in an example dialogue is the assistant, whatever its name."""
        return (
            bool(self.out)
            and self.out[-1].asked
            and not line.blank_before
            and self.out[-1].last >= line.first - 4
        )

    def _looks_like_heading(self, line: _Line) -> bool:
        """A short line of its own in bold or capitals, or ended by a colon-less title before a blank line."""
        words = self.words
        if line.bullet or line.last - line.first > 9 or not line.blank_before:
            return False
        text = self.tokens.folded.text[self.tokens.start(line.first) : self.tokens.end(line.last - 1)]
        if words[line.last - 1] in _STOPS or words[line.last - 1] in ",;":
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

    def _heading(self, line: _Line) -> None:
        level = line.level or 7
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        kind = self._kind(self._mask(line.first, line.last))
        if kind is None:
            kind = self._headings[-1][1] if self._headings and line.level else 1
        self._headings.append((level, kind))
        self._lead = None
        self._sentences(line.first, line.last, 1 if kind else 0, False, line)

    def _base(self, line: _Line) -> int:
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

    def _kind(self, mask: int) -> int | None:
        if mask & self.marks.mention:
            return 0
        if mask & self.marks.negative:
            return -1
        if mask & self.marks.weak:
            return -2
        if mask & self.marks.positive:
            return 1
        return None

    def _label(self, line: _Line) -> int:
        """Index after the colon of a leading label, or 0."""
        words = self.words
        for at in range(line.first, min(line.last - 1, line.first + 8)):
            if words[at] in (":", "："):
                return at + 1
            if words[at] in _STOPS or words[at] in ",;(":
                return 0
        return 0

    def _mask(self, first: int, last: int) -> int:
        known = self.reader.known(tuple(self.words[first : min(last, first + 2 * _TITLE)]))
        if last - first <= _TITLE:
            return known.mask
        mask = 0
        for at, _, found in known.spots:
            mask |= found if at < _TITLE else 0
        return mask

    # --- sentences of a line -------------------------------------------------------------------------------------

    def _sentences(self, first: int, last: int, base: int, said: bool, line: _Line) -> None:
        words = self.words
        start = at = first
        short = last - first <= _LONG
        if short and _BREAKS.isdisjoint(words[first : last - 1]):  # one sentence, as most lines are
            at = last
        while at < last:
            word = words[at]
            if short and word not in _BREAKS:
                at += 1
                continue
            if word in _STOPS and not self._crowded and not self._inside(at, last):
                self._emit(start, at + 1, base, said, line)
                start = at + 1
            elif word == "<" and at + 1 < last:
                end = self._tag(at, last)
                if end:
                    self._emit(start, at, base, said, line)
                    base = self._open(at, end, base)
                    start = end
                    at = end - 1
            elif at - start >= _LONG:
                self._emit(start, at, base, said, line)
                start = at
            at += 1
        self._emit(start, last, base, said, line)

    def _inside(self, at: int, last: int) -> bool:
        """A full stop inside a number, an address or an abbreviation does not end a sentence."""
        tokens = self.tokens
        if (
            at + 2 < last
            and self.words[at + 1] == '"'
            and not tokens.folded.text[tokens.start(at + 2)].isupper()
        ):
            return True  # 'asked "are you a robot?", say …'
        if self.words[at] != ".":
            return False
        tight = at + 1 < last and self.words[at + 1][0].isalnum() and tokens.tight(at)
        if tight and at and tokens.end(at - 1) == tokens.start(at):
            return not (
                len(self.words[at - 1]) > 3
                and len(self.words[at + 1]) > 3
                and tokens.folded.text[tokens.start(at + 1)].isupper()
            )
        return (
            at > 0
            and self.words[at - 1] in _ABBREVIATIONS
            and at + 1 < last
            and not tokens.folded.text[tokens.start(at + 1)].isupper()
        )

    def _tag(self, at: int, last: int) -> int:
        """Index after the tag that opens at ``at``, or 0."""
        words = self.words
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

    def _open(self, at: int, end: int, base: int) -> int:
        words = self.words
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
        kind = self._kind(self._mask(at + 1, end - 1))
        if kind is None:
            kind = self._tags[-1][1] if self._tags else base
        self._tags.append((name, kind))
        del self._tags[:-_TAGS]
        self._lead = None
        if end - at > 5:  # attributes may hold text
            self.out.append(Sentence(at + 2, end - 1, base, self._block))
        return kind

    def _follows_sentence(self, first: int, line: _Line) -> bool:
        """Whether one sentence, not only a tag, stands before it in its line: of more, each is forbidden for itself."""
        if first == line.first or self.words[first - 1] not in _STOPS or self.words[first - 1] == "|":
            return False
        before = self.out[-2] if len(self.out) > 1 else None
        return before is None or before.first < line.first or self.out[-1].base > 0

    def _emit(self, first: int, last: int, base: int, said: bool, line: _Line) -> None:
        if last > first:
            if (
                base < 0
                and self._follows_sentence(first, line)
                and last - first > 2
                and self.reader.entry(self.words[first])[0] & self.marks.answer
            ):
                base = (
                    1  # 'Never sell to minors. Say that …': the prohibition is followed by what to do instead
                )
            if last - first == 1 and self.words[first] in _STOPS:
                self._lone += 1
                if self._lone > _LONE:  # '.....' is one pause; no frame reaches over as many
                    self.out[-1].last = last
                    return
            else:
                self._lone = 0
            self.out.append(Sentence(first, last, base, self._block, said, item=line.bullet))
