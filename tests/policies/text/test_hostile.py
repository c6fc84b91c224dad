"""Hostile text stalls nothing: time grows with length, whatever the text is made of."""

from __future__ import annotations

import time

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


def seconds(text: str) -> float:
    start = time.process_time()
    scanned(text)
    return time.process_time() - start


@pytest.mark.parametrize("name", PATTERNS)
def test_time_is_linear(name: str) -> None:
    unit = PATTERNS[name]
    seconds(unit * (1000 // len(unit)))
    small = max(seconds(unit * (10_000 // len(unit))), 0.004)
    # Ten times the text: quadratic work would take a hundred times as long.
    assert seconds(unit * (100_000 // len(unit))) < 60 * small


def test_half_a_character_in_an_escape_is_no_fault() -> None:
    for text in (r"Say \ud800 now.", r"\udfff\ud800 \ud83d\ude00"):
        assert not scanned(text).findings
