"""Template tags that every page may use without loading them."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def short_digest(digest: str) -> str:
    """The first eight hexadecimal digits: what people compare by eye."""
    return digest.removeprefix("sha256:")[:8]
