"""Phrase tables of a pack, compiled once: which classes a word or a run of words belongs to.

A table is ``class = [phrases]`` per language, all languages into the same classes; a text is read with the tables of
the languages that it is written in. In a phrase every word is matched by its stem; ``word*`` by prefix, ``*word`` by
ending, ``=word`` exactly, ``_`` is any one word, ``..`` up to three; ``a/b`` are alternatives, ``(a)`` may be missing.
Chinese and Japanese match by character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

from policies.text.fold import fold
from policies.text.stems import stem
from policies.text.tokens import TOKEN, split_compounds

_CACHE_SIZE = 100_000
_ANY = "_"
_COMMON = "text.common"
_DISTINCT = 4  # different common words of a language that show its presence
_SCRIPTS = {
    "ru": re.compile("[\u0400-\u04ff]{3}"),
    "ar": re.compile("[\u0620-\u064a]{3}"),
    "hi": re.compile("[\u0904-\u0939]"),
    "zh": re.compile("[\u4e00-\u9fff]{2}"),
    "ja": re.compile("[\u3041-\u30ff]{2}"),
    "ko": re.compile("[\uac00-\ud7a3]{2}"),
}
_LATIN_WORD = re.compile(r"[a-z]+")


class Node:
    """One step of a phrase: what may follow, and which classes end here."""

    __slots__ = ("following", "mask")

    def __init__(self) -> None:
        self.following: dict[str, Node] = {}
        self.mask = 0


class Table:
    """The phrases of one language as a trie of words."""

    def __init__(self) -> None:
        self.root = Node()
        self._prefixes: set[str] = set()
        self._endings: set[str] = set()
        self._exact: set[str] = set()
        self._keys: dict[str, tuple[str, ...]] = {}

    def add(self, phrase: str, mask: int) -> None:
        for words in _variants(phrase):
            node = self.root
            for word in words:
                node = node.following.setdefault(self._key(word), Node())
            node.mask |= mask

    def _key(self, word: str) -> str:
        if word == _ANY:
            return _ANY
        if word.endswith("*"):
            self._prefixes.add(word[:-1])
            return word
        if word.startswith("*"):
            self._endings.add(word[1:])
            return word
        if word.startswith("="):
            self._exact.add(word[1:])
            return word
        return stem(word)

    def keys(self, word: str) -> tuple[str, ...]:
        """Everything that a phrase may call this word."""
        known = self._keys.get(word)
        if known is None:
            if len(self._keys) > _CACHE_SIZE:
                self._keys.clear()
            known = self._keys[word] = tuple(dict.fromkeys(self._find_keys(word)))
        return known

    def _find_keys(self, word: str) -> Iterator[str]:
        for form in _forms(word):
            yield stem(form)
            if form in self._exact:
                yield "=" + form
            for cut in range(2, min(len(form), 20) + 1):
                if form[:cut] in self._prefixes:
                    yield form[:cut] + "*"
                if form[-cut:] in self._endings:
                    yield "*" + form[-cut:]

    def follow(self, node: Node, words: list[str], at: int, end: int, out: list[tuple[int, int]]) -> None:
        """Add (end, mask) of every phrase that goes on from ``node`` at word ``at``."""
        if at < end and words[at] == "\n":
            at += 1
        if at >= end:
            return
        steps, word = node.following, words[at]
        known = self._keys.get(word)
        for key in self.keys(word) if known is None else known:
            child = steps.get(key)
            if child is not None:
                if child.mask:
                    out.append((at + 1, child.mask))
                if child.following:
                    self.follow(child, words, at + 1, end, out)
        child = steps.get(_ANY)
        if child is not None:
            if child.mask:
                out.append((at + 1, child.mask))
            if child.following:
                self.follow(child, words, at + 1, end, out)


class Reader:
    """The tables of some languages, read together."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._tables = tuple(tables)
        self.remembered: dict[
            tuple[str, ...], Any
        ] = {}  # what was found in sentences seen before (scope.Known)
        self._entries: dict[str, tuple[int, tuple[tuple[Table, Node], ...]]] = {}

    def entry(self, word: str) -> tuple[int, tuple[tuple[Table, Node], ...]]:
        """The classes of the word alone, and the phrases that it may begin."""
        known = self._entries.get(word)
        if known is None:
            if len(self._entries) > _CACHE_SIZE:
                self._entries.clear()
            mask = 0
            begun: list[tuple[Table, Node]] = []
            for table in self._tables:
                for key in table.keys(word):
                    node = table.root.following.get(key)
                    if node is not None:
                        mask |= node.mask
                        if node.following:
                            begun.append((table, node))
            known = self._entries[word] = (mask, tuple(begun))
        return known

    def matches(self, words: list[str], at: int, end: int) -> list[tuple[int, int]]:
        """(end, mask) of every phrase that begins at ``at`` and ends at or before ``end``."""
        mask, begun = self.entry(words[at])
        out = [(at + 1, mask)] if mask else []
        for table, node in begun:
            table.follow(node, words, at + 1, end, out)
        return out

    def knows(self, word: str) -> bool:
        """Whether any phrase is or begins with this word."""
        mask, begun = self.entry(word)
        return bool(mask or begun)


