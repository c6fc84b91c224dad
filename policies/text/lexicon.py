"""Phrase tables of a pack, compiled once: which classes a word or a run of words belongs to.

A table is ``class = [phrases]`` per language, all languages into the same classes. In a phrase every word is matched by
its stem; ``word*`` by prefix, ``*word`` by ending, ``=word`` exactly, ``_`` is any one word, ``..`` up to three;
``a/b`` are alternatives, ``(a)`` may be missing. Chinese and Japanese match by character.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

from policies.text.fold import fold
from policies.text.stems import stem
from policies.text.tokens import TOKEN, split_compounds

_CACHE_SIZE = 100_000
_ANY = "_"


class Node:
    """One step of a phrase: what may follow, and which classes end here."""

    __slots__ = ("following", "mask")

    def __init__(self) -> None:
        self.following: dict[str, Node] = {}
        self.mask = 0


class Lexicon:
    """Compiled phrase tables; build it with ``lexicon_from`` and keep it as long as the pack."""

    def __init__(self) -> None:
        self.bits: dict[str, int] = {}
        self.sizes: dict[int, int] = {}  # entries of a class: how common it is, roughly
        self.languages: tuple[str, ...] = ()
        self._root = Node()
        self._prefixes: dict[str, tuple[str, ...]] = {}
        self._endings: dict[str, tuple[str, ...]] = {}
        self._exact: set[str] = set()
        self._keys: dict[str, tuple[str, ...]] = {}
        self._entries: dict[str, tuple[int, tuple[Node, ...]]] = {}
        self.prepared: dict[str, Any] = {}  # what the matcher derives from the classes, once

    def bit(self, name: str) -> int:
        """The mask of a class, by its full name or by a last part that only it has; 0 if the pack has no such class."""
        if name in self.bits:
            return self.bits[name]
        named = [mask for full, mask in self.bits.items() if full.endswith("." + name)]
        if len(named) > 1:
            raise KeyError(f"the lexicon has more than one class {name!r}")
        return named[0] if named else 0

    def add(self, name: str, phrases: Iterable[str]) -> None:
        mask = self.bits.setdefault(name, 1 << len(self.bits))
        for phrase in phrases:
            self.sizes[mask] = self.sizes.get(mask, 0) + 1
            for words in _variants(phrase):
                node = self._root
                for word in words:
                    node = node.following.setdefault(self._key(word), Node())
                node.mask |= mask

    def _key(self, word: str) -> str:
        if word == _ANY:
            return _ANY
        if word.endswith("*"):
            body = word[:-1]
            self._prefixes[body] = (*self._prefixes.get(body, ()), word)
            return word
        if word.startswith("*"):
            self._endings[word[1:]] = (*self._endings.get(word[1:], ()), word)
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
                self._entries.clear()
            known = self._keys[word] = tuple(dict.fromkeys(self._find_keys(word)))
        return known

    def _find_keys(self, word: str) -> Iterator[str]:
        for form in _forms(word):
            yield stem(form)
            if form in self._exact:
                yield "=" + form
            for cut in range(2, min(len(form), 24) + 1):
                if form[:cut] in self._prefixes:
                    yield form[:cut] + "*"
                if form[-cut:] in self._endings:
                    yield "*" + form[-cut:]

    def knows(self, word: str) -> bool:
        """Whether any phrase begins with this word, or it is a common one."""
        mask, nodes = self.entry(word)
        return bool(mask or nodes)

    def entry(self, word: str) -> tuple[int, tuple[Node, ...]]:
        """The classes of the word alone, and the phrases that it may begin."""
        known = self._entries.get(word)
        if known is None:
            following = self._root.following
            nodes = tuple(n for k in self.keys(word) if (n := following.get(k)))
            mask = 0
            for node in nodes:
                mask |= node.mask
            known = self._entries[word] = (mask, tuple(n for n in nodes if n.following))
        return known

    def matches(self, words: list[str], at: int, end: int) -> Iterator[tuple[int, int]]:
        """(end, mask) of every phrase that begins at ``at`` and ends before ``end``."""
        mask, nodes = self.entry(words[at])
        if mask:
            yield at + 1, mask
        for node in nodes:
            yield from self._continue(node, words, at + 1, end)

    def _continue(self, node: Node, words: list[str], at: int, end: int) -> Iterator[tuple[int, int]]:
        if at < end and words[at] == "\n":
            at += 1
        if at >= end:
            return
        following = node.following
        for key in (*self.keys(words[at]), _ANY):
            child = following.get(key)
            if child is None:
                continue
            if child.mask:
                yield at + 1, child.mask
            if child.following:
                yield from self._continue(child, words, at + 1, end)


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
    """Compile a pack's ``lexicon`` table: ``{language: {class: [phrases]}}``; a nested table's name is joined by a dot."""
    lexicon = Lexicon()
    lexicon.languages = tuple(sorted(data))
    for language in lexicon.languages:
        for name, phrases in _flat(data[language]):
            lexicon.add(name, phrases)
    return lexicon


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield prefix + name, [phrase.strip() for line in value for phrase in str(line).split(",")]
