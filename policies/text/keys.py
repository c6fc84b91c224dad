"""What phrases call a word: its stem, a prefix, an ending, or the word exactly."""

from __future__ import annotations

from collections.abc import Iterator

from policies.text.stems import stem

CACHE_SIZE = 100_000  # words
ANY = "_"
_AFFIX = range(2, 21)  # letters of a prefix or an ending


class Keys(dict[str, tuple[str, ...]]):
    """By word: everything that phrases may call it; nothing for a word that no phrase knows."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._exact: set[str] = set()
        self._prefixes: dict[str, set[int]] = {}  # by their first two letters: how long they are
        self._endings: dict[str, set[int]] = {}  # by their last two

    def of_phrase(self, word: str) -> str:
        """The key of a phrase's word; from now on, words of a text have it too."""
        if word == ANY:
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
        if len(self) > CACHE_SIZE:
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
