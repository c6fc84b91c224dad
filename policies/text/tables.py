"""The phrases of one language, compiled: a trie of words.

In a phrase every word is matched by its stem; ``word*`` by prefix, ``*word`` by ending, ``=word`` exactly, ``_`` is any
one word, ``..`` up to three; ``a/b`` are alternatives, ``(a)`` may be missing. Chinese and Japanese match by character.
"""

from __future__ import annotations

import re

from policies.text.keys import ANY, Keys
from policies.text.tokens import TOKEN, split_compounds

_BRANCHES = re.compile(r"[/(]|\.\.")


class Node:
    """One step of a phrase: what may follow (``anything``: any word), and which classes end here."""

    __slots__ = ("anything", "following", "mask")

    def __init__(self) -> None:
        self.following: dict[str, Node] = _NONE  # most steps are last ones
        self.anything: Node | None = None
        self.mask = 0

    def after(self, key: str) -> Node:
        """The step for a key, made where there is none."""
        if key == ANY:
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
                choices, optional = [(ANY,), (ANY, ANY), (ANY, ANY, ANY)], True
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


def _split(choice: str) -> list[str]:
    if choice == ANY:
        return [ANY]
    lead = choice[0] if choice[:1] in "=*" else ""
    tail = "*" if choice.endswith("*") and len(choice) > 1 else ""
    words = [str(word) for word in TOKEN.findall(split_compounds(choice.strip("=*")))]
    if words:
        words[0] = lead + words[0]
        words[-1] += tail
    return words
