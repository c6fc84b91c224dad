"""Characters as a reader sees them: look-alikes, invisible ones and styled letters folded, one to one or to nothing.

Folding never changes what a word means in its own script: Cyrillic and Greek letters become Latin ones only inside
words that are disguised Latin (mixed scripts, or nothing but look-alikes in a text that is otherwise Latin).
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
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
_LOOK_ALIKE = re.compile("[\u0370-\u03ff\u0400-\u04ff]")
_MIXED = re.compile(  # from where a word begins: tried at no letter inside it
    r"(?<![A-Za-z\u0370-\u03ff\u0400-\u04ff])[A-Za-z]*[\u0370-\u03ff\u0400-\u04ff][A-Za-z\u0370-\u03ff\u0400-\u04ff]*"
)
_LATIN = re.compile("[A-Za-z]")
_RUSSIAN = re.compile("[\u0400-\u04ff]")
_TO_LATIN = str.maketrans(_CYRILLIC | _GREEK)
_TO_CYRILLIC = str.maketrans({v: k for k, v in _CYRILLIC.items() if k not in "гпбьё"})
_LOOKS_LATIN = frozenset(_CYRILLIC | _GREEK)
_TAG_SHIFT = 0xE0000
_FEW = 60
_BEGINNING = 4000


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
    """Text made readable, with the way back: every character knows its span in the given text.

    Only what was replaced is kept; any other character stands where the text below, of which this one was made, says.
    """

    __slots__ = ("_at", "_below", "_first", "_last", "_shift", "length", "text")

    def __init__(self, text: str, length: int, below: Folded | None = None) -> None:
        self.text = text
        self.length = length  # of the given text
        self._below = below
        self._at = array("l")  # by edit, twice: where the readable text begins and ends
        self._shift = array("l")  # by edit: how much further on the text below goes on
        self._first, self._last = array("l"), array("l")  # by edit: its span in the given text

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The given text's span of the readable characters from ``start`` to ``end``."""
        if self._below is None:
            return start, end
        if end <= start:
            at = self._of(start)[0] if start < len(self.text) else self.length
            return at, at
        first, after = self._of(start)
        return first, max(after, self._of(end - 1)[1])

    def _of(self, at: int) -> tuple[int, int]:
        """The given text's span of one readable character."""
        folded = self
        while folded._below is not None:
            edges = bisect_right(folded._at, at)
            if edges % 2:
                return folded._first[edges // 2], folded._last[edges // 2]
            if edges:
                at += folded._shift[edges // 2 - 1]
            folded = folded._below
        return at, at + 1

    def replaced(self, edits: Sequence[tuple[int, int, str]]) -> Folded:
        """A copy with spans replaced, in order and apart; what is put in maps back to the whole span."""
        if not edits:
            return self
        copy = Folded("", self.length, self)
        edges, shift = copy._at.append, copy._shift.append
        out: list[str] = []
        at = size = 0
        for start, end, text in edits:
            out += (self.text[at:start], text)
            size += start - at
            edges(size)
            size += len(text)
            edges(size)
            shift(end - size)
            first, last = self.span(start, end) if self._below else (start, end)
            copy._first.append(first)
            copy._last.append(last)
            at = end
        out.append(self.text[at:])
        copy.text = "".join(out)
        return copy


def mostly_latin(text: str) -> bool:
    """Whether Cyrillic and Greek letters that look like Latin ones are likelier Latin ones, by how the text begins."""
    if not _LOOK_ALIKE.search(text):
        return True
    return len(_LATIN.findall(text[:_BEGINNING])) * 2 > len(_RUSSIAN.findall(text[:_BEGINNING]))


def fold(text: str, latin: bool | None = None) -> Folded:
    """Fold ``text``; plain ASCII comes back as it is, without a map. ``latin``: what ``mostly_latin`` says of the whole."""
    if _NOT_PLAIN.search(text) is None:
        return Folded(text, len(text))
    unmixed = _unmix(_reversed_runs(text), mostly_latin(text) if latin is None else latin)
    plain = {char: fold_char(char) for char in set(unmixed) if _NOT_PLAIN.match(char)}
    folded = Folded(_exchanged(unmixed, {char: to for char, to in plain.items() if len(to) == 1}), len(text))
    moved = "".join(char for char, to in plain.items() if len(to) != 1)
    if not moved:
        return folded
    found = re.finditer(f"[{re.escape(moved)}]", unmixed)
    return folded.replaced([(at, at + 1, plain[match.group()]) for match in found for at in (match.start(),)])


def fold_all(texts: Sequence[str]) -> list[str]:
    """Each of many short texts folded; in one go where no letter is read by those around it."""
    joined = "\n".join(texts)
    if _LOOK_ALIKE.search(joined) is None and "\u202e" not in joined:
        folded = fold(joined).text.split("\n")
        if len(folded) == len(texts):
            return folded
    return [fold(text).text for text in texts]


def _exchanged(text: str, table: dict[str, str]) -> str:
    """Characters for characters; one after the other is faster while there are few."""
    moved = {char: to for char, to in table.items() if to != char}
    if len(moved) > _FEW or not moved.keys().isdisjoint(moved.values()):
        return text.translate({ord(char): to for char, to in moved.items()})
    for char, to in moved.items():
        text = text.replace(char, to)
    return text


_OVERRIDE = re.compile("\u202e([^\u202c\u202d\n]*)")


def _reversed_runs(text: str) -> str:
    """Text between a right-to-left override and its end is read from its end; the length stays."""
    if "\u202e" not in text:
        return text
    return _OVERRIDE.sub(lambda run: "\u202e" + run.group(1)[::-1], text)


def _unmix(text: str, latin: bool) -> str:
    """Undo look-alike letters word by word; the length stays."""
    if not _LOOK_ALIKE.search(text):
        return text

    def plain(match: re.Match[str]) -> str:
        word = match.group()
        has_latin = _LATIN.search(word) is not None
        if not latin:
            return word.translate(_TO_CYRILLIC) if has_latin else word
        return word.translate(_TO_LATIN) if has_latin or _LOOKS_LATIN.issuperset(word) else word

    return _MIXED.sub(plain, text)
