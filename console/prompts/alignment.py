"""The longest common subsequence of two lists, exactly, in quadratic bits rather than quadratic steps.

Each row of the classic table is one integer with a bit for every element of ``old`` (Hyyrö's formulation), so that a
row costs five operations on a big integer. Every √n-th row is kept and the rows between are computed again on the way
back: 20,000 by 20,000 words take a fifth of a second and two megabytes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from math import isqrt

Pair = tuple[int, int]


def align(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Pair]:
    """Index pairs of equal elements, rising in both lists, as many as there can be."""
    head = _common_length(old, new)
    tail = _common_length(old[head:][::-1], new[head:][::-1])
    # What stands on one side only can't be part of the answer, and shortens the rows.
    shared = set(old[head : len(old) - tail]) & set(new[head : len(new) - tail])
    left = [i for i in range(head, len(old) - tail) if old[i] in shared]
    right = [j for j in range(head, len(new) - tail) if new[j] in shared]
    middle = _walk([old[i] for i in left], [new[j] for j in right])
    return [
        *((k, k) for k in range(head)),
        *((left[i], right[j]) for i, j in middle),
        *((len(old) - k, len(new) - k) for k in range(tail, 0, -1)),
    ]


def anchors(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Pair]:
    """Pairs of elements that occur once on each side and keep their order (the patience of Bram Cohen's diff)."""
    once = {item for item, count in Counter(old).items() if count == 1}
    once &= {item for item, count in Counter(new).items() if count == 1}
    place = {item: j for j, item in enumerate(new) if item in once}
    return _longest_rising([(i, place[item]) for i, item in enumerate(old) if item in once])


def _common_length(old: Sequence[Hashable], new: Sequence[Hashable]) -> int:
    for length, (a, b) in enumerate(zip(old, new, strict=False)):
        if a != b:
            return length
    return min(len(old), len(new))


def _masks(items: Sequence[Hashable]) -> dict[Hashable, int]:
    """For each distinct element, an integer with the bits of its places set."""
    bits: dict[Hashable, bytearray] = {}
    width = len(items) // 8 + 1
    for index, item in enumerate(items):
        if item not in bits:
            bits[item] = bytearray(width)
        bits[item][index >> 3] |= 1 << (index & 7)
    return {item: int.from_bytes(row, "little") for item, row in bits.items()}


def _rows(start: int, masks: Sequence[int], full: int) -> list[int]:
    """The row before each of ``masks`` and after the last. A zero bit: the common length rises at that element."""
    rows, row = [start], start
    for mask in masks:
        hit = row & mask
        row = (row + hit | row - hit) & full
        rows.append(row)
    return rows


def _walk(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Pair]:
    if not old or not new:
        return []
    places = _masks(old)
    masks, full = [places[item] for item in new], (1 << len(old)) - 1
    step = isqrt(len(new)) + 1
    kept = [full]
    for base in range(0, len(new), step):
        kept.append(_rows(kept[-1], masks[base : base + step], full)[-1])
    pairs: list[Pair] = []
    i, j = len(old), len(new)
    for base in reversed(range(0, len(new), step)):
        rows = _rows(kept[base // step], masks[base:j], full)
        while j > base:
            # The last element at which the common length rises is part of the answer …
            i = (~rows[j - base] & ((1 << i) - 1)).bit_length()
            if not i:
                return pairs[::-1]
            # … paired with the first new element after which it does.
            while j > base and not rows[j - base - 1] >> (i - 1) & 1:
                j -= 1
            if j == base:
                break
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]


def _longest_rising(pairs: list[Pair]) -> list[Pair]:
    """The longest part of ``pairs`` (rising in the first) that rises in the second as well."""
    tops: list[int] = []
    piles: list[int] = []
    before: list[int] = []
    for index, (_, place) in enumerate(pairs):
        pile = bisect_left(tops, place)
        before.append(piles[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [place]
        piles[pile : pile + 1] = [index]
    rising: list[Pair] = []
    index = piles[-1] if piles else -1
    while index >= 0:
        rising.append(pairs[index])
        index = before[index]
    return rising[::-1]
