"""Tags of the account's pages."""

from __future__ import annotations

from dataclasses import dataclass

import qrcode
from django import template

register = template.Library()


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code as the outline of an SVG: the strict policy allows no data: image."""

    size: int
    path: str


@register.filter
def qr_code(text: str) -> Code:
    code = qrcode.QRCode(border=2)
    code.add_data(text)
    rows = code.get_matrix()
    dots = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return Code(len(rows), "".join(dots))


@register.filter
def browser_name(agent: str) -> str:
    """A browser in words people use; what it calls itself is in the title."""
    known = (
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    )
    browser = next((name for mark, name in known if mark in agent), "")
    system = next((name for mark, name in systems if mark in agent), "")
    return " on ".join(part for part in (browser, system) if part) or agent[:60] or "Unknown"
