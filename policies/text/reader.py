"""Finding the phrases of some tables in a run of words: their classes for every sentence, their places for those read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

from policies.text.keys import CACHE_SIZE, Keys
from policies.text.tables import Node, Table

_REMEMBERED = 4000  # sentences: while somebody types, all but one are known

Called = tuple[str, ...]  # all that phrases may call a word

# By word: the classes of the word alone, the phrases that it may begin, the next steps of these where it begins those of
# one table and any word follows in none, and what it is called.
Entry = tuple[int, tuple[Node, ...], dict[str, Node] | None, Called]
_END: Entry = (0, (), None, ())  # behind the last word stands none

Spots = list[tuple[int, int, int]]  # phrases as (first, last, mask), the last one exclusive


class _Entries(dict[str, Entry]):
    """What each word says and begins."""

    def __init__(self, tables: Iterable[Table], keys: Keys) -> None:
        self._heads = tuple(table.heads() for table in tables)
        self._keys = keys

    def __missing__(self, word: str) -> Entry:
        if len(self) > CACHE_SIZE:
            self.clear()
        called = self._keys[word]
        nodes = [heads[key] for heads in self._heads for key in called if key in heads] if called else ()
        mask = reduce(or_, (node.mask for node in nodes), 0)
        begun = tuple(node for node in nodes if node.rest)
        following = begun[0].following() if len(begun) == 1 else None
        if begun and begun[0].anything is not None:
            following = None
        found = self[word] = (mask, begun, following, called)
        return found


class Reader:
    """The tables of some languages, read together."""

    def __init__(self, tables: Sequence[Table], keys: Keys) -> None:
        self._entries = _Entries(tables, keys)
        self._remembered: dict[tuple[str, ...], int] = {}

    def alone(self, word: str) -> int:
        """The classes of a word by itself."""
        return self._entries[word][0]

    def mask(self, words: tuple[str, ...]) -> int:
        """The classes of all phrases in these words; remembered."""
        found = self._remembered.get(words)
        if found is None:
            if len(self._remembered) > _REMEMBERED:
                self._remembered.clear()
            found = self._remembered[words] = self._classes(_plain(words))
        return found

    def _classes(self, words: Sequence[str]) -> int:
        entries = list(map(self._entries.__getitem__, words))
        entries.append(_END)
        found = at = 0
        for mask, begun, following, _ in entries:
            at += 1
            found |= mask
            if following is None:
                for node in begun:
                    found = _classes_from(node, entries, at, found)
                continue
            called = entries[at][3]
            for key in called:  # as _classes_from does, here for speed: most phrases end at their second word
                step = following.get(key)
                if step is not None:
                    found |= step.mask
                    if step.rest:
                        found = _classes_from(step, entries, at + 1, found)
        return found

    def spots(self, words: Sequence[str]) -> Spots:
        """Every phrase in these words, by first word; a line's end is none of them."""
        places = [at for at, word in enumerate(words) if word != "\n"]
        entries = [self._entries[words[at]] for at in places]
        spots: Spots = []
        for at, (mask, begun, _, _) in enumerate(entries):
            if mask:
                spots.append((at, at + 1, mask))
            for node in begun:
                _follow(node, entries, at, at + 1, spots)
        return [(places[first], places[last - 1] + 1, mask) for first, last, mask in spots]


def _plain(words: tuple[str, ...]) -> Sequence[str]:
    return [word for word in words if word != "\n"] if "\n" in words else words


def _classes_from(node: Node, entries: Sequence[Entry], at: int, found: int) -> int:
    """``found`` and the classes of every phrase that goes on from ``node`` with word ``at``."""
    if node.reach | found == found or at >= len(entries) - 1:
        return found  # nothing new
    for step in node.steps(entries[at][3]):
        found |= step.mask
        if step.rest:
            found = _classes_from(step, entries, at + 1, found)
    return found


def _follow(node: Node, entries: Sequence[Entry], first: int, at: int, spots: Spots) -> None:
    """Add every phrase begun at ``first`` that goes on from ``node`` with word ``at``."""
    for step in node.steps(entries[at][3]) if at < len(entries) else ():
        if step.mask:
            spots.append((first, at + 1, step.mask))
        if step.rest:
            _follow(step, entries, first, at + 1, spots)
