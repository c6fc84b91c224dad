"""How much a run of letters looks like English: which letter follows which, counted in common and lexicon words."""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Callable, Iterable
from operator import add

from policies.text.common_words import COMMON_WORDS

_PLAIN = re.compile(r"[a-z]{2,}")
_WEIGHT = 12  # a common word is met so many times as often as another one
_FLOOR = 0.05  # seen by none: less than once
_EDGED = " " + string.ascii_lowercase
_SCALE = 2**20
_MOST = 6.0  # no word alone says more, for or against
_REMEMBERED = 20_000  # words

Turn = Callable[[str], str]


class Letters:
    """Likelihoods of one letter after another, the ends of words included; whole numbers, so that sums are exact."""

    def __init__(self, words: Iterable[str]) -> None:
        pairs: Counter[str] = Counter()
        for word in words:
            pairs.update(_pairs(word))
        for word in COMMON_WORDS:
            for pair in _pairs(word):
                pairs[pair] += _WEIGHT
        firsts: Counter[str] = Counter()
        for pair, count in pairs.items():
            firsts[pair[0]] += count
        floor = _FLOOR * len(_EDGED)
        self._odds = {
            first + second: round(
                _SCALE * math.log((pairs[first + second] + _FLOOR) / (firsts[first] + floor))
            )
            for first in _EDGED
            for second in _EDGED
        }

    def gains(self, turn: Turn) -> Gains:
        """How much more each word looks like English once it is turned; what a turn does to a word it does to its pairs."""
        return Gains({pair: self._odds[turn(pair)] - odds for pair, odds in self._odds.items()})


class Gains(dict[str, float]):
    """By word of small letters: the logarithm of how much likelier its turned form is, neither too high nor too low."""

    def __init__(self, gains: dict[str, int]) -> None:
        self._gain = gains.__getitem__

    def __missing__(self, word: str) -> float:
        if len(self) > _REMEMBERED:
            self.clear()
        bare = word.replace("'", "")
        gain = sum(map(self._gain, map(add, " " + bare, bare + " "))) / _SCALE
        found = self[word] = max(-_MOST, min(_MOST, gain))
        return found


def _pairs(word: str) -> list[str]:
    edged = f" {word} "
    return [edged[at : at + 2] for at in range(len(edged) - 1)]


def words_of(phrases: Iterable[str]) -> set[str]:
    """The plain words of a lexicon's phrases."""
    return {word for phrase in phrases for word in _PLAIN.findall(phrase)}


def forms_of(words: Iterable[str]) -> frozenset[str]:
    """Words with the endings that English gives them."""
    forms = set(COMMON_WORDS)
    for word in words:
        forms |= {word, word + "s", word + "es", word + "ed", word + "d", word + "ing", word + "ly"}
        if word[-1] in "ey":
            forms |= {word[:-1] + "ing", word[:-1] + "ies", word[:-1] + "ied"}
        else:
            forms |= {word + word[-1] + "ing", word + word[-1] + "ed"}
    return frozenset(forms)
