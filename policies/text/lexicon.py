"""Phrase tables of a pack, compiled once: which classes a word or a run of words belongs to.

A table is ``class = [phrases]`` per language, all languages into the same classes; a text is read with the tables of
the languages that it is written in. In a phrase every word is matched by its stem; ``word*`` by prefix, ``*word`` by
ending, ``=word`` exactly, ``_`` is any one word, ``..`` up to three; ``a/b`` are alternatives, ``(a)`` may be missing.
Chinese and Japanese match by character.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from policies.text.fold import fold
from policies.text.stems import stem
from policies.text.tokens import TOKEN, split_compounds

_CACHE_SIZE = 100_000
_REMEMBERED = 4000  # sentences: while somebody types, all but one are known
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
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_LATIN_WORD = re.compile(r"[a-z]+")
_BRANCHES = re.compile(r"[/(]|\.\.")
_AFFIX = range(2, 21)  # letters of a prefix or an ending


class Node:
    """One step of a phrase: what may follow (``anything``: any word), and which classes end here."""

    __slots__ = ("anything", "following", "mask")

    def __init__(self) -> None:
        self.following: dict[str, Node] = _NONE  # most steps are last ones
        self.anything: Node | None = None
        self.mask = 0

    def after(self, key: str) -> Node:
        """The step for a key, made where there is none."""
        if key == _ANY:
            if self.anything is None:
                self.anything = Node()
            return self.anything
        found = self.following.get(key)
        if found is None:
            if self.following is _NONE:
                self.following = {}
            found = self.following[key] = Node()
        return found


_NONE: dict[str, Node] = {}  # shared and never written to


Entry = tuple[int, tuple[Node, ...], bool]


class Keys(dict[str, tuple[str, ...]]):
    """By word: everything that phrases may call it; nothing for a word that no phrase knows."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._exact: set[str] = set()
        self._prefixes: dict[str, set[int]] = {}  # by their first two letters: how long they are
        self._endings: dict[str, set[int]] = {}  # by their last two

    def of_phrase(self, word: str) -> str:
        """The key of a phrase's word; from now on, words of a text have it too."""
        if word == _ANY:
            return word
        if word.endswith("*"):
            if len(word) - 1 in _AFFIX:
                self._prefixes.setdefault(word[:2], set()).add(len(word) - 1)
        elif word.startswith("*"):
            if len(word) - 1 in _AFFIX:
                self._endings.setdefault(word[-2:], set()).add(len(word) - 1)
        elif word.startswith("="):
            self._exact.add(word[1:])
        else:
            word = stem(word)
        self._known.add(word)
        return word

    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(self) > _CACHE_SIZE:
            self.clear()
        found = self[word] = tuple(dict.fromkeys(self._find(word)))
        return found

    def _find(self, word: str) -> Iterator[str]:
        known = self._known
        for form in _forms(word) if "\u0620" <= word[:1] <= "\u064a" else (word,):
            if (base := stem(form)) in known:
                yield base
            if form in self._exact:
                yield "=" + form
            if lengths := self._prefixes.get(form[:2]):
                yield from (
                    key for size in lengths if size <= len(form) and (key := form[:size] + "*") in known
                )
            if lengths := self._endings.get(form[-2:]):
                yield from (
                    key for size in lengths if size <= len(form) and (key := "*" + form[-size:]) in known
                )


class Table:
    """The phrases of one language as a trie of words."""

    def __init__(self, keys: Keys) -> None:
        self.root = Node()
        self._keys = keys
        self._choices: dict[str, tuple[str, ...]] = {}

    def add(self, phrase: str, mask: int) -> None:
        """Add all plain word lists that a phrase with alternatives and optional words stands for."""
        if not _BRANCHES.search(phrase):
            self._add_words(phrase.split(), mask)
            return
        nodes = [self.root]
        for part in phrase.split():
            optional = len(part) > 2 and part[0] == "(" and part[-1] == ")"
            if part == "..":
                choices, optional = [(_ANY,), (_ANY, _ANY), (_ANY, _ANY, _ANY)], True
            else:
                bare = part[1:-1] if optional else part
                choices = [self._choice(choice) for choice in bare.split("/") if choice]
            reached = dict.fromkeys(nodes) if optional else {}
            for keys in choices:
                for node in nodes:
                    for key in keys:
                        node = node.after(key)
                    reached[node] = None
            nodes = list(reached)
        for node in nodes:
            if node is not self.root:
                node.mask |= mask

    def _add_words(self, words: list[str], mask: int) -> None:
        node = self.root
        for word in words:
            for key in self._choices.get(word) or self._choice(word):
                node = node.after(key)
        if node is not self.root:
            node.mask |= mask

    def _choice(self, choice: str) -> tuple[str, ...]:
        known = self._choices.get(choice)
        if known is None:
            known = self._choices[choice] = tuple(map(self._keys.of_phrase, _split(choice)))
        return known


