"""Finding the phrases of some tables in a run of words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from policies.text.keys import CACHE_SIZE, Keys
from policies.text.tables import Node, Table

_REMEMBERED = 4000  # sentences: while somebody types, all but one are known

Next = dict[str, tuple[Node, ...]]
Entry = tuple[int, tuple[Node, ...], Next, bool]


class _Entries(dict[str, Entry | None]):
    """By word: the classes of the word alone, the phrases that it may begin, those again by what
    follows, and whether any word may follow in one of them.

    None for words that say nothing.
    """

    def __init__(self, tables: Iterable[Table], keys: Keys) -> None:
        self._roots = tuple(table.root.following for table in tables)
        self._keys = keys

    def __missing__(self, word: str) -> Entry | None:
        if len(self) > CACHE_SIZE:
            self.clear()
        mask = 0
        begun: list[Node] = []
        if keys := self._keys[word]:
            for root in self._roots:
                for key in keys:
                    node = root.get(key)
                    if node is not None:
                        mask |= node.mask
                        if node.following or node.anything:
                            begun.append(node)
        open = any(node.anything is not None for node in begun)
        found = self[word] = (mask, tuple(begun), _next(begun), open) if mask or begun else None
        return found


def _next(begun: Sequence[Node]) -> Next:
    """What may follow: by key, the steps of all phrases begun."""
    following: Next = {}
    for node in begun:
        for key, child in node.following.items():
            following[key] = (*following.get(key, ()), child)
    return following


_NOTHING: Entry = (0, (), {}, False)
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
        keys = list(map(self._keys.__getitem__, words))
        keys.append(())
        last = len(words) - 1
        found: Spots = []
        for at, entry in enumerate(map(self._entries.__getitem__, words)):
            if entry is None:
                continue
            mask, begun, following, open = entry
            if mask:
                found.append((at, at + 1, mask))
            if not begun or at == last:
                continue
            if open or words[at + 1] == "\n":
                _follow(begun, words, keys, at, at + 1, found)
                continue
            for key in keys[at + 1]:  # as _follow does, here for speed: most phrases end at their second word
                if key in following:
                    for child in following[key]:
                        if child.mask:
                            found.append((at, at + 2, child.mask))
                        if child.following or child.anything:
                            _follow((child,), words, keys, at, at + 2, found)
        return found


def _follow(
    nodes: tuple[Node, ...],
    words: tuple[str, ...],
    keys: list[tuple[str, ...]],
    first: int,
    at: int,
    found: Spots,
) -> None:
    """Add every phrase begun at ``first`` that goes on from one of ``nodes`` with word ``at``."""
    if at < len(words) and words[at] == "\n":
        at += 1
    if at >= len(words):
        return
    here = keys[at]
    for node in nodes:
        for key in here:
            child = node.following.get(key)
            if child is not None:
                if child.mask:
                    found.append((first, at + 1, child.mask))
                if child.following or child.anything:
                    _follow((child,), words, keys, first, at + 1, found)
        child = node.anything
        if child is not None:
            if child.mask:
                found.append((first, at + 1, child.mask))
            if child.following or child.anything:
                _follow((child,), words, keys, first, at + 1, found)
