"""Which languages a text is written in: by its letters, or by common words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from policies.text.common_words import COMMON_WORDS

_DISTINCT = 4  # different common words of a language that show its presence,
_FEW = 2  # or, if it has most of them, so many
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


class Languages:
    """Languages with their common words; those of other scripts need none."""

    def __init__(self, common: Mapping[str, frozenset[str]]) -> None:
        self._common = common
        self._english = COMMON_WORDS.difference(*common.values())
        self._all_common = self._english.union(*common.values())

    def signs(self, text: str, words: Iterable[str]) -> frozenset[str]:
        """What ``text``, made of ``words``, says of its languages: common words, and names of those whose letters it has."""
        if text.isascii():
            return self._common_words(words, plain="'" not in text)
        foreign = "\n".join(_FOREIGN.findall(text))
        written = (name for name in self._common if name in _SCRIPTS and _SCRIPTS[name].search(foreign))
        return self._common_words(words, plain=False).union(f"={name}" for name in written)

    def of(self, signs: frozenset[str]) -> Iterator[str]:
        """The languages of a text with these signs; English always."""
        counts = {language: len(signs & common) for language, common in self._common.items()}
        # A short text has few of them: then the language that it has most of, if they outnumber the English ones.
        enough = min(_DISTINCT, max(_FEW, len(signs & self._english) + 1, *counts.values()))
        for language, count in counts.items():
            known = f"={language}" in signs if language in _SCRIPTS else language == "en" or count >= enough
            if known:
                yield language

    def _common_words(self, words: Iterable[str], *, plain: bool) -> frozenset[str]:
        """Which common words of any language occur; in ``l'acqua`` and ``für`` those parts that are plain letters."""
        distinct = set(words)
        found = self._all_common & distinct
        if plain:
            return found
        odd = "\n".join([word for word in distinct if "'" in word or not word.isascii()])
        return found.union(_LATIN_WORD.findall(odd)) & self._all_common
