"""Words, punctuation and line ends, with their places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from policies.text.fold import Folded

# A CJK character is a word of its own; words of other scripts keep their vowel signs and inner apostrophes.
_HAN = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_LETTER = "\u0900-\u0963\u0966-\u097f"
TOKEN = re.compile(rf"[{_HAN}]|(?:(?![{_HAN}])[\w{_LETTER}])+(?:'[a-z]+)?|\n|[^\w\s]", re.IGNORECASE)


_JOIN = re.compile(r"(?<=[a-z])[-/_](?=[a-z])")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Parallel lists; ``words`` in lower case, a line end is the word ``\\n``. Offsets are those of the folded text."""

    folded: Folded
    words: list[str]
    starts: list[int]
    ends: list[int]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Span in the given text of tokens ``first`` to ``last``, both included."""
        return self.folded.span(self.starts[first], self.ends[last])


def split_compounds(text: str) -> str:
    """'flesh-and-blood' and 'snake_case' as words of their own; the length stays."""
    return _JOIN.sub(" ", text)


def tokenise(folded: Folded) -> Tokens:
    text = folded.text.lower()
    if len(text) != len(folded.text):  # a few capitals have longer small forms
        text = "".join(c.lower() if len(c.lower()) == 1 else c for c in folded.text)
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for line in text.split("\n"):
        known = _line(line)
        words += known[0]
        starts += [at + start for start in known[1]]
        ends += [at + end for end in known[2]]
        at += len(line)
        if at < len(text):
            words.append("\n")
            starts.append(at)
            ends.append(at + 1)
        at += 1
    return Tokens(folded, words, starts, ends)


@lru_cache(maxsize=4096)
def _line(line: str) -> tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...]]:
    """Words of one line with their places; remembered, since of a text that is being typed one line changes."""
    line = split_compounds(line)
    spans = [match.span() for match in TOKEN.finditer(line)]
    return tuple(line[a:b] for a, b in spans), tuple(a for a, _ in spans), tuple(b for _, b in spans)
