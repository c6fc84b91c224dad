"""A sentence with what the lexicon says of it; read (polarity, scope) on demand."""

from __future__ import annotations

from policies.text.operators import Operators
from policies.text.reader import Reader, Spots
from policies.text.scope import Reading
from policies.text.sentences import Sentence
from policies.text.tokens import Tokens

_OPEN = frozenset(":：?？؟")


class Line:
    """A sentence, wherever its passage stands."""

    __slots__ = ("_operators", "_reading", "key", "look", "mask", "sentence", "tokens")

    def __init__(self, sentence: Sentence, tokens: Tokens, reader: Reader, operators: Operators) -> None:
        self.sentence, self.tokens, self._operators = sentence, tokens, operators
        words = tuple(tokens.words[sentence.first : sentence.last])
        self.mask = reader.mask(words) | (operators.tell if sentence.said else 0)
        self.key = (words, sentence.base, sentence.said, reader)  # all that a reading depends on
        self._reading: Reading | None = None
        self.look: object = None  # what an index of frames found out about it

    @property
    def leads(self) -> bool:
        """Whether what comes next belongs to it, in whatever block: 'If a caller asks whether you are a bot:'"""
        sentence = self.sentence
        ends = self.tokens.words[max(sentence.last - 2, sentence.first) : sentence.last]
        return sentence.asked or not _OPEN.isdisjoint(ends)

    def spots(self) -> Spots:
        """Its phrases, told only where it is read."""
        words, _, _, reader = self.key
        return reader.spots(words)

    def reading(self) -> Reading:
        if self._reading is None:
            self._reading = Reading(self.sentence, self.tokens, self.spots(), self._operators)
        return self._reading
