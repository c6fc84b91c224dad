"""Words in quotation marks: only mentioned, or what the assistant is told to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from policies.text.governing import CLAUSE_ENDS, COLONS
from policies.text.operators import Operators
from policies.text.sentences import Sentence

_LIKE = frozenset(("as", "like"))
_QUOTE_WORDS = 1  # a single quoted word is used, not mentioned
_SAID_TO = frozenset(("hear", "hears", "get", "gets", "receive", "told"))


class Quotations:
    def __init__(
        self, sentence: Sentence, words: Sequence[str], masks: Mapping[int, int], operators: Operators
    ) -> None:
        self.sentence, self.words, self._masks, self._ops = sentence, words, masks, operators

    def mentioned(self) -> Iterator[range]:
        """Words that are only mentioned; in what the assistant says itself none is."""
        first, last = self.sentence.first, self.sentence.last
        marks = [] if self.sentence.said else [at for at in range(first, last) if self.words[at] == '"']
        for opened, closed in zip(marks[::2], [*marks[1::2], last][: len(marks[::2])], strict=True):
            key = closed + 1 < last and self.words[closed + 1] in COLONS
            told = self._value(opened) or self._spoken(opened)
            if key or (closed - opened - 1 > _QUOTE_WORDS and not told):
                yield range(opened, closed)

    def _value(self, quote: int) -> bool:
        """Whether the marks only delimit a value of JSON, YAML or code: '"tone": "…"', 'reply = "…"', '["…", "…"]'."""
        first, words = self.sentence.first, self.words
        if quote == first:
            return False
        before = words[quote - 1]
        if before == ":":
            return quote - 2 == first or (quote - 2 > first and words[quote - 2] == '"')
        return before in "=[{" or (before == "," and words[quote - 2] == '"' and "[" in words[first:quote])

    def _spoken(self, quote: int) -> bool:
        """Whether an order to say leads to this quotation: 'say "…"', but not 'if a user says "…"', 'was told "…"'."""
        ops = self._ops
        start = max(self.sentence.first, quote - 8)
        for at in range(quote - 1, start - 1, -1):
            if self.words[at] == '"':
                start = at + 1  # what an earlier quotation says leads nowhere
                break
        for at in range(start, quote):
            mask = self._masks.get(at, 0)
            if not mask & ops.verb and self.words[quote - 1] in _LIKE:
                continue  # 'messages such as "…"'
            if mask & ops.say and self.words[at - 1] not in ("was", "were", "been"):
                i, passive = at - 1, self.words[at] in _SAID_TO
                while i >= self.sentence.first and self.words[i] not in CLAUSE_ENDS and self.words[i] != '"':
                    if self._masks.get(i, 0) & (ops.cond | ops.third) or (
                        self._masks.get(i, 0) & ops.other and not passive
                    ):
                        return False  # 'if a user says "…"', 'users may write "…"'
                    i -= 1
                return True
        return False
