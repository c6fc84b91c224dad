"""Letters turned about: stretches written backwards, or in an alphabet that was shifted or mirrored.

What they are is told by letters, not by known words: a stretch is one where English letters follow each other as they do
in English only after it was turned, by far. The whole is looked at where a line holds a common word so turned.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import re2

from policies.text.common_words import COMMON_WORDS
from policies.text.letters import Gains, Letters, Turn, words_of
from policies.text.lexicon import Lexicon

_ALPHABET = string.ascii_lowercase
_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*")
_LINE = re.compile(r"[^\n]+")
_ENOUGH = 14.0  # so much must speak for a stretch
_DROP = 12.0  # and so much against what follows ends it
_FEWEST = 3  # words
_LIKELIEST = 2  # turns that are tried on a line, by how many common words speak for them
_MARK = 4.0
_STOPS = frozenset(".,;:!?")
_BESIDE = _STOPS | frozenset("</")
_CLOSING = frozenset('.!?"')
_PLAIN_GAP = re.compile(r"[\s,.;'-]*")
_EITHER = 7.0  # so much against them the words at its ends may have
_EITHER_WORDS = 3  # in a row
_MOST_TRIED = 150_000  # characters of lines on which turns are tried: more than any prompt has
_CHARS = 24  # letters of a word that are looked at


class _Stretch(NamedTuple):
    start: int
    end: int
    turn: str
    worth: float


def _exchange(to: str) -> Turn:
    table = str.maketrans(_ALPHABET + _ALPHABET.upper(), to + to.upper())
    return lambda text: text.translate(table)


def _backwards(text: str) -> str:
    return text[::-1]


BACKWARDS = "backwards"
_TURNS: dict[str, Turn] = {
    BACKWARDS: _backwards,
    "mirrored": _exchange(_ALPHABET[::-1]),
    **{f"shifted {n}": _exchange(_ALPHABET[n:] + _ALPHABET[:n]) for n in range(1, 26)},
}
_ROT13 = _TURNS["shifted 13"]
_TURNS["rot13 backwards"] = lambda text: _ROT13(text)[::-1]
_FROM_BEHIND = frozenset((BACKWARDS, "rot13 backwards"))
_UNDONE = {
    name: f"shifted {26 - int(name.split()[1])}" if name.startswith("shifted") else name for name in _TURNS
}
# Of any shift a few long words are looked for, of what people use all: else too much would look like something.
_USUAL = frozenset((*_FROM_BEHIND, "mirrored", "shifted 13"))
_LONG_ONES = ("that", "your", "with", "this", "never", "tell", "they", "from", "when", "what", "them", "their", "always", "users", "customers")  # fmt: skip
# Turned, these are words, names or abbreviations that people write.
_PEOPLE_WRITE = """
am are bard bus decaf deed deliver dial did dog don drab draw drawer ear edit eh em emit era ers eve evil ew
faced fi flow gal gan god gum guns gut item keels lag laid level liam liar live ma mad mail mar may mot mug na
nab nac nag nap ned nem net nip no nod noon not now on ot pan part parts pat peep pets pit pools pop pot pus
rail ram rat rats raw refer reviled reward ro sa sah saw sees si sloop smart spot star step stop strap straw su
sub sung sup ta tap tar ten ti tide time tip tom ton top tops trams trap tub tug war ward warts wen wolf won yam
yb
"""
_READABLE = frozenset(_PEOPLE_WRITE.split())


def _forms() -> dict[str, tuple[str, ...]]:
    """By turned word: which turns may have made it."""
    forms: dict[str, tuple[str, ...]] = {}
    plain = COMMON_WORDS | _READABLE
    for name, turn in _TURNS.items():
        for word in COMMON_WORDS if name in _USUAL else _LONG_ONES:
            turned = turn(word)
            if len(word) > 2 and "'" not in word and turned not in plain:
                forms[turned] = (*forms.get(turned, ()), _UNDONE[name])
    return forms


_FORMS = _forms()
GATE = r"(?i)\b(?:" + "|".join(sorted(_FORMS)) + r")\b"
_GATE = re2.compile(GATE)


def turned_text(text: str, lexicon: Lexicon) -> Iterator[tuple[int, int, str]]:
    """Stretches of lines that are English when they are turned."""
    left = _MOST_TRIED
    for match in _LINE.finditer(text):
        line = match.group()
        forms = [word for word in _WORD.findall(line.lower()) if word in _FORMS]
        if not forms or left <= 0:
            continue
        turns = Counter(turn for word in forms for turn in _FORMS[word])
        line, left = line[:left], left - len(line)
        found: list[_Stretch] = []
        words = list(_WORD.finditer(line))
        for turn, _ in turns.most_common(_LIKELIEST):
            marks = _marks(line, words) if turn in _FROM_BEHIND else [0.0] * len(words)
            for worth, first, last in _stretches(words, marks, _gains(turn, lexicon)):
                found.append(_Stretch(words[first].start(), words[last].end(), turn, worth))
        for start, end, turn in _apart(found):
            start, end = _widened(line, start, end)
            yield match.start() + start, match.start() + end, _undone(line[start:end], turn)


def _apart(found: list[_Stretch]) -> Iterator[tuple[int, int, str]]:
    """Of stretches that overlap, the one for which most speaks."""
    kept: list[_Stretch] = []
    for stretch in sorted(found, key=lambda one: one.start):
        if not kept or kept[-1].end <= stretch.start:
            kept.append(stretch)
        elif stretch.worth > kept[-1].worth:
            kept[-1] = stretch
    return ((one.start, one.end, one.turn) for one in kept)


def looks_turned(text: str, lexicon: Lexicon) -> bool:
    return bool(_GATE.search(text)) and any(True for _ in turned_text(text, lexicon))


def _gains(turn: str, lexicon: Lexicon) -> Gains:
    letters = lexicon.prepared.get("letters")
    if not isinstance(letters, Letters):
        letters = lexicon.prepared["letters"] = Letters(words_of(lexicon.phrases("en")))
    known = lexicon.prepared.get(f"letters {turn}")
    if not isinstance(known, Gains):
        known = lexicon.prepared[f"letters {turn}"] = letters.gains(_TURNS[turn])
    return known


def _marks(line: str, words: list[re.Match[str]]) -> list[float]:
    """What punctuation and capitals say: backwards, it stands before a word, and a capital ends it. The name of a tag is none of it."""
    padded = f" {line} "
    return [_mark(padded, match.start() + 1, match.end() + 1) for match in words]


def _mark(padded: str, start: int, end: int) -> float:
    mark = padded[end - 1].isupper() - padded[start].isupper()
    left, right = padded[start - 1], padded[end]
    if left in _BESIDE:
        mark += left in _STOPS and padded[max(0, start - 2)].isspace()
        mark -= 2 * (left in "</" and "<" in padded[max(0, start - 2) : start])
    if right in _STOPS:
        mark -= padded[min(end + 1, len(padded) - 1)].isspace()
    return _MARK * mark


def _stretches(
    words: list[re.Match[str]], marks: list[float], gain_of: Gains
) -> Iterator[tuple[float, int, int]]:
    """Runs of words for whose turned form most speaks, with how much: each ends where too much speaks against it."""
    gains = [gain_of[match.group().lower()[:_CHARS]] + mark for match, mark in zip(words, marks, strict=True)]
    worth = best = 0.0
    first = last = 0
    for at, gain in enumerate([*gains, -_ENOUGH - _DROP]):
        if worth <= 0 < gain:
            worth, best, first, last = 0.0, 0.0, at, at
        worth += gain
        if worth > best:
            best, last = worth, at
        if worth < best - _DROP or worth <= 0:
            if best >= _ENOUGH and last - first + 1 >= _FEWEST:
                yield best, _reach(words, gains, first, -1), _reach(words, gains, last, 1)
            worth = best = 0.0


def _reach(words: list[re.Match[str]], gains: list[float], edge: int, step: int) -> int:
    """The last word that belongs to a stretch: names and words that read either way stand at its ends."""
    against, at = 0.0, edge + step
    while 0 <= at < len(gains) and abs(at - edge) <= _EITHER_WORDS:
        left, right = sorted((at, at - step))
        between = words[left].string[words[left].end() : words[right].start()]
        against = min(0.0, against + gains[at])
        if against < -_EITHER or not _PLAIN_GAP.fullmatch(between):
            break
        if gains[at] > -_EITHER / 3:
            edge = at
        at += step
    return edge


def _widened(line: str, start: int, end: int) -> tuple[int, int]:
    """With the punctuation that stands right at its ends."""
    while start and line[start - 1] in _CLOSING:
        start -= 1
    while end < len(line) and line[end] in _CLOSING:
        end += 1
    return start, end


def _undone(stretch: str, turn: str) -> str:
    if turn not in _FROM_BEHIND:
        return _TURNS[turn](stretch)
    words = stretch.split()
    if words[0][-1].isupper() and len(words[0]) > 1 and not words[-1][-1].isupper():
        return " ".join(
            word[::-1] for word in words
        )  # each word for itself: the capital still ends the first
    return _TURNS[turn](stretch)
