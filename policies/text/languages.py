"""Which languages a text is written in: by its letters, or by common words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

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


class Languages:
    """Languages with their common words; those of other scripts need none."""

    def __init__(self, common: Mapping[str, frozenset[str]]) -> None:
        self._common = common
        self._all_common = frozenset().union(*common.values())

    def of(self, text: str, words: Iterable[str]) -> Iterator[str]:
        """The languages of ``text``, made of ``words``; English always."""
        foreign = "" if text.isascii() else "\n".join(_FOREIGN.findall(text))
        latin = self._common_words(words)
        for language, common in self._common.items():
            script = _SCRIPTS.get(language)
            if language == "en":
                yield language
            elif script is not None:
                if foreign and script.search(foreign):
                    yield language
            elif len(latin & common) >= _DISTINCT:
                yield language

    def _common_words(self, words: Iterable[str]) -> frozenset[str]:
        """Which common words of any language occur; in ``l'acqua`` and ``für`` those parts that are plain letters."""
        distinct = set(words)
        odd = "\n".join(word for word in distinct if not (word.isalpha() and word.isascii()))
        return self._all_common & distinct | self._all_common.intersection(_LATIN_WORD.findall(odd))
