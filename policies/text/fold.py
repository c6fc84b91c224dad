"""Characters as a reader sees them: look-alikes, invisible ones and styled letters folded, one to one or to nothing.

Folding never changes what a word means in its own script: Cyrillic and Greek letters become Latin ones only inside
words that are disguised Latin (mixed scripts, or nothing but look-alikes in a text that is otherwise Latin).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_CYRILLIC = dict(
    zip("авекмнорстухіјѕԁһԛԝгпбёьАВЕЗКМНОРСТУХІЈЅЁ", "abekmhopctyxijsdhqwrnbebABE3KMHOPCTYXIJSE", strict=True)
)
_GREEK = dict(zip("αβγδεζηικλμνορστυχωΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abydeznikλuvopotuxwABEZHIKMNOPTYX", strict=True)) | {
    "τ": "t",
    "σ": "o",
    "λ": "l",
}
_OTHER = {
    "ı": "i", "ɑ": "a", "ɡ": "g", "ɩ": "i", "ʏ": "y", "ᴀ": "a", "ʙ": "b", "ᴄ": "c", "ᴅ": "d", "ᴇ": "e", "ꜰ": "f", "ɢ": "g", "ʜ": "h",
    "ɪ": "i", "ᴊ": "j", "ᴋ": "k", "ʟ": "l", "ᴍ": "m", "ɴ": "n", "ᴏ": "o", "ᴘ": "p", "ʀ": "r", "ꜱ": "s", "ᴛ": "t", "ᴜ": "u",
    "ᴠ": "v", "ᴡ": "w", "ᴢ": "z", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "’": "'", "‘": "'", "ʼ": "'", "＇": "'",
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "「": '"', "」": '"', "『": '"', "』": '"', "‹": '"', "›": '"',
    "–": "—", "―": "—", "−": "-", "‐": "-", "‑": "-", "…": ".",
    "Օ": "O", "օ": "o", "ս": "u", "հ": "h", "ո": "n", "ց": "g", "զ": "q", "а": "а",
}  # fmt: skip
_DROP = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\u0640\u064b-\u0652\U000e0100-\U000e01ef\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)
_NOT_PLAIN = re.compile("[^\n\t\r -~]")
_MIXED = re.compile(
    r"[A-Za-z\u0370-\u03ff\u0400-\u04ff]*[\u0370-\u03ff\u0400-\u04ff][A-Za-z\u0370-\u03ff\u0400-\u04ff]*"
)
_TAG_SHIFT = 0xE0000


@lru_cache(maxsize=8192)
def fold_char(char: str) -> str:
    """The plain form of one character: '' for an invisible one, lower accents removed, compatibility forms undone."""
    code = ord(char)
    if _DROP.match(char):
        return ""
    if 0xE0020 <= code <= 0xE007E:  # tag characters spell hidden ASCII
        return chr(code - _TAG_SHIFT)
    if 0x1F130 <= code <= 0x1F189:  # squared and negative circled letters
        return chr(ord("a") + (code - 0x1F130) % 32 % 26)
    if 0x1F1E6 <= code <= 0x1F1FF:  # regional indicators
        return chr(ord("a") + code - 0x1F1E6)
    if char in _OTHER:
        return _OTHER[char]
    plain = unicodedata.normalize("NFKC", char)
    if plain != char and len(plain) <= 4:
        return "".join(fold_char(c) if c != char else c for c in plain)
    decomposed = unicodedata.normalize("NFD", char)
    if len(decomposed) > 1 and ord(decomposed[0]) < 0x0530:
        return decomposed[0]
    if unicodedata.category(char) == "Mn" and code < 0x0500:
        return ""
    return " " if char.isspace() and char != "\n" else char


class Folded:
    """Text made readable, with the way back: every character knows its span in the given text."""

    __slots__ = ("_ends", "_starts", "length", "text")

    def __init__(self, text: str, starts: list[int] | None, ends: list[int] | None, length: int) -> None:
        self.text = text
        self._starts = starts  # None: each character stands where it stood
        self._ends = ends
        self.length = length

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The given text's span of the readable characters from ``start`` to ``end``."""
        if self._starts is None or self._ends is None:
            return start, end
        if end <= start:
            at = self._starts[start] if start < len(self._starts) else self.length
            return at, at
        return self._starts[start], max(self._ends[start], self._ends[end - 1])

    def replaced(self, edits: Sequence[tuple[int, int, str]]) -> Folded:
        """A copy with spans replaced, in order and apart; what is put in maps back to the whole span."""
        if not edits:
            return self
        old_starts = self._starts if self._starts is not None else list(range(len(self.text)))
        old_ends = self._ends if self._ends is not None else list(range(1, len(self.text) + 1))
        out: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = 0
        for start, end, text in edits:
            out += (self.text[at:start], text)
            starts += old_starts[at:start]
            ends += old_ends[at:start]
            first, last = self.span(start, end)
            starts += [first] * len(text)
            ends += [last] * len(text)
            at = end
        out.append(self.text[at:])
        starts += old_starts[at:]
        ends += old_ends[at:]
        return Folded("".join(out), starts, ends, self.length)


def fold(text: str) -> Folded:
    """Fold ``text``; plain ASCII comes back as it is, without a map."""
    first = _NOT_PLAIN.search(text)
    if first is None:
        return Folded(text, None, None, len(text))
    text_in = _unmix(_reversed_runs(text))
    out: list[str] = []
    offsets: list[int] = []
    at = 0
    for match in _NOT_PLAIN.finditer(text_in):
        here = match.start()
        if here > at:
            out.append(text_in[at:here])
            offsets.extend(range(at, here))
        plain = fold_char(match.group())
        if plain:
            out.append(plain)
            offsets.extend([here] * len(plain))
        at = here + 1
    out.append(text_in[at:])
    offsets.extend(range(at, len(text_in)))
    return Folded("".join(out), offsets, [at + 1 for at in offsets], len(text))


_OVERRIDE = re.compile("\u202e([^\u202c\u202d\n]*)")


def _reversed_runs(text: str) -> str:
    """Text between a right-to-left override and its end is read from its end; the length stays."""
    if "\u202e" not in text:
        return text
    return _OVERRIDE.sub(lambda run: "\u202e" + run.group(1)[::-1], text)


def _unmix(text: str) -> str:
    """Undo look-alike letters word by word; the length stays."""
    if not _MIXED.search(text):
        return text
    latin = sum(1 for c in text[:4000] if "a" <= c.lower() <= "z")
    cyrillic = sum(1 for c in text[:4000] if "\u0400" <= c <= "\u04ff")
    mostly_latin = latin * 2 > cyrillic

    def plain(match: re.Match[str]) -> str:
        word = match.group()
        has_latin = any("a" <= c.lower() <= "z" for c in word)
        table = _CYRILLIC | _GREEK
        if has_latin and not mostly_latin:
            back = {v: k for k, v in _CYRILLIC.items() if k not in "гпбьё"}
            return "".join(back.get(c, c) for c in word)
        disguised = has_latin or all(c in table for c in word)
        return "".join(table.get(c, c) for c in word) if mostly_latin and disguised else word

    return _MIXED.sub(plain, text)
