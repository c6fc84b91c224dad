"""Phrase tables of a pack, compiled once: which classes a word or a run of words belongs to.

A table is ``class = [phrases]`` per language (their syntax: tables.py), all languages into the same classes; a text is
read with the tables of the languages that it is written in.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from policies.text.fold import fold_all
from policies.text.keys import Keys
from policies.text.languages import Languages
from policies.text.reader import Reader
from policies.text.tables import Table, add_heads

_COMMON = "text.common"


class Lexicon:
    """Phrase tables, each compiled when first needed; build it with ``lexicon_from`` and keep it as long as the pack."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.languages = tuple(sorted(data))
        self.bits: dict[str, int] = {}
        self.sizes: dict[int, int] = {}  # phrases of a class: how common it is, roughly
        self.prepared: dict[str, Any] = {}  # what others derive from the classes, once
        self._keys = Keys()
        self._written: dict[str, list[tuple[str, list[str]]]] = {}
        self._tables: dict[str, Table] = {}
        self._readers: dict[frozenset[str], Reader] = {}
        common: dict[str, frozenset[str]] = dict.fromkeys(self.languages, frozenset())
        for language in self.languages:
            self._written[language] = list(_flat(data[language]))
            for name, phrases in self._written[language]:
                mask = self.bits.setdefault(name, 1 << len(self.bits))
                self.sizes[mask] = self.sizes.get(mask, 0) + len(phrases)
                if name == _COMMON:
                    common[language] = frozenset(fold_all(phrases))
        self._spoken = Languages(common)

    def _table(self, language: str) -> Table:
        known = self._tables.get(language)
        if known is None:
            known = Table(self._folded(language), self._keys)
            self._keys.clear()  # phrases of this language may know words that the others do not
            self._tables[language] = known  # whole, since another thread may take it from here
            _collect_rarely()
            gc.freeze()  # else every full collection walks through all these phrases, in the middle of a check
        return known

    def _folded(self, language: str) -> Iterator[tuple[str, int]]:
        """The phrases of a language as a text's words are read, with the masks of their classes."""
        masks: list[int] = []
        written: list[str] = []
        for name, phrases in self._written[language]:
            written += (phrase.lower() for phrase in phrases)
            mask = 0 if name == _COMMON else self.bits[name]  # common words are known, but mean nothing
            masks += [mask] * len(phrases)
        return zip(fold_all(written), masks, strict=True)

    def bit(self, name: str) -> int:
        """The mask of a class, by its full name or by a last part that only it has; 0 if the pack has no such class."""
        if name in self.bits:
            return self.bits[name]
        named = [mask for full, mask in self.bits.items() if full.endswith("." + name)]
        if len(named) > 1:
            raise KeyError(f"the lexicon has more than one class {name!r}")
        return named[0] if named else 0

    def signs(self, text: str, words: Iterable[str]) -> frozenset[str]:
        """What of ``text``, made of ``words``, tells its languages."""
        return self._spoken.signs(text, words)

    def reader(self, signs: frozenset[str]) -> Reader:
        """The tables that a text with these signs needs: English always, others as their words or letters occur."""
        return self._reader(frozenset(self._spoken.of(signs)))

    def everything(self) -> Reader:
        """All tables together, compiled."""
        return self._reader(frozenset(self.languages))

    def knows(self, word: str) -> bool:
        """Whether any phrase of any language is or begins with this word: whether it reads like a word at all."""
        return bool(self._heads[word])

    @cached_property
    def _heads(self) -> Keys:
        """What the first words of phrases are called, in any language; needs none of their tables."""
        keys = Keys()
        for language in self.languages:
            add_heads((phrase for phrase, _ in self._folded(language)), keys)
        return keys

    def phrases(self, language: str) -> Iterator[str]:
        """The phrases of a language as they were written."""
        for _, phrases in self._written.get(language, ()):
            yield from phrases

    def _reader(self, languages: frozenset[str]) -> Reader:
        known = self._readers.get(languages)
        if known is None:
            tables = tuple(self._table(name) for name in sorted(languages))
            known = self._readers[languages] = Reader(tables, self._keys)
        return known


_BETWEEN = 20_000  # objects made between two collections


def _collect_rarely() -> None:
    """Reading makes many small objects that stay, and no cycles: collecting after every 700 takes a quarter of a check.

    Who switched collections off, or has fewer still, keeps that.
    """
    between, *older = gc.get_threshold()
    if 0 < between < _BETWEEN:
        gc.set_threshold(_BETWEEN, *older)


def lexicon_from(data: Mapping[str, Any]) -> Lexicon:
    """Compile a pack's ``lexicon`` table: ``{language: {table: {class: [phrases]}}}``; a class is called ``table.class``."""
    return Lexicon(data)


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield (
                prefix + name,
                [phrase.strip() for line in value for phrase in str(line).split(",") if phrase.strip()],
            )
