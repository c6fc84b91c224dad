"""How values of a draft are written on pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template

from console.prompts.draft_pages import address

register = template.Library()


@register.filter
def in_words(name: str) -> str:
    """``harm_reduction`` as people read it: Harm reduction."""
    return str(name).replace("_", " ").capitalize()


@register.filter
def as_typed(value: Any) -> str:
    """A default as its field shows it: true and false in lower case, nothing for none."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


@register.filter
def dollars(amount: Decimal | None) -> str:
    """US dollars of a small amount, with as many decimals as it takes: ``$0.0014``."""
    if amount is None:
        return ""
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.4f}"


@register.simple_tag(takes_context=True)
def draft_url(context: dict[str, Any], page: str) -> str:
    """The address of a page of the draft that is shown: of the main one, or of a proposal."""
    return address(page, context["draft"])
