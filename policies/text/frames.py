"""Frames: which classes together, with which polarity, mean one thing. Matched over sentences that have been read.

A frame is written as items apart by blanks, all of them in one sentence, in any order, at most ``REACH`` words apart:
``+a`` ordered, ``-a`` forbidden, ``^a`` ordered or asked for in a condition that is not refused, ``a`` anyhow,
``!a`` not in the sentence, ``%a`` not ordered in it, quoted or not, ``?a`` anyhow and even if only quoted,
``@a`` in a condition, quoted or not, ``*a`` ordered even if quoted (in an answer to a question that the frame has seen),
``<a`` with which its sentence begins, ``#a`` ordered neither in the sentence nor in the two before or after it in the section,
``$a`` nowhere in the whole prompt: what a prompt says once for all, such as that its users chose to be insulted,
``a|b`` either. ``a ~ b``: close together; ``a > b``: b soon after a; ``a >> b``: right after.
``part // part``: the second part in the same sentence or one of the next two of its block (a list item, a paragraph, a line
that ends in a full stop), since what two items of a list say together is chance; ``part /// part``: of the next two blocks, too;
``part ;; part``: as ``//``, but not in the same sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from policies.text.lexicon import Lexicon
from policies.text.scope import Reading, Spot

REACH = 28
CLOSE = 7
SOON = 12
NEXT = 2
OVER = 2  # blocks
_BETWEEN = re.compile("///|//|;;")
_NEAR = {"~": CLOSE, ">": SOON, ">>": NEXT}
_STEPS = 4000  # bound on the work that one sentence may cause


@dataclass(frozen=True, slots=True)
class Item:
    mask: int
    sign: str  # "+", "-", "^" or ""
    link: str  # how it hangs on the item before it: "", "~", ">", ">>"


@dataclass(frozen=True, slots=True)
class Part:
    items: tuple[Item, ...]
    absent: int
    unordered: int
    later: bool = False
    blocks: int = 0  # over how many blocks' ends it may be looked for

    def possible(self, mask: int) -> bool:
        return not mask & self.absent and all(mask & item.mask for item in self.items)


@dataclass(frozen=True, slots=True)
class Frame:
    source: str
    parts: tuple[Part, ...]
    nowhere: int = 0  # classes that must not occur in the whole prompt
    around: int = 0  # classes that must not be ordered anywhere around: what makes good what the frame found


def parse(source: str, lexicon: Lexicon) -> Frame:
    parts, around, nowhere, marks = [], 0, 0, _BETWEEN.findall(source)
    for index, text in enumerate(_BETWEEN.split(source)):
        items: list[Item] = []
        absent, unordered, link = 0, 0, ""
        for word in text.split():
            if word in ("~", ">", ">>"):
                link = word
                continue
            sign = word[0] if word[0] in "+-^!%?@*<#$" else ""
            mask = 0
            for name in word[len(sign) :].split("|"):
                mask |= lexicon.bit(name)
            if sign == "!":
                absent |= mask
            elif sign == "%":
                unordered |= mask
            elif sign == "#":
                around |= mask
            elif sign == "$":
                nowhere |= mask
            else:
                items.append(Item(mask, sign, link))
            link = ""
        mark = marks[index - 1] if index else ""
        parts.append(Part(tuple(items), absent, unordered, mark == ";;", OVER if mark == "///" else 0))
    return Frame(source, tuple(parts), nowhere, around)


def match_part(part: Part, reading: Reading, after: int = 0) -> tuple[int, int] | None:
    """First and last token (exclusive) of the first way in which all items are found, none before ``after``."""
    if part.unordered and orders(part.unordered, reading):
        return None
    candidates = []
    for item in part.items:
        mask, sign = item.mask, item.sign
        found = [s for s in reading.spots if s.mask & mask and s.first >= after and _fits(sign, s, reading)]
        if not found:
            return None
        candidates.append(found)
    for chosen in _choose(part.items, candidates, reading):
        return min(s.first for s in chosen), max(s.last for s in chosen)
    return None


def orders(mask: int, reading: Reading) -> bool:
    """Whether the sentence orders any of these classes, quoted or not."""
    return any(s.mask & mask and _fits("*", s, reading) for s in reading.spots)


def _fits(sign: str, spot: Spot, reading: Reading) -> bool:
    at = spot.first - reading.sentence.first
    if sign == "?":
        return True
    if sign == "@":
        return reading.cond[at]
    if sign == "<":
        return at <= 1 and not reading.cond[at]
    if sign == "*":
        return reading.pol[at] == 1 and not reading.cond[at]
    if reading.mention[at]:
        return False
    if sign == "":
        return True
    if sign == "^":
        return reading.pol[at] == 1
    if reading.cond[at]:
        return False
    return reading.pol[at] == (1 if sign == "+" else -1)


def _choose(
    items: Sequence[Item], candidates: Sequence[Sequence[Spot]], reading: Reading
) -> Iterator[tuple[Spot, ...]]:
    steps = 0

    def extend(chosen: tuple[Spot, ...]) -> Iterator[tuple[Spot, ...]]:
        nonlocal steps
        depth = len(chosen)
        if depth == len(items):
            yield chosen
            return
        for spot in candidates[depth]:
            steps += 1
            if steps > _STEPS:
                return
            if _linked(items[depth].link, chosen, spot, reading):
                yield from extend((*chosen, spot))

    yield from extend(())


def _share_words(one: Spot, other: Spot) -> bool:
    """Two items must be said by two phrases, neither of them a part of the other: 'culture of' makes no culture of it."""
    return one.first < other.last and other.first < one.last


def _linked(link: str, chosen: tuple[Spot, ...], spot: Spot, reading: Reading) -> bool:
    if not chosen:
        return True
    if any(_share_words(spot, other) for other in chosen):
        return False
    before = chosen[-1]
    gap = spot.first - before.last if spot.first >= before.last else before.first - spot.last
    if not link:
        return abs(spot.first - chosen[0].first) <= REACH
    if link != "~" and spot.first < before.first:
        return False
    return gap <= _NEAR[link] and (link == "~" or not reading.parted(before, spot))
