"""Cut tokens into sentences, and know under what each stands and who says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policies.text.fragments import Fragments
from policies.text.layout import STOPS, Row, rows_of
from policies.text.outline import Marks, Outline, State
from policies.text.reader import Reader
from policies.text.tokens import Tokens

_ABBREVIATED = (
    "e g i eg ie mr mrs ms dr st no vs etc approx inc ltd prof art z b bzw ca p ex dept min max incl tel"
)
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())
_THEY = frozenset(
    [
        "they",
        "he",
        "she",
        "sie",
        "er",
        "ellos",
        "ellas",
        "ils",
        "elles",
        "eles",
        "elas",
        "они",
        "он",
        "она",
        "loro",
        "ze",
        "zij",
        "oni",
    ]
)
_FULL_STOPS = frozenset(".!。！।")
_BREAKS = STOPS | {"<"}
_LONE = 4  # full stops in a row that count as sentences
_MOST_STOPS = 60_000  # of a passage; after as many, it is cut by length alone
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


class Segmenter:
    """Walks the lines of a passage once."""

    def __init__(self, tokens: Tokens, marks: Marks, reader: Reader, state: State) -> None:
        self.tokens, self.words, self.reader, self.marks = tokens, tokens.words, reader, marks
        self._outline = Outline(tokens, marks, reader, state)
        self._fragments = Fragments(tokens)
        self._blank, self._crowded = state.blank, state.crowded
        self._lone = self._stops = 0
        self._opening = range(0)  # the first words of the last sentence that said who
        self.blocks = 0
        self.out: list[Sentence] = []

    def state(self) -> State:
        """What is open after the last line."""
        return self._outline.state()

    def run(self) -> list[Sentence]:
        held: Row | None = None
        for line in rows_of(self.tokens, self._blank):
            if held is not None:
                self._outline.open_table(held, line)
                if self._continues(held, line):
                    held.last = line.last
                    continue
                self._take(held)
            held = line
        if held is not None:
            self._take(held)
        self._join(None)
        return self.out

    def _continues(self, above: Row, line: Row) -> bool:
        """A line that was only wrapped: no mark of its own, small letter first, no end above it."""
        if line.blank_before or line.bullet or line.level or above.level or line.last - above.first > 400:
            return False
        words, start = self.words, self.tokens.start
        if words[above.last - 1] in STOPS or words[above.last - 1] in ":：>;":
            return False
        if not self.tokens.folded.text[start(line.first)].islower():
            return False
        return start(above.last - 1) - start(above.first) > 50

    def _after_stop(self, line: Row) -> bool:
        """Whether the line before ended in a full stop: then each is a rule of its own, unless this one answers it."""
        words, at = self.words, line.first
        return (
            at > 1
            and words[at - 2] in _FULL_STOPS
            and words[at] != "("
            and words[at + 1 : at + 2] not in ([":"], ["："])
        )

    # --- a line --------------------------------------------------------------------------------------------------

    def _take(self, line: Row) -> None:
        if line.first >= line.last:
            return
        if line.blank_before or line.bullet or line.level or self._after_stop(line):
            self.blocks += 1
        if line.level or self._outline.looks_like_heading(line):
            self._take_heading(line)
            return
        base = -1 if line.bad else self._outline.base(line)
        if not self._fragments.takes(line):
            self._join(line)
            self._fragments.begin(line, base)
        if self._outline.columns:
            if self._take_row(line, base):
                return
            self._outline.columns = []
        self._take_text(line, base)

    def _take_heading(self, line: Row) -> None:
        self._join(None)
        kind = self._outline.heading(line)
        self._sentences(line.first, line.last, 1 if kind else 0, False, line)
        if not line.level:  # what looks like a title may be the first line of a sentence
            self._fragments.begin(line, kind)

    def _take_row(self, line: Row, base: int) -> bool:
        """A row of the open table, each cell under the head of its column; false where the table has ended."""
        if "|" not in self.words[line.first : line.last]:
            return False
        columns = self._outline.columns
        for at, (first, last) in enumerate(self._outline.cells(line)):
            kind = columns[at] if at < len(columns) else None
            self._sentences(first, last, base if kind is None or base == 0 else kind, False, line)
        return True

    def _take_text(self, line: Row, base: int) -> None:
        words = self.words
        ends_lead = words[line.last - 1] in (":", "：") or (
            words[line.last - 1] in "*_" and ":" in words[max(line.first, line.last - 3) : line.last]
        )
        base, said, asked = self._spoken(line, base)
        begun = len(self.out)
        self._sentences(line.first, line.last, base, said, line)
        for sentence in self.out[begun:]:
            sentence.asked = asked
        if ends_lead:
            self._outline.lead_in(line, base)

    def _spoken(self, line: Row, base: int) -> tuple[int, bool, bool]:
        """What a label says of its line: its base, whether the assistant says it, whether the user does."""
        end = self._outline.label(line)
        if not end:
            return base, False, False
        size, label = end - line.first, self._outline.mask(line.first, end)
        kind = self._outline.kind(label)
        if label & self.marks.user and size <= 3:
            return 0, False, base > 0
        if size <= 3 and (label & self.marks.model or self._answers(line)):
            return base, base != 0, False
        if kind is not None and base != 0 and (kind != -2 or size <= 4):
            return kind, False, False
        return base, False, False

    def _answers(self, line: Row) -> bool:
        """Whoever speaks right after the user in an example dialogue is the assistant, whatever its name."""
        return (
            bool(self.out)
            and self.out[-1].asked
            and not line.blank_before
            and self.out[-1].last >= line.first - 4
        )

    def _join(self, following: Row | None) -> None:
        joined = self._fragments.close(following)
        if joined is not None:
            self._sentences(joined.first, joined.last, self._fragments.base, False, joined)

    # --- sentences of a line -------------------------------------------------------------------------------------

    def _sentences(self, first: int, last: int, base: int, said: bool, line: Row) -> None:
        words, start = self.words, first
        places: Sequence[int] = range(first, last)
        if last - first <= _LONG:
            places = [at for at, word in enumerate(words[first:last], first) if word in _BREAKS]
            if not places or places[0] == last - 1:  # one sentence, as most lines are
                self._emit(first, last, base, said, line)
                return
        behind = first  # the last tag
        for at in places:
            if at < behind:
                continue
            word = words[at]
            if word in STOPS and self._ends(at, last):
                self._emit(start, at + 1, base, said, line)
                start = at + 1
            elif word == "<" and at + 1 < last:
                end = self._outline.tag(at, last)
                if end:
                    self._emit(start, at, base, said, line)
                    base = self._open(at, end, base)
                    start = behind = end
            elif at - start >= _LONG:
                self._emit(start, at, base, said, line)
                start = at
        self._emit(start, last, base, said, line)

    def _ends(self, at: int, last: int) -> bool:
        self._stops += 1
        return self._stops <= _MOST_STOPS and not self._crowded and not self._inside(at, last)

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

    def _open(self, at: int, end: int, base: int) -> int:
        kind = self._outline.open_tag(at, end, base)
        closing = self.words[at + 1] in "/!"
        if end - at > 5 and not closing:  # attributes may hold text
            self.out.append(Sentence(at + 2, end - 1, base, self.blocks))
        return kind

    def _follows_sentence(self, first: int, line: Row) -> bool:
        """Whether one sentence, not only a tag, stands before it in its line: of more, each is forbidden for itself."""
        if first == line.first or self.words[first - 1] not in STOPS or self.words[first - 1] == "|":
            return False
        before = self.out[-2] if len(self.out) > 1 else None
        return before is None or before.first < line.first or self.out[-1].base > 0

    def _emit(self, first: int, last: int, base: int, said: bool, line: Row) -> None:
        if last > first:
            if (
                base < 0
                and self._follows_sentence(first, line)
                and last - first > 2
                and self.reader.alone(self.words[first]) & self.marks.answer
            ):
                base = (
                    1  # 'Never sell to minors. Say that …': the prohibition is followed by what to do instead
                )
            if last - first == 1 and self.words[first] in STOPS:
                self._lone += 1
                if self._lone > _LONE:  # '.....' is one pause; no frame reaches over as many
                    self.out[-1].last = last
                    return
            else:
                self._lone = 0
            if self._speaks_of_others(first, last) and base > 0 and not said:
                base = 0
            self.out.append(Sentence(first, last, base, self.blocks, said))

    def _speaks_of_others(self, first: int, last: int) -> bool:
        """'Scammers pose as soldiers. They ask for gift cards.': who was spoken of is spoken of still."""
        if self.words[first] not in _THEY:
            self._opening = range(first, min(first + 3, last))
            return False
        return any(self.reader.alone(self.words[at]) & self.marks.third for at in self._opening)
