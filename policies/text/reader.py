"""Finding the phrases of some tables in a run of words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from policies.text.keys import CACHE_SIZE, Keys
from policies.text.tables import Node, Table

_REMEMBERED = 4000  # sentences: while somebody types, all but one are known

# By word: the classes of the word alone, the phrases that it may begin, and the next steps of these where it
# begins those of one table and any word follows in none.
Entry = tuple[int, tuple[Node, ...], dict[str, Node] | None]


class _Entries(dict[str, Entry | None]):
    """What each word says and begins; None for words that say nothing."""

    def __init__(self, tables: Iterable[Table], keys: Keys) -> None:
        self._heads = tuple(table.heads() for table in tables)
        self._keys = keys

    def __missing__(self, word: str) -> Entry | None:
        if len(self) > CACHE_SIZE:
            self.clear()
        mask = 0
        begun: list[Node] = []
        if keys := self._keys[word]:
            for heads in self._heads:
                for key in keys:
                    node = heads.get(key)
                    if node is not None:
                        mask |= node.mask
                        if node.rest:
                            begun.append(node)
        plain = begun[0].following() if len(begun) == 1 else None
        if begun and begun[0].anything is not None:
            plain = None
        found = self[word] = (mask, tuple(begun), plain) if mask or begun else None
        return found


_NOTHING: Entry = (0, (), None)
Spots = list[tuple[int, int, int]]


class Known(NamedTuple):
    """What the lexicon says of a run of words, wherever it stands: phrases as (first, last, mask), and all their classes."""

    spots: Spots
    mask: int


class Reader:
    """The tables of some languages, read together."""

    def __init__(self, tables: Sequence[Table], keys: Keys) -> None:
        self._keys = keys
        self._entries = _Entries(tables, keys)
        self._remembered: dict[tuple[str, ...], Known] = {}

    def entry(self, word: str) -> Entry:
        """The classes of the word alone, and the phrases that it may begin."""
        return self._entries[word] or _NOTHING

    def known(self, words: tuple[str, ...]) -> Known:
        """Every phrase of the lexicon in these words, by first word; remembered."""
        known = self._remembered.get(words)
        if known is None:
            spots, mask = self._spots(words), 0
            for _, _, found in spots:
                mask |= found
            if len(self._remembered) > _REMEMBERED:
                self._remembered.clear()
            known = self._remembered[words] = Known(spots, mask)
        return known

    def _spots(self, words: tuple[str, ...]) -> Spots:
        if "\n" not in words:
            return self._in_line(words)
        places = [at for at, word in enumerate(words) if word != "\n"]
        spots = self._in_line(tuple(words[at] for at in places))
        return [(places[first], places[last - 1] + 1, mask) for first, last, mask in spots]

    def _in_line(self, words: tuple[str, ...]) -> Spots:
        keys = list(map(self._keys.__getitem__, words))
        keys.append(())
        found: Spots = []
        for at, entry in enumerate(map(self._entries.__getitem__, words)):
            if entry is None:
                continue
            mask, begun, following = entry
            if mask:
                found.append((at, at + 1, mask))
            if following is None:
                for node in begun:
                    _follow(node, keys, at, at + 1, found)
                continue
            for key in keys[at + 1]:  # as _follow does, here for speed: most phrases end at their second word
                child = following.get(key)
                if child is not None:
                    if child.mask:
                        found.append((at, at + 2, child.mask))
                    if child.rest:
                        _follow(child, keys, at, at + 2, found)
        return found


def _follow(node: Node, keys: list[tuple[str, ...]], first: int, at: int, found: Spots) -> None:
    """Add every phrase begun at ``first`` that goes on from ``node`` with word ``at``; behind the last word stands none."""
    following = node.following()
    for key in keys[at]:
        child = following.get(key)
        if child is not None:
            if child.mask:
                found.append((first, at + 1, child.mask))
            if child.rest:
                _follow(child, keys, first, at + 1, found)
    child = node.anything
    if child is not None and at + 1 < len(keys):
        if child.mask:
            found.append((first, at + 1, child.mask))
        if child.rest:
            _follow(child, keys, first, at + 1, found)
