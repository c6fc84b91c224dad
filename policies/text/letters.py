"""How much a run of letters looks like English: which letter follows which, counted in common and lexicon words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from policies.text.common_words import COMMON_WORDS

_PLAIN = re.compile(r"[a-z]{2,}")
_WEIGHT = 12  # a common word is met so many times as often as another one
_FLOOR = 0.05  # seen by none: less than once


class Letters:
    """Likelihoods of one letter after another, the ends of words included."""

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
        size = 27
        self._odds = {
            pair: math.log((count + _FLOOR) / (firsts[pair[0]] + _FLOOR * size))
            for pair, count in pairs.items()
        }
        self._unseen = {first: math.log(_FLOOR / (count + _FLOOR * size)) for first, count in firsts.items()}
        self.of = lru_cache(maxsize=20_000)(self._of)

    def _of(self, word: str) -> float:
        """The logarithm of how likely this word of small letters is."""
        odds, unseen = self._odds, self._unseen
        return sum(
            odds[pair] if pair in odds else unseen.get(pair[0], -8.0)
            for pair in _pairs(word.replace("'", ""))
        )


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
