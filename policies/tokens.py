"""How many tokens a text has, roughly: for a figure that moves while somebody types."""

from __future__ import annotations

import math
import re

# Scripts without spaces between words take about a token a character, other non-ASCII letters about half of one.
_DENSE = re.compile(
    r"[\u0e00-\u0eff\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]|[\U0001f000-\U0003ffff]"
)


def estimate_tokens(text: str) -> int:
    """An estimate, within about a fifth for prose; the provider's own count is what is billed."""
    plain = len(text.encode("ascii", "ignore"))
    dense = 0 if plain == len(text) else len(_DENSE.findall(text))
    return math.ceil(plain / 3.9 + dense * 1.1 + (len(text) - plain - dense) / 2.2)
