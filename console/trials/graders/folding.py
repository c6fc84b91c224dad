"""What ``contains`` and ``not_contains`` take for the same words: how a text looks, not how it is encoded."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# A letter with its marks, or the parts of a Korean syllable: what normalisation may join stays together.
_CLUSTER = re.compile("[\u1100-\u11ff]+|(?s:.)")
_SIGNS = {
    **dict.fromkeys(
        range(0x2010, 0x2014), "-"
    ),  # hyphens, also those that do not break, and the dash of a range
    0x2212: "-",
    **dict.fromkeys((0x2018, 0x2019, 0x02BC), "'"),
    **dict.fromkeys((0x201C, 0x201D), '"'),
}
_OWN_MEANING = ("<super>", "<sub>", "<fraction>")  # 10² is not 102


@dataclass(frozen=True, slots=True)
class Folded:
    """``text`` as it is compared, and for each of its characters the span of the source that it stands for."""

    text: str
    spans: tuple[tuple[int, int], ...]

    def find(self, value: str) -> tuple[int, int] | None:
        """Where ``value`` (given as written) first occurs, as a span of the source."""
        wanted = fold(value).text
        at = self.text.find(wanted) if wanted else -1
        return (self.spans[at][0], self.spans[at + len(wanted) - 1][1]) if at >= 0 else None


def fold(text: str) -> Folded:
    """Case, composition, width, ligatures, kinds of space, hyphen and quotation mark do not matter; what nobody sees falls out."""
    if text.isascii():
        return Folded(text.lower(), tuple((at, at + 1) for at in range(len(text))))
    said: list[str] = []
    spans: list[tuple[int, int]] = []
    for start, end in _clusters(text):
        one = _alike(text[start:end])
        said.append(one)
        spans += [(start, end)] * len(one)
    return Folded("".join(said), tuple(spans))


def _clusters(text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for match in _CLUSTER.finditer(text):
        if found and unicodedata.category(match[0][0])[0] == "M":
            found[-1] = (found[-1][0], match.end())
        else:
            found.append(match.span())
    return found


@lru_cache(maxsize=4096)
def _alike(cluster: str) -> str:
    own = unicodedata.decomposition(cluster[0]).startswith(_OWN_MEANING)
    plain = unicodedata.normalize("NFC" if own else "NFKC", cluster)
    shown = "".join(char for char in plain if not _unseen(char))
    return unicodedata.normalize("NFC", shown.translate(_SIGNS).casefold())


def _unseen(char: str) -> bool:
    """Zero widths, soft hyphens, and what chooses between two pictures of the same sign."""
    return unicodedata.category(char) == "Cf" or 0xFE00 <= ord(char) <= 0xFE0F
