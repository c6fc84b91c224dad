"""Words that nobody can know beforehand: they fence a text in, and prove that an answer belongs to its call."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable

Draw = Callable[[], str]
DRAWS = 4  # at a mark that the text does not hold


class NoMark(Exception):
    """No mark could be drawn that the text does not hold: it knows what nobody can know."""


def draw() -> str:
    return secrets.token_hex(16)


def unheard(drawing: Draw, texts: Iterable[str]) -> str:
    """A word that none of the texts holds. A second draw would be a wonder, so that a few are enough."""
    texts = list(texts)
    for _ in range(DRAWS):
        word = drawing()
        if not any(word in text for text in texts):
            return word
    raise NoMark
