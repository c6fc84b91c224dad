"""What counts as a word, in every script: between spaces, and of scripts that put none between words, each character."""

from __future__ import annotations

import re

# Han and kana, with their marks of length: a reply of a thousand of them is no single word.
_UNSPACED = (
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_ALONE = re.compile(f"[{_UNSPACED}]")
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")


def word_count(text: str) -> int:
    """Words as a limit of length counts them, whatever signs they hold."""
    return len(_ALONE.sub(" x ", text).split())


def words_of(text: str) -> list[str]:
    """Words without the signs between them, in small letters."""
    return _WORD.findall(text.lower())
