"""The phrases of one language as a trie of words, whose steps are made when a text first gets there.

In a phrase every word is matched by its stem; ``word*`` by prefix, ``*word`` by ending, ``=word`` exactly, ``_`` is any
one word, ``..`` up to three; ``a/b`` are alternatives, ``(a)`` may be missing. Chinese and Japanese match by character.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from policies.text.keys import ANY, Keys
from policies.text.tokens import TOKEN, split_compounds

Run = tuple[str, ...]  # keys of words one after the other


class Part(NamedTuple):
    """What stands between two blanks of a phrase: runs of words of which any will do, each as its first key and the rest."""

    runs: tuple[tuple[str, Run], ...]
    optional: bool


class Phrase(NamedTuple):
    parts: tuple[Part, ...]
    tail: int  # from which part on all may be missing
    mask: int


Rest = tuple[Run, int, Phrase]  # the rest of a run, then the parts of the phrase from a number on


class Node:
    """One step: which classes end here, what of phrases goes on.

    A phrase with alternatives stands for thousands of plain ones: only the steps that texts take are ever made.
    """

    __slots__ = ("_following", "anything", "mask", "reach", "rest")

    def __init__(self) -> None:
        self._following: dict[str, Node] | None = None
        self.anything: Node | None = None  # what follows any word; known with ``following``
        self.mask = 0
        self.reach = 0  # the classes of all phrases that end here or go on
        self.rest: list[Rest] = []

    def following(self) -> dict[str, Node]:
        """The next steps by key. Two threads may both make them; each sees all of either."""
        if self._following is None:
            steps: dict[str, Node] = defaultdict(Node)
            for run, at, phrase in self.rest:
                if run:
                    steps[run[0]].take(run[1:], at, phrase)
                    continue
                for number in range(at, len(phrase.parts)):
                    runs, optional = phrase.parts[number]
                    for key, behind in runs:
                        steps[key].take(behind, number + 1, phrase)
                    if not optional:
                        break
            self.anything = steps.pop(ANY, None)
            self._following = dict(steps)
        return self._following

    def steps(self, called: Iterable[str]) -> list[Node]:
        """Where a word leads that phrases may call so."""
        following = self._following or self.following()
        found = [following[key] for key in called if key in following]
        if self.anything is not None:
            found.append(self.anything)
        return found

    def take(self, run: Run, at: int, phrase: Phrase) -> None:
        """Let what is left of a phrase go on from here, or end."""
        self.reach |= phrase.mask
        if at >= phrase.tail and not run:
            self.mask |= phrase.mask
        if run or at < len(phrase.parts):
            self.rest.append((run, at, phrase))


class Table:
    """The phrases of one language with the masks of their classes."""

    def __init__(self, phrases: Iterable[tuple[str, int]], keys: Keys) -> None:
        self._root = Node()
        known: dict[str, Part] = {}
        for written, mask in phrases:
            parts = []
            for word in written.split():
                part = known.get(word)
                if part is None:
                    part = known[word] = _part(word, keys)
                parts.append(part)
            tail = len(parts)
            while tail and parts[tail - 1].optional:
                tail -= 1
            self._root.rest.append(((), 0, Phrase(tuple(parts), tail, mask)))

    def heads(self) -> dict[str, Node]:
        """The first steps, by the key of the word."""
        return self._root.following()


def add_heads(phrases: Iterable[str], keys: Keys) -> None:
    """Tell ``keys`` the words with which phrases begin, and no others."""
    known: dict[str, bool] = {}  # by part: whether the next one may come first, too
    for phrase in phrases:
        for word in phrase.split():
            optional = known.get(word)
            if optional is None:
                optional = known[word] = _add_head(word, keys)
            if not optional:
                break


def _add_head(written: str, keys: Keys) -> bool:
    runs, optional = _runs(written)
    for run in runs:
        keys.of_phrase(run[0])
    return optional


def _part(written: str, keys: Keys) -> Part:
    runs, optional = _runs(written)
    found = (tuple(map(keys.of_phrase, run)) for run in runs)
    return Part(tuple((run[0], run[1:]) for run in found), optional)


def _runs(written: str) -> tuple[list[list[str]], bool]:
    """The words of each alternative, and whether all of them may be missing."""
    if written == "..":
        return [[ANY], [ANY, ANY], [ANY, ANY, ANY]], True
    optional = len(written) > 2 and written[0] == "(" and written[-1] == ")"
    choices = (written[1:-1] if optional else written).split("/")
    runs = [_split(choice) for choice in choices if choice]
    return [run for run in runs if run], optional or not all(runs)


def _split(choice: str) -> list[str]:
    if choice in (ANY, "="):
        return [choice]
    lead = choice[0] if choice[:1] in "=*" else ""
    tail = "*" if choice.endswith("*") and len(choice) > 1 else ""
    words = [str(word) for word in TOKEN.findall(split_compounds(choice.strip("=*")))]
    if words:
        words[0] = lead + words[0]
        words[-1] += tail
    return words
