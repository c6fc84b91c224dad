"""Whether a text holds the words that a judge quotes from it."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

SHORTEST = 3  # characters of a quote: less occurs everywhere and says nothing
LONGEST = 2_000

_SAME = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"'})


def find(quote: str, text: str) -> tuple[int, int] | None:
    """Code points at which ``text`` holds the quote, as a reader sees it: any white space is one space, marks that
    nobody sees are nothing, and quotation marks are straight.
    """
    wanted = _readable(quote)[0].strip()
    if len(wanted) < SHORTEST:
        return None
    readable, offsets = _readable(text)
    at = readable.find(wanted)
    return (offsets[at], offsets[at + len(wanted) - 1] + 1) if at >= 0 else None


@lru_cache(maxsize=8)
def _readable(text: str) -> tuple[str, tuple[int, ...]]:
    """The text as it is read, and for each of its characters the offset in ``text``."""
    characters: list[str] = []
    offsets: list[int] = []
    for offset, character in enumerate(text):
        if character.isspace():
            if characters and characters[-1] == " ":
                continue
            character = " "
        elif unicodedata.category(character) == "Cf":
            continue
        characters.append(character)
        offsets.append(offset)
    return "".join(characters).translate(_SAME), tuple(offsets)