class Lexicon:
    """Compiled phrase tables; build it with ``lexicon_from`` and keep it as long as the pack."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.languages = tuple(sorted(data))
        self.bits: dict[str, int] = {}
        self.sizes: dict[int, int] = {}  # phrases of a class: how common it is, roughly
        self.prepared: dict[str, Any] = {}  # what others derive from the classes, once
        self._tables: dict[str, Table] = {}
        self._common: dict[str, frozenset[str]] = {}
        self._readers: dict[frozenset[str], Reader] = {}
        for language in self.languages:
            table = self._tables[language] = Table()
            for name, phrases in _flat(data[language]):
                self._add(language, table, name, phrases)

    def _add(self, language: str, table: Table, name: str, phrases: list[str]) -> None:
        mask = self.bits.setdefault(name, 1 << len(self.bits))
        self.sizes[mask] = self.sizes.get(mask, 0) + len(phrases)
        for phrase in phrases:
            table.add(phrase, mask)
        if name == _COMMON:
            self._common[language] = frozenset(fold(phrase).text for phrase in phrases)

    def bit(self, name: str) -> int:
        """The mask of a class, by its full name or by a last part that only it has; 0 if the pack has no such class."""
        if name in self.bits:
            return self.bits[name]
        named = [mask for full, mask in self.bits.items() if full.endswith("." + name)]
        if len(named) > 1:
            raise KeyError(f"the lexicon has more than one class {name!r}")
        return named[0] if named else 0

    def reader(self, text: str) -> Reader:
        """The tables that ``text`` needs: English always, others as far as their words or letters occur."""
        return self._reader(frozenset(self._languages_of(text)))

    def everything(self) -> Reader:
        """All tables together, for deciding whether something reads like words at all."""
        return self._reader(frozenset(self.languages))

    def _reader(self, languages: frozenset[str]) -> Reader:
        known = self._readers.get(languages)
        if known is None:
            known = self._readers[languages] = Reader(self._tables[name] for name in sorted(languages))
        return known

    def _languages_of(self, text: str) -> Iterator[str]:
        words: set[str] | None = None
        for language in self.languages:
            script = _SCRIPTS.get(language)
            if language == "en":
                yield language
            elif script is not None:
                if script.search(text):
                    yield language
            else:
                if words is None:
                    words = set(_LATIN_WORD.findall(text.lower()))
                if len(words & self._common.get(language, frozenset())) >= _DISTINCT:
                    yield language


def _forms(word: str) -> tuple[str, ...]:
    """The word, and for Arabic also without its joined conjunctions, prepositions and article."""
    if not "\u0620" <= word[0] <= "\u064a":
        return (word,)
    forms = [word]
    bare = word
    for letters in ("وف", "بلكس"):
        if len(bare) > 3 and bare[0] in letters:
            bare = bare[1:]
            forms.append(bare)
    for form in list(forms):
        if form.startswith(("ال", "لل")) and len(form) > 4:
            forms.append(form[2:])
    return tuple(forms)


def _variants(phrase: str) -> Iterator[list[str]]:
    """All plain word lists that a phrase with alternatives and optional words stands for."""
    slots: list[list[list[str]]] = []
    for part in fold(phrase.lower()).text.split():
        optional = len(part) > 2 and part.startswith("(") and part.endswith(")")
        bare = part[1:-1] if optional else part
        choices = [_split(choice) for choice in bare.split("/") if choice]
        if part == "..":
            choices = [[], [_ANY], [_ANY, _ANY], [_ANY, _ANY, _ANY]]
        slots.append([[], *choices] if optional else choices)
    for chosen in product(*slots):
        words = [word for part in chosen for word in part]
        if words:
            yield words


def _split(choice: str) -> list[str]:
    if choice == _ANY:
        return [_ANY]
    lead = choice[0] if choice[:1] in "=*" else ""
    tail = "*" if choice.endswith("*") and len(choice) > 1 else ""
    words = [str(word) for word in TOKEN.findall(split_compounds(choice.strip("=*")))]
    if words:
        words[0] = lead + words[0]
        words[-1] += tail
    return words


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
