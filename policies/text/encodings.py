"""Disguises undone in place: each pass finds spans of a text that say something else when decoded.

A pass proposes edits only where the result reads like words, so that keys, hashes, colours and code stay as they are.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple
from urllib.parse import unquote

from policies.text.common_words import COMMON_WORDS
from policies.text.fold import fold
from policies.text.lexicon import Lexicon
from policies.text.turned import looks_turned

Edit = tuple[int, int, str]
Pass = Callable[[str, Lexicon], Iterator[Edit]]

_MAX_DECODED = 200_000
_WORD = re.compile(r"[^\W\d_]+")


def reads(text: str, lexicon: Lexicon, *, share: float = 0.4) -> bool:
    """Whether most words of ``text`` are known ones."""
    words = _WORD.findall(text.lower())[:60]
    if not words:
        return False
    known = sum(1 for word in words if word in COMMON_WORDS or (len(word) <= 24 and lexicon.knows(word)))
    return known >= max(1, share * len(words))


def says(decoded: str, lexicon: Lexicon) -> bool:
    """Whether what came out reads, or is disguised once more."""
    return bool(decoded) and (
        reads(decoded, lexicon)
        or _BASE64.fullmatch(decoded.strip()) is not None
        or looks_turned(decoded, lexicon)
    )


_REACH = 120
_RUN = re.compile(r"\S+")


class Inside(NamedTuple):
    """The characters that a run is made of, one or more: forwards, and in a text that is read from its end."""

    onward: re.Pattern[str]
    backward: re.Pattern[str]


def around(text: str, mark: re.Pattern[str], inside: Inside) -> Iterator[tuple[int, int]]:
    """Spans of the runs of ``inside`` characters around each ``mark``; linear, a run is cut at a bounded length."""
    done, size, backwards = 0, len(text), ""
    for match in mark.finditer(text):
        start, end = match.span()
        if start < done:
            continue
        backwards = backwards or text[::-1]
        before = inside.backward.match(backwards, size - start, size - max(done, start - _REACH))
        after = inside.onward.match(text, end, end + _REACH)
        done = after.end() if after else end
        yield size - before.end() if before else start, done


# --- machine encodings -------------------------------------------------------------------------------------------

_BASE64 = re.compile(r"(?<![\w+/=-])(?:={1,2}[A-Za-z0-9+/_-]{18,}|[A-Za-z0-9+/_-]{20,}={0,2})(?![\w+/=-])")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[ ,:]?){8,}(?![0-9A-Za-z])")
_BINARY = re.compile(r"(?<!\d)(?:[01]{8}[ ,]?){4,}(?!\d)")
_CODES = re.compile(r"(?<!\d)(?:\d{2,3}[ ,]\s?){7,}\d{2,3}(?!\d)")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_ENTITY = re.compile(r"(?:&(?:#\d{1,6}|#x[0-9A-Fa-f]{1,5}|[A-Za-z]{2,8});)")
_ESCAPE = re.compile(r"(?:\\u\{?[0-9A-Fa-f]{4,6}\}?|\\x[0-9A-Fa-f]{2})+")


def base64_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    for match in _BASE64.finditer(text):
        run = match.group()
        if run.islower() or run.isdigit() or len(run) > _MAX_DECODED:
            continue
        for raw in (run, run[::-1], codecs.encode(run, "rot13")):
            decoded = _decode(partial(_unbase64, raw))
            if says(decoded, lexicon):
                yield match.start(), match.end(), decoded
                break


def _unbase64(raw: str) -> bytes:
    raw = raw.strip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(raw + "=" * (-len(raw) % 4), validate=True)


def hex_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    for match in _HEX.finditer(text):
        digits = re.sub(r"0x|\\x|[ ,:]", "", match.group())
        decoded = _decode(partial(binascii.unhexlify, digits))
        if says(decoded, lexicon):
            yield match.start(), match.end(), decoded


def number_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    for pattern, base in ((_BINARY, 2), (_CODES, 10)):
        for match in pattern.finditer(text):
            group = match.group()
            numbers = re.findall(r"[01]{8}", group) if base == 2 else re.findall(r"\d+", group)
            decoded = "".join(chr(int(number, base)) for number in numbers[:_MAX_DECODED])
            if decoded.isprintable() and reads(decoded, lexicon):
                yield match.start(), match.end(), decoded


def escaped_text(text: str, lexicon: Lexicon) -> Iterator[Edit]:
    """Percent escapes, HTML entities, backslash escapes."""
    edits: list[Edit] = []
    if "%" in text:
        for run in _RUN.finditer(text):
            word = run.group()
            if word.count("%") >= 2 and _PERCENT.search(word):
                edits.append((*run.span(), unquote(word, errors="ignore").replace("+", " ")))
    if "&" in text:
        edits += [(m.start(), m.end(), html.unescape(m.group())) for m in _ENTITY.finditer(text)]
    if "\\" in text:
        edits += [(m.start(), m.end(), _unescape(m.group())) for m in _ESCAPE.finditer(text)]
    yield from edits


def _unescape(run: str) -> str:
    found = re.findall(r"\\u\{?([0-9A-Fa-f]{4,6})\}?|\\x([0-9A-Fa-f]{2})", run)
    codes = "".join(chr(int(a or b, 16)) for a, b in found if int(a or b, 16) < 0x110000)
    # Two halves are one character; one alone is none, and no pattern could be matched against it.
    return codes.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _decode(run: Callable[[], bytes]) -> str:
    try:
        text = run().decode("utf-8")
    except (ValueError, binascii.Error):
        return ""
    return fold(text).text if text.replace("\n", "").replace("\t", "").isprintable() else ""