class _Entries(dict[str, Entry | None]):
    """By word: the classes of the word alone, the phrases that it may begin, and whether any word may follow in one of them.

    None for words that say nothing.
    """

    def __init__(self, tables: Iterable[Table], keys: Keys) -> None:
        self._roots = tuple(table.root.following for table in tables)
        self._keys = keys

    def __missing__(self, word: str) -> Entry | None:
        if len(self) > _CACHE_SIZE:
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
        found = self[word] = (mask, tuple(begun), open) if mask or begun else None
        return found


_NOTHING: Entry = (0, (), False)
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
            mask, begun, open = entry
            if mask:
                found.append((at, at + 1, mask))
            if not begun or at == last:
                continue
            if open or words[at + 1] == "\n":
                _follow(begun, words, keys, at, at + 1, found)
                continue
            for key in keys[
                at + 1
            ]:  # the usual case of _follow, here for speed: most phrases end at their second word
                for node in begun:
                    child = node.following.get(key)
                    if child is not None:
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
        self._heads: dict[str, bool] = {}
        self._english_first = sorted(self.languages, key=lambda language: language != "en")
        self._readers: dict[frozenset[str], Reader] = {}
        self._common: dict[str, frozenset[str]] = dict.fromkeys(self.languages, frozenset())
        for language in self.languages:
            self._written[language] = list(_flat(data[language]))
            for name, phrases in self._written[language]:
                mask = self.bits.setdefault(name, 1 << len(self.bits))
                self.sizes[mask] = self.sizes.get(mask, 0) + len(phrases)
                if name == _COMMON:
                    self._common[language] = frozenset(fold(phrase).text for phrase in phrases)
        self._all_common = frozenset().union(*self._common.values())

    def _table(self, language: str) -> Table:
        known = self._tables.get(language)
        if known is None:
            known = self._tables[language] = Table(self._keys)
            self._keys.clear()  # phrases of this language may know words that the others do not
            for name, phrases in self._written[language]:
                mask = 0 if name == _COMMON else self.bits[name]  # common words are known, but mean nothing
                for phrase in phrases:
                    known.add(fold(phrase.lower()).text, mask)
            gc.freeze()  # else every full collection walks through all these steps, in the middle of a check
        return known

    def bit(self, name: str) -> int:
        """The mask of a class, by its full name or by a last part that only it has; 0 if the pack has no such class."""
        if name in self.bits:
            return self.bits[name]
        named = [mask for full, mask in self.bits.items() if full.endswith("." + name)]
        if len(named) > 1:
            raise KeyError(f"the lexicon has more than one class {name!r}")
        return named[0] if named else 0

    def reader(self, text: str, words: Iterable[str] = ()) -> Reader:
        """The tables that ``text``, made of ``words``, needs: English always, others as their words or letters occur."""
        return self._reader(frozenset(self._languages_of(text, words)))

    def everything(self) -> Reader:
        """All tables together, compiled."""
        return self._reader(frozenset(self.languages))

    def knows(self, word: str) -> bool:
        """Whether any phrase of any language is or begins with this word: whether it reads like a word at all."""
        known = self._heads.get(word)
        if known is None:
            if len(self._heads) > _CACHE_SIZE:
                self._heads.clear()
            known = self._heads[word] = any(self._begins(language, word) for language in self._english_first)
        return known

    def _begins(self, language: str, word: str) -> bool:
        heads = self._table(language).root.following
        return any(key in heads for key in self._keys[word])

    def _reader(self, languages: frozenset[str]) -> Reader:
        known = self._readers.get(languages)
        if known is None:
            tables = tuple(self._table(name) for name in sorted(languages))
            known = self._readers[languages] = Reader(tables, self._keys)
        return known

    def _languages_of(self, text: str, words: Iterable[str]) -> Iterator[str]:
        foreign = "" if text.isascii() else "\n".join(_FOREIGN.findall(text))
        latin = self._common_words(words)
        for language in self.languages:
            script = _SCRIPTS.get(language)
            if language == "en":
                yield language
            elif script is not None:
                if foreign and script.search(foreign):
                    yield language
            elif len(latin & self._common[language]) >= _DISTINCT:
                yield language

    def _common_words(self, words: Iterable[str]) -> frozenset[str]:
        """Which common words of any language occur; in ``l'acqua`` and ``für`` those parts that are plain letters."""
        distinct = set(words)
        odd = "\n".join(word for word in distinct if not (word.isalpha() and word.isascii()))
        return self._all_common & distinct | self._all_common.intersection(_LATIN_WORD.findall(odd))


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
