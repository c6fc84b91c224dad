"""What promptfoo makes of its templates, as far as these are names in double braces. Nothing of a file is executed.

A name with one value is filled in at once, as promptfoo does with texts and asserts alike; one with a list of values stays,
and the scenario's matrix fills it in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

PLACE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_COMPUTED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


class Computed(Exception):
    """A template that takes more than a name, or a name without a value. ``args[0]``: as it stands in the file."""


def rendered(value: Any, values: Mapping[str, Any], left: Collection[str]) -> Any:
    """``value`` with the names filled in, at every depth. ``left``: names that a matrix fills in later.

    Raises Computed for what would then stand there as it is.
    """
    if isinstance(value, str):
        text = PLACE.sub(lambda found: _shown(values.get(found[1], found[0])), value)
        for found in _COMPUTED.finditer(value):
            place = PLACE.fullmatch(found[0])
            if place is None or (place[1] not in values and place[1] not in left):
                raise Computed(found[0][:80])
        return text
    if isinstance(value, list):
        return [rendered(item, values, left) for item in value]
    if isinstance(value, Mapping):
        return {key: rendered(item, values, left) for key, item in value.items()}
    return value


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def names_in(text: str) -> set[str]:
    return {found[1] for found in PLACE.finditer(text)}


def message_of(prompt: Any) -> str:
    """What a prompt makes the user say: its text, or a chat's last message of the user. "" where that is not plain."""
    text = prompt.get("raw") if isinstance(prompt, Mapping) else prompt
    if not isinstance(text, str) or "_conversation" in text or "{%" in text:
        return ""
    if text.lstrip().startswith("["):
        return _last_said(text)
    return "" if re.match(r"[a-z]+://|\S+\.(?:txt|json|ya?ml|js|ts|py|md)(?::\w+)?$", text.strip()) else text


def _last_said(text: str) -> str:
    try:
        messages = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    last = messages[-1] if isinstance(messages, list) and messages else None
    said = last.get("content") if isinstance(last, Mapping) and last.get("role") == "user" else ""
    return said if isinstance(said, str) else ""
