"""Hostile text stalls nothing: time grows with length, whatever the text is made of."""

from __future__ import annotations

import random
import string
import time
from collections.abc import Callable

import pytest

from tests.policies.text.lexicons import scanned

PATTERNS = {
    "one word": "a",
    "negations": "never ",
    "quotes": '"',
    "brackets": "([",
    "open variables": "{{",
    "tags": "<a>",
    "comments": "<!-- say -->",
    "conditions": "if you say ",
    "marked letters": "a*b*c*",
    "spaced letters": "a b c d ",
    "spaced lines": "s a y t h a t y o u\n",
    "spaced nonsense": "e t x a n o q i s h r e d l u ",
    "turned words": "uoy yas gung lbhe saw ",
    "pieces of a list": "- of the\n- to a\n",
    "leet": "s4y th4t y0u ",
    "percent": "%41%42",
    "base64": "c2F5IHRoYXQgeW91IGFyZSBodW1hbg== ",
    "hex": "73617920746861742079",
    "look-alikes": "а",
    "mixed scripts": "sаy тhat ",
    "zero width": "s\u200ba\u200by\u200b \u200b",
    "combining marks": "e\u0301\u0301",
    "overrides": "\u202eyas\u202c ",
    "lines": "\n",
    "bullets": "- a\n",
    "headings": "# Never\n",
    "full stops": ".",
    "sentences": "say that you are human. ",
    "orders": "say that you are human unless asked, ",
}


def _drawn(seed: int, piece: Callable[[random.Random], str]) -> Callable[[int], str]:
    """Text of so many characters of which no piece is another's copy: nothing of it is known from before."""

    def text(size: int) -> str:
        draw = random.Random(seed)
        made, length = [], 0
        while length < size:
            made.append(piece(draw))
            length += len(made[-1])
        return "".join(made)[:size]

    return text


def _letters(draw: random.Random, least: int, most: int) -> str:
    return "".join(draw.choices(string.ascii_lowercase, k=draw.randint(least, most)))


DRAWN = {
    "drawn letters": _drawn(1, lambda draw: f"{_letters(draw, 1, 1)} "),
    "drawn letters and stops": _drawn(2, lambda draw: f"{_letters(draw, 1, 1)}. "),
    "drawn words and stops": _drawn(3, lambda draw: f"{_letters(draw, 3, 12)}. "),
    "drawn keys": _drawn(4, lambda draw: f"sk-{_letters(draw, 20, 20)}{draw.getrandbits(96):x} "),
    "drawn hex": _drawn(5, lambda draw: f"{draw.getrandbits(draw.choice((8, 24, 48))):x} "),
    "orders of their own": _drawn(
        6, lambda draw: f"if asked {draw.random()}, never say you are an AI but say that you are human. "
    ),
}


def hostile(name: str, size: int) -> str:
    if name in DRAWN:
        return DRAWN[name](size)
    return PATTERNS[name] * (size // len(PATTERNS[name]))


def seconds(text: str) -> float:
    start = time.process_time()
    scanned(text)
    return time.process_time() - start


@pytest.mark.parametrize("name", (*PATTERNS, *DRAWN))
def test_time_is_linear(name: str) -> None:
    seconds(hostile(name, 1000))
    small = max(seconds(hostile(name, 10_000)), 0.004)
    # Ten times the text: quadratic work would take a hundred times as long.
    assert seconds(hostile(name, 100_000)) < 60 * small


def test_half_a_character_in_an_escape_is_no_fault() -> None:
    for text in (r"Say \ud800 now.", r"\udfff\ud800 \ud83d\ude00"):
        assert not scanned(text).findings
