"""How values of a draft are written on pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from console.prompts.draft_pages import address
from console.prompts.finding_list import FindingView

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
    if 0 < amount < Decimal("0.0001"):
        return "under $0.0001"
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.4f}"


@register.simple_tag(takes_context=True)
def draft_url(context: dict[str, Any], page: str) -> str:
    """The address of a page of the draft that is shown: of the main one, or of a proposal."""
    return address(page, context["draft"])


class _Accepted(NamedTuple):
    """An acknowledgement by what is written of it."""

    by: str
    reason: str


@register.simple_tag(takes_context=True)
def finding_items(context: dict[str, Any], views: Iterable[FindingView]) -> SafeString:
    """The items of a list of findings. A key typed changes few of them, so what was rendered is remembered."""
    acknowledge_url, readonly = address("acknowledge", context["draft"]), bool(context["readonly"])
    items = ((_item(*_plain(view), acknowledge_url, readonly),) for view in views)
    return format_html_join("", "{}", items)


def _plain(view: FindingView) -> tuple[FindingView, _Accepted | None]:
    """The view without its row, which is equal to another of the same key whatever stands in it."""
    row = view.acknowledgement
    if row is None:
        return view, None
    return replace(view, acknowledgement=None), _Accepted(row.by.shown_name, row.reason)


@lru_cache(maxsize=2048)
def _item(view: FindingView, accepted: _Accepted | None, acknowledge_url: str, readonly: bool) -> SafeString:
    """INVARIANT: everything that the item shows is an argument."""
    shown = {
        "finding": view.finding,
        "check": view.check,
        "anchor": view.anchor,
        "place": view.place,
        "about": view.about,
        "actions": "prompts/_finding_actions.html",
        "view": view,
        "accepted": accepted,
        "acknowledge_url": acknowledge_url,
        "readonly": readonly,
    }
    return render_to_string("components/_finding.html", shown)
