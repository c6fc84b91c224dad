"""What phrases call a word: its stem, a prefix, an ending, or the word exactly."""

from __future__ import annotations

from policies.text.stems import stem

CACHE_SIZE = 100_000  # words
ANY = "_"
_AFFIX = range(2, 21)  # letters of a prefix or an ending


class Keys(dict[str, tuple[str, ...]]):
    """By word: everything that phrases may call it; nothing for a word that no phrase knows."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._exact: set[str] = set()
        # By their first two letters, how long they are; exchanged, not added to: another thread may be reading them.
        self._prefixes: dict[str, frozenset[int]] = {}
        self._endings: dict[str, frozenset[int]] = {}  # by their last two

    def of_phrase(self, word: str) -> str:
        """The key of a phrase's word; from now on, words of a text have it too."""
        if word == ANY:
            return word
        if word.endswith("*"):
            if len(word) - 1 in _AFFIX:
                _add(self._prefixes, word[:2], len(word) - 1)
        elif word.startswith("*"):
            if len(word) - 1 in _AFFIX:
                _add(self._endings, word[-2:], len(word) - 1)
        elif word.startswith("="):
            self._exact.add(word[1:])
        else:
            word = stem(word)
        self._known.add(word)
        return word

    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(self) > CACHE_SIZE:
            self.clear()
        if "\u0620" <= word[:1] <= "\u064a":
            forms = [key for form in _forms(word) for key in self._find(form)]
            found = self[word] = tuple(dict.fromkeys(forms))
        else:
            found = self[word] = tuple(self._find(word))
        return found

    def _find(self, word: str) -> list[str]:
        known, size = self._known, len(word)
        base = stem(word)
        found = [base] if base in known else []
        if word in self._exact:
            found.append("=" + word)
        for length in self._prefixes.get(word[:2], ()):
            if length <= size and (key := word[:length] + "*") in known:
                found.append(key)
        for length in self._endings.get(word[-2:], ()):
            if length <= size and (key := "*" + word[-length:]) in known:
                found.append(key)
        return found


def _add(lengths: dict[str, frozenset[int]], letters: str, length: int) -> None:
    lengths[letters] = lengths.get(letters, frozenset()) | {length}


def _forms(word: str) -> tuple[str, ...]:
    """An Arabic word, and the same without its joined conjunctions, prepositions and article."""
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
