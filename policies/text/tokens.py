"""Words, punctuation and line ends, with their places."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import chain
from sys import intern

from policies.text.fold import Folded

# A CJK character is a word of its own; words of other scripts keep their vowel signs and inner apostrophes. What small
# letters the case of a-z stands for is spelled out: to ignore the case of 28,000 characters takes long to compile.
_HAN = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_LETTER = "\u0900-\u0963\u0966-\u097f"
_ELIDED = "(?:[cdjlmnstCDJLMNST]|[qQ]u|(?:[jJ]us|[lL]ors|[pP]uis)qu)'(?=[A-Za-z\u00c0-\u00ff\u0152\u0153]|$)"  # "n'avoue", "qu'il"
TOKEN = re.compile(
    rf"[{_HAN}]|{_ELIDED}|(?:(?![{_HAN}])[\w{_LETTER}])+(?:'[A-Za-z\u017f\u212a]+)?|\n|[^\w\s]"
)

_JOIN = re.compile(r"(?<=[a-z])[-/_](?=[a-z])")
_TIGHT = re.compile(r"\.\w")
_CACHE_SIZE = 50_000
_MOST = 50_000  # lines
_LONG = 40  # characters of a run that is not worth remembering
_FEW = 4  # words from the start of a line whose places are found without those of the others


class _Runs(dict[str, tuple[str, ...]]):
    """What stands between two blanks, cut into words; most of it was seen before."""

    def __missing__(self, run: str) -> tuple[str, ...]:
        if run.isascii() and run[:-1].isalpha():  # a word, with a mark behind it or without
            found = [run] if run[-1].isalnum() or run[-1] == "_" else [run[:-1], run[-1]]
        else:
            found = TOKEN.findall(split_compounds(run))
        words = tuple(
            map(intern, found)
        )  # every table then meets the same object, and need not compare letters
        if len(run) <= _LONG:
            if len(self) > _CACHE_SIZE:
                self.clear()
            self[run] = words
        return words


_RUNS = _Runs()


class Tokens:
    """``words`` in lower case, a line end is the word ``\\n``; places are those of the folded text, told on demand."""

    __slots__ = (
        "_any_dotted",
        "_dotted",
        "_joined",
        "_lines",
        "_places",
        "_spans",
        "_starts",
        "firsts",
        "folded",
        "size",
        "words",
    )

    def __init__(self, folded: Folded, text: str) -> None:
        self.folded = folded
        self.words: list[str] = []
        self.firsts: list[int] = []  # by line: its first word
        self._lines = _joined(text.split("\n"))
        self._starts: list[int] = []  # by line: where it stands in the text
        self._any_dotted = _TIGHT.search(text) is not None
        self._dotted: dict[int, bool] = {}  # by line: whether a full stop stands inside a word
        self._places: dict[int, list[tuple[int, int]]] = {}  # by line: of its words, from its start
        self._spans: dict[
            tuple[int, int], tuple[int, int]
        ] = {}  # of what was found, asked for at every check
        at = 0
        cut = _RUNS.__getitem__
        for line in self._lines:
            self.firsts.append(len(self.words))
            self._starts.append(at)
            if line:
                self.words += chain.from_iterable(map(cut, line.split()))
            self.words.append("\n")
            at += len(line) + 1
        self.words.pop()
        self.size = len(self.words)  # of the text; what is joined stands behind
        self._joined: list[int] = []  # by joined word: which word of the text it is

    def join(self, words: Iterable[int]) -> tuple[int, int]:
        """Words of the text once more, behind it and side by side; first and last (exclusive) of them."""
        self._joined.append(self.size - 1)
        self.words.append("\n")
        first = len(self.words)
        for at in words:
            self._joined.append(at)
            self.words.append(self.words[at])
        return first, len(self.words)

    def start(self, at: int) -> int:
        return self._place(at)[0]

    def end(self, at: int) -> int:
        return self._place(at)[1]

    def indent(self, line: int) -> int:
        """Blanks before a line's first word."""
        text = self._lines[line]
        return len(text) - len(text.lstrip())

    def tight(self, at: int) -> bool:
        """Whether a letter or digit follows the full stop ``at`` without a blank."""
        if not self._any_dotted:
            return False
        if at >= self.size:
            at = self._joined[at - self.size]
        line = bisect_right(self.firsts, at) - 1
        known = self._dotted.get(line)
        if known is None:
            known = self._dotted[line] = _TIGHT.search(self._lines[line]) is not None
        return known and self.start(at + 1) == self.end(at)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Span in the given text of tokens ``first`` to ``last``, both included."""
        known = self._spans.get((first, last))
        if known is None:
            known = self._spans[first, last] = self.folded.span(self.start(first), self.end(last))
        return known

    def _place(self, at: int) -> tuple[int, int]:
        if at >= self.size:
            at = self._joined[at - self.size]
        line = bisect_right(self.firsts, at) - 1
        begin, text, first = self._starts[line], self._lines[line], self.firsts[line]
        known = self._places.get(line)
        if known is None:
            if at - first < _FEW:
                known = _places(text, self.words[first : at + 1])
            else:
                last = self.firsts[line + 1] - 1 if line + 1 < len(self.firsts) else self.size
                known = self._places[line] = _places(text, self.words[first:last])
        index = at - first
        start, end = known[index] if index < len(known) else (len(text), len(text) + 1)
        return begin + start, begin + end


def _places(line: str, words: list[str]) -> list[tuple[int, int]]:
    """Where the words of a line stand in it, one after the other."""
    places, at, find = [], 0, line.find
    for word in words:
        start = find(word, at)
        at = start + len(word)
        places.append((start, at))
    return places


def _joined(lines: list[str]) -> list[str]:
    """More lines than anybody writes are read several as one; every character stays where it stands."""
    step = -(-len(lines) // _MOST)
    return lines if step == 1 else [" ".join(lines[at : at + step]) for at in range(0, len(lines), step)]


def split_compounds(text: str) -> str:
    """'flesh-and-blood' and 'snake_case' as words of their own; the length stays."""
    return _JOIN.sub(" ", text)


def tokenise(folded: Folded) -> Tokens:
    text = folded.text.lower()
    if len(text) != len(folded.text):  # a few capitals have longer small forms
        text = "".join(c.lower() if len(c.lower()) == 1 else c for c in folded.text)
    return Tokens(folded, text)
