"""One sentence cut into lines: an order in bullets of a few words each is still one."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from policies.text.common_words import CONTINUING, DANGLING
from policies.text.layout import STOPS, Row
from policies.text.tokens import Tokens

_LEADS = STOPS | frozenset(":：")
_PIECE = 8  # tokens of a line that may be a piece of a sentence
_PIECES = 40
_SEAMS = 4  # one line of so many shows that it goes on in the next


class Fragments:
    """Short lines one after the other that may be one sentence; the first may be any line that does not end its own."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens, self._words = tokens, tokens.words
        self._pieces: list[Row] = []
        self.base = 1  # of the first

    def takes(self, line: Row) -> bool:
        """Whether a line goes with those before it; if not, they are to be closed, and others to be begun."""
        short = line.last - line.first <= _PIECE
        if self._pieces and not line.blank_before and short and len(self._pieces) < _PIECES:
            self._pieces.append(line)
            return True
        return False

    def begin(self, line: Row, base: int) -> None:
        self._pieces, self.base = [line], base

    def close(self, following: Row | None) -> Row | None:
        """What was gathered as one line of its own, if it goes on from one piece to the next."""
        pieces, self._pieces = self._pieces, []
        if pieces and self._words[pieces[0].last - 1] in _LEADS:
            del pieces[0]
        if not self._goes_on(pieces) or self.base == 0:
            return None
        parts = [(self._tail(pieces[0]), pieces[0].last), *((line.first, line.last) for line in pieces[1:])]
        if following is not None and not following.blank_before and self._begun(following):
            parts.append((following.first, min(following.last, following.first + _PIECE)))
        first, last = self._tokens.join(at for start, end in parts for at in range(start, end))
        return replace(pieces[0], first=first, last=last)

    def _goes_on(self, pieces: list[Row]) -> bool:
        """Whether lines end or begin as no sentence does, or only the first of them begins with a capital."""
        if len(pieces) < 2:
            return False
        words = self._words
        begun = [self._begun(line) for line in pieces]
        if not begun[0] and all(begun[1:]) and words[pieces[0].last - 1] not in STOPS:
            return True
        seams = sum(
            words[above.last - 1] in DANGLING or (goes_on and words[line.first] in CONTINUING)
            for (above, line), goes_on in zip(pairwise(pieces), begun[1:], strict=True)
        )
        return seams * _SEAMS >= len(pieces) - 1

    def _begun(self, line: Row) -> bool:
        """Whether a line begins as what is in the midst of a sentence does: with no capital."""
        return not self._tokens.folded.text[self._tokens.start(line.first)].isupper()

    def _tail(self, line: Row) -> int:
        """Where the last sentence of a line begins, which does not end in it."""
        for at in range(line.last - 2, line.first - 1, -1):
            if self._words[at] in STOPS:
                return at + 1
        return line.first
