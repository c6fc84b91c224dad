"""Filters of the Try page."""

from __future__ import annotations

import json
from typing import Any

from django import template

from policies.canonical import plain

register = template.Library()


@register.filter
def as_json(value: Any) -> str:
    """Arguments and results of tools, as one reads them."""
    return json.dumps(plain(value), ensure_ascii=False, indent=None)
