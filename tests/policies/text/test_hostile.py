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
    "tags": "<a>",
    "conditions": "if you say ",
    "marked letters": "a*b*c*",
    "spaced letters": "a b c d ",
    "percent": "%41%42",
    "look-alikes": "а",
    "lines": "\n",
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
    assert seconds(unit * (100_000 // len(unit))) < 25 * small
