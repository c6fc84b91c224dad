"""How much the answers to one open task differ, offline: by their words, never by their meaning.

Sources: distinct-n, Li et al. 2016; compression ratio, Shaib et al. 2024; distinct answers, NoveltyBench (Zhang et al.
2025), with a lexical test of equivalence in place of their classifier.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from console.trials.words import words_of

FEWEST = 5  # answers below which nothing is said
SHINGLE = 3  # words
ALIKE = 0.35  # distance below which a reader of one answer gains nothing from the other
MOST_WORDS = 1_000  # of an answer, when shingles are compared
POOLED_WORDS = 200  # of an answer, in the figures that depend on length


@dataclass(frozen=True, slots=True)
class Variety:
    """Of one scenario's answers. ``nearest``: the two that are most alike, by their index."""

    answers: int
    distance: float  # mean over all pairs, 0 the same to 1 nothing in common
    distinct: float  # answers that differ, of all
    distinct_2: float  # different pairs of words, of all
    compression: float  # bytes by compressed bytes: higher is more repetition
    nearest: tuple[int, int]
    nearest_distance: float


def variety(answers: Sequence[str]) -> Variety | None:
    """None below ``FEWEST`` answers."""
    if len(answers) < FEWEST:
        return None
    words = [words_of(answer)[:MOST_WORDS] for answer in answers]
    shingled = [shingles(each) for each in words]
    apart = {
        (one, two): distance(shingled[one], shingled[two]) for one, two in combinations(range(len(words)), 2)
    }
    nearest = min(apart, key=lambda pair: (apart[pair], pair))
    length = max(1, min(POOLED_WORDS, *(len(each) for each in words)))
    pooled = [each[:length] for each in words]
    return Variety(
        answers=len(answers),
        distance=sum(apart.values()) / len(apart),
        distinct=_classes(apart, len(words)) / len(words),
        distinct_2=distinct_n(pooled, 2),
        compression=compression(pooled),
        nearest=nearest,
        nearest_distance=apart[nearest],
    )


def shingles(words: Sequence[str]) -> frozenset[tuple[str, ...]]:
    """All runs of three words; a shorter answer is one run."""
    if len(words) < SHINGLE:
        return frozenset([tuple(words)])
    return frozenset(tuple(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1))


def distance(one: frozenset[tuple[str, ...]], two: frozenset[tuple[str, ...]]) -> float:
    """1 - Jaccard's index."""
    return 1 - len(one & two) / len(one | two)


def _classes(apart: dict[tuple[int, int], float], count: int) -> int:
    """Classes of answers that are alike: each answer is held against the first member of every class."""
    firsts: list[int] = []
    for index in range(count):
        if all(apart[first, index] >= ALIKE for first in firsts):
            firsts.append(index)
    return len(firsts)


def distinct_n(answers: Sequence[Sequence[str]], n: int) -> float:
    """Different n-grams of all, pooled over answers of one length."""
    grams = [tuple(each[at : at + n]) for each in answers for at in range(len(each) - n + 1)]
    return len(set(grams)) / len(grams) if grams else 0.0


def compression(answers: Sequence[Sequence[str]]) -> float:
    """gzip's own header is not counted against short answers."""
    joined = "\n".join(" ".join(each) for each in answers).encode()
    overhead = len(gzip.compress(b"", 9, mtime=0))
    return len(joined) / max(1, len(gzip.compress(joined, 9, mtime=0)) - overhead)
