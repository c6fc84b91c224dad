"""What changed between two texts, word by word, as few edits as there can be (and a few more where that reads better)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from console.prompts.alignment import Pair, align, anchors

Mark = Literal["same", "del", "ins"]

# Scripts that put no spaces between words are compared sign by sign.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[^\W{_UNSPACED}]+(?:['’][^\W{_UNSPACED}]+)*|[^\s]")
# Readability may cost this share of the edits, or this many words in a short text.
_SHARE, _ALLOWANCE = 0.05, 12


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of text. Those that are ``same`` or ``del`` make up the old text, ``same`` or ``ins`` the new one."""

    mark: Mark
    text: str


class _Words:
    """A text with its words and where each begins and ends."""

    __slots__ = ("ends", "starts", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        spans = [found.span() for found in _WORD.finditer(text)]
        self.words = [text[start:end] for start, end in spans]
        self.starts = [start for start, _ in spans]
        self.ends = [end for _, end in spans]

    def __len__(self) -> int:
        return len(self.words)

    def lines(self) -> list[tuple[tuple[str, ...], int]]:
        """Each line that has words: the words, and the index of the first."""
        lines: list[tuple[tuple[str, ...], int]] = []
        begin = 0
        for index in range(1, len(self) + 1):
            if index == len(self) or "\n" in self.text[self.ends[index - 1] : self.starts[index]]:
                lines.append((tuple(self.words[begin:index]), begin))
                begin = index
        return lines


def word_diff(old: str, new: str) -> tuple[Change, ...]:
    """Old text to new text. Nothing is lost: the changes concatenate to both texts exactly."""
    before, after = _Words(old), _Words(new)
    changes: list[Change] = []
    i = j = 0
    for run in _slide(_drop_islands(_runs(_pairs(before, after)), before, after), before, after):
        for a, b in _pieces(run, before, after):
            _between(changes, old[i : before.starts[a.start]], new[j : after.starts[b.start]])
            i, j = before.ends[a.stop - 1], after.ends[b.stop - 1]
            _add(changes, "same", old[before.starts[a.start] : i])
    _between(changes, old[i:], new[j:])
    return tuple(changes)


@dataclass(frozen=True, slots=True)
class _Run:
    """Words that are the same on both sides, one after the other: where they begin, and how many."""

    old: int
    new: int
    length: int

    @property
    def end(self) -> Pair:
        return self.old + self.length, self.new + self.length


def _pairs(before: _Words, after: _Words) -> list[Pair]:
    """Aligned words. Lines that occur once on both sides hold the alignment, so that it is quick and reads well."""
    old_lines, new_lines = before.lines(), after.lines()
    pairs: list[Pair] = []
    i = j = 0
    for x, y in anchors([words for words, _ in old_lines], [words for words, _ in new_lines]):
        (words, a), (_, b) = old_lines[x], new_lines[y]
        if len(words) > 2:
            pairs += _aligned(before.words[i:a], after.words[j:b], i, j)
            pairs += [(a + k, b + k) for k in range(len(words))]
            i, j = a + len(words), b + len(words)
    return pairs + _aligned(before.words[i:], after.words[j:], i, j)


def _aligned(old: list[str], new: list[str], i: int, j: int) -> list[Pair]:
    return [(i + a, j + b) for a, b in align(old, new)]


def _runs(pairs: list[Pair]) -> list[_Run]:
    """Pairs gathered where each is the direct neighbour, on both sides, of the one before it."""
    if not pairs:
        return []
    cuts = [k for k in range(1, len(pairs)) if pairs[k] != (pairs[k - 1][0] + 1, pairs[k - 1][1] + 1)]
    return [
        _Run(*pairs[start], end - start) for start, end in zip([0, *cuts], [*cuts, len(pairs)], strict=True)
    ]


def _drop_islands(runs: list[_Run], before: _Words, after: _Words) -> list[_Run]:
    """Give up common words that stand alone amid a rewritten passage: "the" and "," tie nothing together."""
    edits = len(before) + len(after) - 2 * sum(run.length for run in runs)
    allowance = max(edits * _SHARE, min(_ALLOWANCE, edits)) / 2
    ends = [(0, 0), *(run.end for run in runs)]
    starts = [*((run.old, run.new) for run in runs[1:]), (len(before), len(after))]
    islands = []
    for index, run in enumerate(runs):
        weight = before.ends[run.end[0] - 1] - before.starts[run.old]
        around = min(_changed(ends[index], (run.old, run.new)), _changed(run.end, starts[index]))
        if weight <= 4 and around > 2 * run.length:
            islands.append((weight / around, index))
    dropped: set[int] = set()
    for _, index in sorted(islands):
        allowance -= runs[index].length
        if allowance < 0:
            break
        dropped.add(index)
    return [run for index, run in enumerate(runs) if index not in dropped]


def _changed(end: Pair, start: Pair) -> int:
    """How many words stand between two runs, both sides together."""
    return start[0] - end[0] + start[1] - end[1]


def _slide(runs: list[_Run], before: _Words, after: _Words) -> list[_Run]:
    """Move what was only inserted, or only deleted, to the line or sentence that it is (``a [b a] b`` is ``[a b] a b``)."""
    slid = list(runs)
    for index in range(1, len(slid)):
        left, right = slid[index - 1], slid[index]
        (a, b), gaps = left.end, (right.old - left.end[0], right.new - left.end[1])
        if min(gaps) or not max(gaps):
            continue
        side, start, size = (after, b, gaps[1]) if gaps[1] else (before, a, gaps[0])
        best, shift = _break_before(side, start), 0
        for back in range(1, left.length):
            if side.words[start - back] != side.words[start + size - back]:
                break
            if (rank := _break_before(side, start - back)) > best:
                best, shift = rank, back
        slid[index - 1] = _Run(left.old, left.new, left.length - shift)
        slid[index] = _Run(right.old - shift, right.new - shift, right.length + shift)
    return slid


def _break_before(side: _Words, index: int) -> int:
    """How much of a break stands before a word: 2 a line's, 1 a sentence's."""
    if index == 0 or "\n" in side.text[side.ends[index - 1] : side.starts[index]]:
        return 2
    return int(side.words[index - 1] in ".!?;:")


def _pieces(run: _Run, before: _Words, after: _Words) -> list[tuple[range, range]]:
    """The run cut where its spacing differs between the two sides."""
    (i, j), old = run.end, before.text
    if (
        old[before.starts[run.old] : before.ends[i - 1]]
        == after.text[after.starts[run.new] : after.ends[j - 1]]
    ):
        return [(range(run.old, i), range(run.new, j))]
    return [
        (range(run.old + k, run.old + k + 1), range(run.new + k, run.new + k + 1)) for k in range(run.length)
    ]


def _between(changes: list[Change], old: str, new: str) -> None:
    """What stands between two aligned words; spacing that both sides share stays out of the marks."""
    if old == new:
        _add(changes, "same", old)
        return
    head = _shared_space(old, new)
    tail = _shared_space(old[head:][::-1], new[head:][::-1])
    _add(changes, "same", old[:head])
    _add(changes, "del", old[head : len(old) - tail])
    _add(changes, "ins", new[head : len(new) - tail])
    _add(changes, "same", old[len(old) - tail :])


def _shared_space(old: str, new: str) -> int:
    for length, (a, b) in enumerate(zip(old, new, strict=False)):
        if a != b or not a.isspace():
            return length
    return min(len(old), len(new))


def _add(changes: list[Change], mark: Mark, text: str) -> None:
    if not text:
        return
    if changes and changes[-1].mark == mark:
        text = changes.pop().text + text
    changes.append(Change(mark, text))
