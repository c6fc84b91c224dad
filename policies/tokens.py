"""How many tokens a text has, roughly: for a figure that moves while somebody types."""

from __future__ import annotations

import math
import re

# Scripts without spaces between words take about a token a character, other non-ASCII letters about half of one.
_DENSE = re.compile(
    r"[\u0e00-\u0eff\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]|[\U0001f000-\U0003ffff]"
)
_NOT_ASCII = re.compile("[^\x00-\x7f]+")


def estimate_tokens(text: str) -> int:
    """An estimate, within about a fifth for prose; the provider's own count is what is billed."""
    if text.isascii():
        return math.ceil(len(text) / 3.9)
    others = "".join(_NOT_ASCII.findall(text))
    plain, dense = len(text) - len(others), len(_DENSE.findall(others))
    return math.ceil(plain / 3.9 + dense * 1.1 + (len(others) - dense) / 2.2)
