"""Template tags that every page may use without loading them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

# The words of a cell's samples, in the order in which a sentence counts them.
_SPOKEN = {
    "fail": "failed",
    "error": "in error",
    "not_graded": "not graded",
    "flying": "running",
    "waiting": "waiting",
    "batched": "in a batch",
    "cancelled": "cancelled",
}
LOGARITHMIC = 100  # the ratio of the ends from which a range is drawn in logarithms
_SEVERITY = {"error": "block", "warning": "warn"}


@register.filter
def short_digest(digest: str) -> str:
    """The first eight hexadecimal digits: what people compare by eye."""
    return digest.removeprefix("sha256:")[:8]


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """A symbol of the sprite. It is decoration: the words beside it say the same."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name
    )


@register.simple_tag
def dots(verdicts: Iterable[str]) -> SafeString:
    """One dot a sample (``pass fail error flying waiting batched not_graded``), and the sentence that says the same."""
    words = [str(verdict) for verdict in verdicts]
    marks = format_html_join("", '<i class="dot" data-v="{}"></i>', ((word,) for word in words))
    return format_html('<span class="dots" role="img" aria-label="{}">{}</span>', _spoken(words), marks)


def _spoken(words: list[str]) -> str:
    counts = Counter(words)
    parts = [f"{counts['pass']} of {len(words)} passed"]
    parts += [f"{counts[word]} {spoken}" for word, spoken in _SPOKEN.items() if counts[word]]
    return ", ".join(parts)


@register.filter
def share(part: float, whole: float) -> str:
    """``part`` of ``whole`` as a percentage for an SVG attribute, e.g. ``94.02%``."""
    return f"{100 * part / whole if whole else 0:.2f}%"


@register.filter
def along(fraction: float, length: float) -> str:
    """Where a fraction (0..1) lies on a line of ``length`` units, for an SVG attribute."""
    return f"{fraction * length:.1f}"


@register.filter
def severity(message_tag: str) -> str:
    """The severity of a notice for a level of Django's messages; empty for good news."""
    return _SEVERITY.get(message_tag, "")


@register.filter
def signed(number: int) -> str:
    """``+2``, ``−1`` or ``0``."""
    return f"{number:+d}".replace("-", "\N{MINUS SIGN}") if number else "0"


@register.filter
def crowded(options: Sequence[Any]) -> bool:
    """Whether values are too many, or too long, to stand beside each other: then they are a list."""
    return len(options) > 6 or sum(len(option.label) for option in options) > 48


@register.simple_tag
def reach_icon(setting: Any, options: Iterable[Any]) -> SafeString | str:
    """What stands before the note of a setting: a lock where something is closed, an arrow where it depends."""
    states = {str(option.state) for option in options}
    closed = "closed" in states if states else setting.permitted != setting.policy
    return icon("lock") if closed or not setting.ok else icon("right") if "conditional" in states else ""


@register.simple_tag
def ruler(setting: Any) -> dict[str, Any]:
    """The geometry of a range control: the policy's span, and in per cent of it what is permitted and the default.

    A span of several powers of ten is drawn in logarithms, else all that matters would crowd at its left end.
    """
    lowest, highest = setting.policy.lowest, setting.policy.highest
    low, high = setting.permitted.lowest, setting.permitted.highest
    log = lowest > 0 and highest / lowest >= LOGARITHMIC

    def at(value: float) -> float:
        share = (
            math.log(value / lowest) / math.log(highest / lowest)
            if log
            else (value - lowest) / ((highest - lowest) or 1)
        )
        return min(max(share, 0), 1)

    return {
        "lowest": lowest,
        "highest": highest,
        "low": low,
        "high": high,
        "scale": "log" if log else "linear",
        "left": f"{at(low):.2%}",
        "right": f"{at(high):.2%}",
        "width": f"{at(high) - at(low):.2%}",
        "default": f"{at(setting.default):.2%}",
    }
